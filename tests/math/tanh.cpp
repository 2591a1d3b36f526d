// Tests of include/etalon/math/tanh.hpp.
#include <etalon/math/tanh.hpp>

#include <doctest/doctest.h>

#include "support/sampled.hpp"

using namespace etalon::test;
using etalon::bits_of;
using etalon::float_of;

TEST_CASE("special values") {
  const float infinity = float_of(0x7f800000u);
  CHECK(same_bits(etalon::tanh(0.0f), 0.0f));
  CHECK(same_bits(etalon::tanh(-0.0f), -0.0f));
  CHECK(etalon::tanh(infinity) == 1.0f);
  CHECK(etalon::tanh(-infinity) == -1.0f);
  CHECK(etalon::tanh(9.2f) == 1.0f);
  CHECK(etalon::tanh(-9.2f) == -1.0f);
  CHECK(etalon::tanh(8.9f) < 1.0f);
  CHECK(bits_of(etalon::tanh(float_of(0xffc00000u))) == 0x7fc00000u);
  CHECK(same_bits(etalon::tanh(0x1p-149f), 0x1p-149f));   // x + x^3 …: a tiny x is its own tanh
}

TEST_CASE("by hand: tanh(ln 2) = (4 - 1) / (4 + 1) = 0.6") {
  CHECK(ulps_off(etalon::tanh(0.693147181f), 0.6) < 1.5);
}

TEST_CASE("tanh is within 1.38 ulp and never falls; the same bits everywhere") {
  const Measured m = measure([](float x) { return etalon::tanh(x); }, [](double x) { return std::tanh(x); });
  CAPTURE(m.worst_at);
  CHECK(m.worst < 1.38);
  CHECK(m.falls == 0);
  CHECK(m.odd_ones == 0);
  CHECK(m.hash == 11451496177304183550u);
}

TEST_CASE("tanh is odd, bit for bit") {
  each_sampled(100003, [](float x) { REQUIRE(same_bits(etalon::tanh(-x), -etalon::tanh(x))); });
}

TEST_CASE("a wrong tanh is caught: the exponential form near zero") {
  const auto wrong = [](float x) {
    const float size = x < 0.0f ? -x : x, y = 1.0f - etalon::divide(2.0f, etalon::exp(size + size) + 1.0f);
    return x < 0.0f ? -y : y;
  };
  CHECK(measure(wrong, [](double x) { return std::tanh(x); }, 100003).worst > 1e6);   // cancellation
}
