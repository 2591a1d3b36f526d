// Tests of include/etalon/math/rotate.hpp.
#include <etalon/math/rotate.hpp>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("by hand: a quarter turn takes (1, 0) to (0, 1) and (0, 1) to (-1, 0)") {
  const Pair east = rotate(1.0f, 0.0f, 0.0f, 1.0f), north = rotate(0.0f, 1.0f, 0.0f, 1.0f);
  CHECK(east.first == 0.0f);
  CHECK(east.second == 1.0f);
  CHECK(north.first == -1.0f);
  CHECK(north.second == 0.0f);
  const Pair mixed = rotate(2.0f, 1.0f, 0.6f, 0.8f);   // 1.2 - 0.8, 0.6 + 1.6
  CHECK(mixed.first == doctest::Approx(0.4));
  CHECK(mixed.second == doctest::Approx(2.2));
}

TEST_CASE("length is kept, and a turn back undoes a turn, to a few roundings") {
  Random random;
  for (int i = 0; i < 10000; ++i) {
    const float u = random.normal(), v = random.normal();
    const float c = static_cast<float>(std::cos(0.001 * i)), s = static_cast<float>(std::sin(0.001 * i));
    const Pair p = rotate(u, v, c, s), back = rotate(p.first, p.second, c, -s);
    const double length = std::hypot(u, v);
    REQUIRE(std::fabs(std::hypot(p.first, p.second) - length) < 4 * 0x1p-24 * length);
    REQUIRE(std::hypot(back.first - u, back.second - v) < 6 * 0x1p-24 * length);
  }
}

TEST_CASE("the product with the sine is rounded first, the other joins by fma: exactly that, and not the reverse") {
  Random random;
  int reversed = 0;
  for (int i = 0; i < 1000; ++i) {
    const float u = random.normal(), v = random.normal(), c = random.uniform(), s = random.uniform();
    const Pair p = rotate(u, v, c, s);
    volatile float vs = v * s, vc = v * c, uc = u * c;
    REQUIRE(same_bits(p.first, std::fma(u, c, -vs)));
    REQUIRE(same_bits(p.second, std::fma(u, s, vc)));
    reversed += !same_bits(p.first, std::fma(-v, s, uc));   // planted: the wrong product rounded
  }
  CHECK(reversed > 100);
}
