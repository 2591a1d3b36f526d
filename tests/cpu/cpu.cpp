// Tests of include/etalon/cpu/cpu.hpp.
#include <etalon/cpu/cpu.hpp>

#include <type_traits>

#include <doctest/doctest.h>

using namespace etalon;

static_assert(std::is_base_of_v<Reference, Cpu>, "what Cpu does not overload is the reference's");

static_assert(outputs_together > 0, "linear layers come with it");

// An overload for Cpu is a function, a fallback a template: only the former can be named without arguments.
TEST_CASE("including it brings the overload for attention") {
  void (*attention)(const Cpu&, const AttendRows&) = attend_rows;
  CHECK((attention != &attend_rows<Cpu>));
}
