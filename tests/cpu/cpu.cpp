// Tests of include/etalon/cpu/cpu.hpp.
#include <etalon/cpu/cpu.hpp>

#include <type_traits>

#include <doctest/doctest.h>

using namespace etalon;

static_assert(std::is_base_of_v<Reference, Cpu>, "what Cpu does not overload is the reference's");

static_assert(outputs_together > 0, "linear layers come with it");

// One overload is for every backend, the other for Cpu alone: of two that may be called, the compiler takes that.
TEST_CASE("including it brings the overload for attention") {
  void (*loops)(const CpuLoops&, const AttendRows&) = attend_rows;
  void (*attention)(const Cpu&, const AttendRows&) = attend_rows;
  CHECK((reinterpret_cast<void (*)()>(attention) != reinterpret_cast<void (*)()>(loops)));
}
