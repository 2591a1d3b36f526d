// Tests of include/etalon/math/activation.hpp.
#include <etalon/math/activation.hpp>

#include <doctest/doctest.h>

#include "support/sampled.hpp"

using namespace etalon::test;
using etalon::float_of;

// Below this exp(-x) overflows: sigmoid and silu return zeros where the true values are subnormal.
static constexpr double smallest_input = -88.7228;

TEST_CASE("worked examples") {
  CHECK(same_bits(etalon::sigmoid(0.0f), 0.5f));
  CHECK(same_bits(etalon::silu(0.0f), 0.0f));
  CHECK(ulps_off(etalon::softplus(0.0f), 0.693147180559945) < 1.0);           // ln 2
  CHECK(ulps_off(etalon::sigmoid(1.09861229f), 0.75) < 2.2);                  // 1 / (1 + 1/3), at x = ln 3
  CHECK(ulps_off(etalon::silu(1.09861229f), 0.75 * 1.09861229) < 2.2);
  CHECK(same_bits(etalon::SwiGlu{}(0.0f, 7.0f), 0.0f));
  CHECK(ulps_off(etalon::SwiGlu{}(1.09861229f, -4.0f), -3.0 * 1.09861229) < 2.2);   // the gate is the first argument
}

TEST_CASE("far from zero") {
  const float infinity = float_of(0x7f800000u);
  CHECK(etalon::sigmoid(20.0f) == 1.0f);
  CHECK(same_bits(etalon::sigmoid(-100.0f), 0.0f));
  CHECK(etalon::sigmoid(infinity) == 1.0f);
  CHECK(same_bits(etalon::sigmoid(-infinity), 0.0f));
  CHECK(etalon::silu(100.0f) == 100.0f);
  CHECK(same_bits(etalon::silu(-100.0f), -0.0f));
  CHECK(etalon::silu(infinity) == infinity);
  CHECK(etalon::softplus(100.0f) == 100.0f);
  CHECK(same_bits(etalon::softplus(-infinity), 0.0f));
  CHECK(etalon::is_nan(etalon::silu(float_of(0x7fc00000u))));
  CHECK(etalon::is_nan(etalon::softplus(float_of(0x7fc00000u))));
}

TEST_CASE("sigmoid is within 2.49 ulp and rises over steps of a thousand floats; the same bits everywhere") {
  const Measured m = measure([](float x) { return etalon::sigmoid(x); }, [](double x) {
    return x < smallest_input ? 0.0 : 1.0 / (1.0 + std::exp(-x));
  });
  CAPTURE(m.worst_at);
  CHECK(m.worst < 2.49);
  CHECK(m.falls == 0);
  CHECK(m.odd_ones == 0);
  CHECK(m.hash == 8156688572348985857u);
}

TEST_CASE("silu is within 2.40 ulp, in the same bits everywhere") {
  const Measured m = measure([](float x) { return etalon::silu(x); }, [](double x) {
    return x < smallest_input ? 0.0 : x / (1.0 + std::exp(-x));
  });
  CAPTURE(m.worst_at);
  CHECK(m.worst < 2.40);
  CHECK(m.odd_ones == 0);
  CHECK(m.hash == 8731978462152136378u);
}

TEST_CASE("softplus is within 2.08 ulp, in the same bits everywhere") {
  const Measured m = measure([](float x) { return etalon::softplus(x); }, [](double x) {
    return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
  });
  CAPTURE(m.worst_at);
  CHECK(m.worst < 2.08);
  CHECK(m.odd_ones == 0);
  CHECK(m.hash == 1522103815925715322u);
}

TEST_CASE("by hand: bounded gates") {
  // gpt-oss: (8, 9) is clamped to (7, 7), 8 * 7 * sigmoid(1.702 * 7) = 55.99962503; (-1, 0.5): 1.5 * -sigmoid(-1.702).
  const etalon::ShiftedSwiGlu shifted{1.702f, 7.0f};
  CHECK(shifted(8.0f, 9.0f) == doctest::Approx(55.99962503).epsilon(1e-7));
  CHECK(shifted(-1.0f, 0.5f) == doctest::Approx(-0.23130635).epsilon(1e-6));
  const etalon::ClampedSwiGlu clamped{2.0f};
  CHECK(same_bits(clamped(5.0f, -9.0f), etalon::silu(2.0f) * -2.0f));
  CHECK(same_bits(clamped(-5.0f, 1.0f), etalon::silu(-5.0f)));   // the gate is bounded from above only
  CHECK(etalon::clamped(-3.0f, 2.0f) == -2.0f);
  CHECK(etalon::clamped(1.5f, 2.0f) == 1.5f);
}

TEST_CASE("wrong activations are caught") {
  const auto exact = [](double x) { return x < smallest_input ? 0.0 : x / (1.0 + std::exp(-x)); };
  const auto gelu_like = [](float x) { return x * etalon::sigmoid(1.702f * x); };
  CHECK(measure(gelu_like, exact, 100003).worst > 1e5);
  const auto overflowing = [](float x) { return etalon::log(1.0f + etalon::exp(x)); };   // softplus, written naively
  CHECK(measure(overflowing, [](double x) { return x > 30.0 ? x : std::log1p(std::exp(x)); }, 100003).odd_ones > 0);
}
