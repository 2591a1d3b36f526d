// Tests of include/etalon/math/log.hpp.
#include <etalon/math/log.hpp>

#include <doctest/doctest.h>

#include "support/sampled.hpp"

using namespace etalon::test;
using etalon::bits_of;
using etalon::float_of;

TEST_CASE("the logarithm of a power of two is that many ln 2, rounded") {
  // f = 0, so log = fma(e, ln2_high, e * ln2_low). The two parts hold ln 2 to 2^-41: only the last rounding shows.
  for (int e = -149; e <= 127; ++e) {
    CAPTURE(e);
    CHECK(ulps_off(etalon::log(std::ldexp(1.0f, e)), e * 0.693147180559945309417) < 0.501);
  }
}

TEST_CASE("special values") {
  CHECK(same_bits(etalon::log(1.0f), 0.0f));
  CHECK(etalon::log(0.0f) == -infinity);
  CHECK(etalon::log(-0.0f) == -infinity);
  CHECK(etalon::log(infinity) == infinity);
  CHECK(bits_of(etalon::log(-1.0f)) == 0x7fc00000u);
  CHECK(bits_of(etalon::log(-infinity)) == 0x7fc00000u);
  CHECK(bits_of(etalon::log(-not_a_number)) == 0x7fc00000u);
  CHECK(same_bits(etalon::log1p(0.0f), 0.0f));
  CHECK(same_bits(etalon::log1p(-0.0f), -0.0f));
  CHECK(etalon::log1p(-1.0f) == -infinity);
  CHECK(etalon::log1p(infinity) == infinity);
  CHECK(bits_of(etalon::log1p(-1.5f)) == 0x7fc00000u);
  CHECK(bits_of(etalon::log1p(not_a_number)) == 0x7fc00000u);
}

TEST_CASE("log is within 0.87 ulp and never falls; the same bits everywhere") {
  const Measured m = measure([](float x) { return etalon::log(x); }, [](double x) { return std::log(x); });
  CAPTURE(m.worst_at);
  CHECK(m.worst < 0.87);
  CHECK(m.falls == 0);
  CHECK(m.odd_ones == 0);
  CHECK(m.hash == 2594371471864973921u);
}

TEST_CASE("log1p is within 1.44 ulp, in the same bits everywhere") {
  const Measured m = measure([](float x) { return etalon::log1p(x); }, [](double x) { return std::log1p(x); });
  CAPTURE(m.worst_at);
  CHECK(m.worst < 1.44);
  CHECK(m.odd_ones == 0);
  CHECK(m.hash == 547141066659251481u);
}

TEST_CASE("exp undoes log to within the error of its argument") {
  // |d exp(y)| = exp(y) |dy|: half an ulp of y = log x, at most 2^-18 for |y| < 64, is a relative error of x of 2^-18.
  Random random;
  for (int i = 0; i < 1000; ++i) {
    const float x = std::ldexp(1.0f + random.uniform(), random.below(120) - 60);
    CHECK(std::fabs(std::exp(static_cast<double>(etalon::log(x))) / x - 1.0) < 0x1p-18);
  }
}

TEST_CASE("a wrong log1p is caught: log of the rounded sum") {
  const auto wrong = [](float x) { return etalon::log(1.0f + x); };
  const Measured m = measure(wrong, [](double x) { return std::log1p(x); }, 100003);
  CHECK(m.worst > 1e6);   // at 1e-9 the sum is 1 and nothing is left
}
