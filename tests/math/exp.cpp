// Tests of include/etalon/math/exp.hpp.
#include <etalon/math/exp.hpp>

#include <doctest/doctest.h>

#include "support/sampled.hpp"

using namespace etalon::test;
using etalon::bits_of;
using etalon::float_of;

TEST_CASE("exp2 of an integer is that power of two, down to the smallest subnormal") {
  // f = x - n = 0, so the polynomial is its constant term 1, and 1 * 2^n is exact.
  for (int n = -149; n <= 127; ++n) CHECK(same_bits(etalon::exp2(static_cast<float>(n)), std::ldexp(1.0f, n)));
}

TEST_CASE("special values") {
  CHECK(same_bits(etalon::exp2(0.0f), 1.0f));
  CHECK(same_bits(etalon::exp2(-0.0f), 1.0f));
  CHECK(same_bits(etalon::exp2(-infinity), 0.0f));
  CHECK(etalon::exp2(infinity) == infinity);
  CHECK(etalon::exp2(128.0f) == infinity);
  CHECK(etalon::exp2(0x1.fffffep+6f) < infinity);
  CHECK(same_bits(etalon::exp2(-150.0f), 0.0f));               // 2^-150 is a tie of 0 and 2^-149: to even
  CHECK(same_bits(etalon::exp2(-0x1.2bffp+7f), 0x1p-149f));    // just above the tie
  CHECK(bits_of(etalon::exp2(not_a_number)) == 0x7fc00000u);
  CHECK(same_bits(etalon::exp(-0.0f), 1.0f));
  CHECK(same_bits(etalon::exp(-infinity), 0.0f));
  CHECK(etalon::exp(infinity) == infinity);
  CHECK(etalon::exp(0x1.62e43p+6f) == infinity);               // the first float whose exp is beyond the largest
  CHECK(etalon::exp(0x1.62e42ep+6f) < infinity);
  CHECK(bits_of(etalon::exp(-not_a_number)) == 0x7fc00000u);
  CHECK(same_bits(etalon::exp(1.0f), 0x1.5bf0a8p+1f));         // e = 2.7182818…, correctly rounded
}

TEST_CASE("exp2 is within 0.89 ulp and rises over steps of a thousand floats; the same bits everywhere") {
  const Measured m = measure([](float x) { return etalon::exp2(x); }, [](double x) { return std::exp2(x); });
  CAPTURE(m.worst_at);
  CHECK(m.worst < 0.89);
  CHECK(m.falls == 0);
  CHECK(m.odd_ones == 0);
  CHECK(m.hash == 1460943718670166422u);
}

TEST_CASE("exp is within 0.90 ulp and rises over steps of a thousand floats; the same bits everywhere") {
  const Measured m = measure([](float x) { return etalon::exp(x); }, [](double x) { return std::exp(x); });
  CAPTURE(m.worst_at);
  CHECK(m.worst < 0.9);
  CHECK(m.falls == 0);
  CHECK(m.odd_ones == 0);
  CHECK(m.hash == 18035328243484752138u);
}

TEST_CASE("subnormal results are rounded once") {
  // Below 2^-130 the spacing is at least 16 times that of a normal result, so the polynomial's 0.8 / 16 is all that may
  // come on top of half a spacing.
  for (float x = -130.0f; x > -150.0f; x -= 0.01171875f) {
    CAPTURE(x);
    CHECK(ulps_off(etalon::exp2(x), std::exp2(static_cast<double>(x))) < 0.56);
  }
}

TEST_CASE("a wrong exp is caught: 1 / ln 2 applied in float, then exp2") {
  const Measured m = measure([](float x) { return etalon::exp2(x * 0x1.715476p0f); },
                             [](double x) { return std::exp(x); }, 100003);
  CHECK(m.worst > 10.0);   // the rounding of x * 1.44 costs up to |x| / 2 ulp
}

TEST_CASE("a wrong scaling is caught: one factor where a subnormal needs two") {
  // 2^n as one float is 0 below -126 (power_of_two_or_zero): every subnormal result would vanish.
  const auto wrong = [](float x) {
    const float n = etalon::round_to_integer(x);
    return etalon::exp2_fraction(x - n) * etalon::power_of_two_or_zero(static_cast<int>(n));
  };
  CHECK(same_bits(wrong(-20.25f), etalon::exp2(-20.25f)));
  CHECK_FALSE(same_bits(wrong(-130.0f), etalon::exp2(-130.0f)));
}
