// Tests of include/etalon/math/guard.hpp. That it refuses -ffast-math is seen where such a build is tried.
#include <etalon/math/guard.hpp>

#include <doctest/doctest.h>

// A function for host and device: on the host the mark is empty, and constexpr works beside it.
ETALON_HD constexpr int twice(int x) { return 2 * x; }

TEST_CASE("the host mark leaves a function as it is") {
  static_assert(twice(21) == 42);
  CHECK(twice(-3) == -6);
}

TEST_CASE("a product and a sum in one expression are two roundings") {
  // a * a = 1 + 2^-11 + 2^-24, which rounds to 1 + 2^-11; contracted into an fma the 2^-24 would survive.
  volatile float a = 1.0f + 0x1p-12f, minus = -(1.0f + 0x1p-11f);
  const float apart = a * a + minus;
  CHECK(apart == 0.0f);
}
