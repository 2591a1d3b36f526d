// Tests of include/etalon/math/double_functions.hpp.
#include <etalon/math/double_functions.hpp>

#include <algorithm>

#include <doctest/doctest.h>

#include "support/hash.hpp"
#include "support/numbers.hpp"

namespace precise = etalon::precise;
using namespace etalon::test;

// |got - truth| in spacings of binary64 at the truth. The truth is a long double libm's.
static double ulps_off64(double got, long double truth) {
  int exponent = 0;
  std::frexp(static_cast<double>(truth), &exponent);
  return static_cast<double>(std::fabs(got - truth) / std::ldexp(1.0L, exponent - 53));
}

// A double in [low, high), all 53 bits of it in play.
static double between(Random& random, double low, double high) {
  return low + (high - low) * (static_cast<double>(random.next() >> 11) * 0x1p-53);
}

TEST_CASE("worked examples") {
  CHECK(precise::exp(0.0) == 1.0);
  CHECK(precise::log(1.0) == 0.0);
  CHECK(precise::log(2.0) == 0x1.62e42fefa39efp-1);
  CHECK(precise::power(10000.0, 0.0) == 1.0);
  CHECK(ulps_off64(precise::power(10000.0, -0.5), 0.01L) < 8);   // exp multiplies the error of 4.6 by 4.6
  const precise::SinCos zero = precise::sin_cos(0.0);
  CHECK(zero.sin == 0.0);
  CHECK(zero.cos == 1.0);
  const double pi = 0x1.921fb54442d18p1;
  const precise::SinCos half_turn = precise::sin_cos(pi);
  CHECK(half_turn.cos == -1.0);
  CHECK(ulps_off64(half_turn.sin, 1.2246467991473531772e-16L) < 1.0);   // pi - 0x1.921fb54442d18p1
}

TEST_CASE("exp is within 1 ulp where tables need it") {
  Random random;
  double worst = 0.0;
  for (int i = 0; i < 300000; ++i) {
    const double x = between(random, -700.0, 700.0) * (i % 2 ? 1.0 : 0.02);
    worst = std::max(worst, ulps_off64(precise::exp(x), std::exp(static_cast<long double>(x))));
  }
  CHECK(worst < 1.0);
}

TEST_CASE("log is within 1.25 ulp") {
  Random random;
  double worst = 0.0;   // 1.18 in twelve million
  for (int i = 0; i < 300000; ++i) {
    const int exponent = i % 2 ? 0 : random.below(2000) - 1000;
    const double x = std::ldexp(between(random, 0.5, 2.0), exponent);
    worst = std::max(worst, ulps_off64(precise::log(x), std::log(static_cast<long double>(x))));
  }
  CHECK(worst < 1.25);
}

TEST_CASE("sin and cos are within 2.4e-16 of the truth up to 2^20, within 2.5 ulp even where they pass zero") {
  Random random;
  double worst = 0.0, furthest = 0.0;   // 2.32 and 2.03e-16 in six million
  for (int i = 0; i < 300000; ++i) {
    const double x = between(random, -0x1p20, 0x1p20) * std::ldexp(1.0, -random.below(24));
    const precise::SinCos y = precise::sin_cos(x);
    const long double sine = std::sin(static_cast<long double>(x)), cosine = std::cos(static_cast<long double>(x));
    worst = std::max({worst, ulps_off64(y.sin, sine), ulps_off64(y.cos, cosine)});
    furthest = std::max({furthest, std::fabs(static_cast<double>(y.sin - sine)),
                         std::fabs(static_cast<double>(y.cos - cosine))});
  }
  CHECK(worst < 2.5);
  CHECK(furthest < 2.4e-16);
}

TEST_CASE("sine and cosine lie on the circle, and turn by quarter turns") {
  Random random;
  for (int i = 0; i < 10000; ++i) {
    const double x = between(random, -1e5, 1e5);
    const precise::SinCos y = precise::sin_cos(x), back = precise::sin_cos(-x);
    REQUIRE(std::fabs(y.sin * y.sin + y.cos * y.cos - 1.0) < 1e-15);
    REQUIRE(y.sin == -back.sin);
    REQUIRE(y.cos == back.cos);
  }
}

// Entries of rotary tables, and what they would be with nothing rounded but the angle and the result.
TEST_CASE("a table of cosines and sines rounded to float is the correctly rounded one") {
  long wrong = 0, entries = 0;
  Hash hash;
  for (double theta : {10000.0, 150000.0, 5e6}) {
    for (int i = 0; i < 32; ++i) {
      const double frequency = precise::power(theta, -2.0 * i / 64);
      for (int p = 1; p < 1 << 20; p = p * 21 / 20 + 1) {
        const double angle = p * frequency;
        const precise::SinCos y = precise::sin_cos(angle);
        const float cosine = static_cast<float>(y.cos), sine = static_cast<float>(y.sin);
        wrong += cosine != static_cast<float>(std::cos(static_cast<long double>(angle)));
        wrong += sine != static_cast<float>(std::sin(static_cast<long double>(angle)));
        entries += 2;
        hash.add_word(etalon::bits_of(cosine));
        hash.add_word(etalon::bits_of(sine));
      }
    }
  }
  CHECK(entries > 40000);
  CHECK(wrong == 0);
  CHECK(hash.value == 12305090328458936052u);
}

TEST_CASE("a wrong reduction is caught: one double for a quarter turn") {
  const double x = 100000.0, quarter = 0x1.921fb54442d18p0;
  const double r = x - std::rint(x / quarter) * quarter;   // what a student writes first
  CHECK(ulps_off64(std::cos(r), std::cos(static_cast<long double>(r))) < 1.0);
  const double wrong = std::sin(r), right = precise::sin_cos(x).sin;
  CHECK(std::fabs(std::fabs(wrong) - std::fabs(right)) > 1e-13);
}
