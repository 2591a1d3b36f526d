// Tests of include/etalon/cpu/aligned_floats.hpp.
#include <etalon/cpu/aligned_floats.hpp>

#include <cstdint>
#include <utility>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("the first number begins a cache line, and the last can be written") {
  for (const std::size_t count : {0u, 1u, 15u, 16u, 17u, 100000u}) {
    const AlignedFloats numbers(count);
    CHECK(reinterpret_cast<std::uintptr_t>(numbers.data()) % 64 == 0);
    if (count > 0) numbers.data()[count - 1] = 1.0f;
  }
}

TEST_CASE("moving hands the numbers on") {
  AlignedFloats a(3);
  a.data()[2] = 5.0f;
  const float* where = a.data();
  const AlignedFloats b = std::move(a);
  CHECK(b.data() == where);
  CHECK(b.data()[2] == 5.0f);
}
