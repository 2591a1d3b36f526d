// Tests of include/etalon/math/real.hpp.
#include <etalon/math/real.hpp>

#include <limits>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("fma rounds once") {
  const float a = 1.0f + 0x1p-12f;   // a^2 = 1 + 2^-11 + 2^-24: the last bit is lost if the product is rounded
  volatile float product = a * a;
  CHECK(etalon::fma(a, a, -1.0f) == 0x1.0008p-11f);
  CHECK(product - 1.0f == 0x1p-11f);   // planted: the two-step form
  const double b = 1.0 + 0x1p-27;
  CHECK(etalon::fma(b, b, -1.0) == 0x1p-26 + 0x1p-54);
}

TEST_CASE("fma is the nearest float to the exact value, ties to even") {
  // In double, a * b is exact and the sum is rounded to odd before its rounding to float: no double rounding.
  Random random;
  for (int i = 0; i < 100000; ++i) {
    const float a = random.normal(), b = random.normal(), c = random.normal() * std::ldexp(1.0f, random.below(60) - 40);
    const double product = static_cast<double>(a) * b, sum = product + c, virtual_c = sum - product;
    const double lost = (product - (sum - virtual_c)) + (c - virtual_c);   // sum + lost is exact (Knuth's two-sum)
    std::uint64_t bits = bits_of(sum);
    if (lost != 0.0 && bits % 2 == 0) bits += (lost > 0.0) == (sum > 0.0) ? 1 : -1;
    REQUIRE(same_bits(etalon::fma(a, b, c), static_cast<float>(double_of(bits))));
  }
}

TEST_CASE("division and square root are correctly rounded") {
  CHECK(divide(1.0f, 3.0f) == 0x1.555556p-2f);
  CHECK(square_root(2.0f) == 0x1.6a09e6p0f);
  CHECK(divide(1.0f, 0.0f) == std::numeric_limits<float>::infinity());
  Random random;
  for (int i = 0; i < 100000; ++i) {   // 53 >= 2 * 24 + 2 bits: rounding to double first does no harm
    const float a = random.normal(), b = random.uniform() + 0x1p-20f;
    REQUIRE(same_bits(divide(a, b), static_cast<float>(static_cast<double>(a) / b)));
    REQUIRE(same_bits(square_root(b), static_cast<float>(std::sqrt(static_cast<double>(b)))));
  }
}

TEST_CASE("powers of two") {
  for (int n = -126; n <= 127; ++n) CHECK(power_of_two(n) == std::ldexp(1.0f, n));
  CHECK(power_of_two_or_zero(-126) == 0x1p-126f);
  CHECK(same_bits(power_of_two_or_zero(-127), 0.0f));   // not the subnormal 2^-127
  CHECK(same_bits(power_of_two_or_zero(-(1 << 28)), 0.0f));
  CHECK(power_of_two_or_zero(127) == 0x1p127f);
  CHECK(power_of_two_or_zero(128) == std::numeric_limits<float>::infinity());
}

TEST_CASE("rounding to an integer takes ties to even up to 2^22") {
  CHECK(round_to_integer(0.5f) == 0.0f);
  CHECK(round_to_integer(1.5f) == 2.0f);
  CHECK(round_to_integer(-2.5f) == -2.0f);
  Random random;
  for (int i = 0; i < 100000; ++i) {
    const float x = (random.uniform() - 0.5f) * std::ldexp(1.0f, random.below(24));
    REQUIRE(round_to_integer(x) == std::nearbyint(x));
  }
  CHECK(round_to_integer(0x1p22f) == 0x1p22f);
  CHECK(round_to_integer(-0x1p22f) == -0x1p22f);
}

TEST_CASE("NaN is known by its bits") {
  CHECK(is_nan(float_of(0x7f800001u)));
  CHECK(is_nan(float_of(0xffffffffu)));
  CHECK(is_nan(float_of(canonical_nan_bits)));
  CHECK_FALSE(is_nan(float_of(0x7f800000u)));
  CHECK_FALSE(is_nan(float_of(0xff800000u)));
}
