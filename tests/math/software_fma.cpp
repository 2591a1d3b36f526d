// Tests of include/etalon/math/software_fma.hpp: against the processor's own instruction, or the C library's function.
#include <etalon/math/software_fma.hpp>

#include <random>

#include <doctest/doctest.h>

#include <etalon/math/real.hpp>

using namespace etalon;

namespace {

bool agrees(float a, float b, float c) {
  const float wanted = __builtin_fmaf(a, b, c), found = software_fma(a, b, c);
  return bits_of(wanted) == bits_of(found) || (is_nan(wanted) && is_nan(found));
}

// A float with this many random bits of mantissa and an exponent between the two.
float drawn(std::mt19937_64& random, int mantissa_bits, int lowest, int highest) {
  const std::uint64_t r = random();
  const auto mantissa = static_cast<std::uint32_t>(r & 0x7fffffu) >> (23 - mantissa_bits) << (23 - mantissa_bits);
  const auto exponent = static_cast<std::uint32_t>(lowest + 127 + static_cast<int>((r >> 32) % (highest - lowest + 1)));
  return float_of(static_cast<std::uint32_t>(r >> 63) << 31 | exponent << 23 | mantissa);
}

}  // namespace

TEST_CASE("a sum near the middle of two floats is rounded once, not twice") {
  const float a = 1.0f + 0x1p-12f;   // a a = 1 + 2^-11 + 2^-24, the middle of 1 + 2^-11 and the next float
  CHECK(software_fma(a, a, 0.0f) == 1.0f + 0x1p-11f);         // ties to even
  CHECK(software_fma(a, a, 0x1p-80f) == 0x1.002002p0f);       // a hair above: up
  CHECK(software_fma(-a, a, -0x1p-80f) == -0x1.002002p0f);
  CHECK(software_fma(a, a, -0x1p-80f) == 1.0f + 0x1p-11f);    // a hair below: down
  CHECK(software_fma(0x1.7c6738p73f, -0x1.cp-63f, 0x1.97bd62p-122f) == -0x1.4cda5p11f);   // a C library's mistake
}

TEST_CASE("the plain way, round the double sum to float, is caught by such sums") {
  const auto twice = [](float a, float b, float c) { return static_cast<float>(double{a} * b + c); };
  const float a = 1.0f + 0x1p-12f;
  CHECK(twice(a, a, 0x1p-80f) != software_fma(a, a, 0x1p-80f));
}

TEST_CASE("infinities, zeros and subnormal results are the instruction's") {
  const float huge = 0x1p127f, tiny = 0x1p-126f, infinity = float_of(0x7f800000u);
  for (const float a : {0.0f, -0.0f, 1.0f, -1.5f, huge, -huge, tiny, 0x1p-149f, infinity, -infinity})
    for (const float b : {0.0f, -0.0f, 1.0f, 3.0f, huge, tiny, 0x1.8p-1f, -infinity})
      for (const float c : {0.0f, -0.0f, 1.0f, -1.0f, huge, -huge, tiny, -0x1p-149f, infinity}) CHECK(agrees(a, b, c));
}

TEST_CASE("random numbers of every kind give what the instruction gives") {
  std::mt19937_64 random(1);
  int wrong = 0;
  for (int i = 0; i < 400000; ++i) {
    wrong += !agrees(drawn(random, 23, -126, 127), drawn(random, 23, -126, 127), drawn(random, 23, -126, 127));
    wrong += !agrees(drawn(random, 23, -3, 3), drawn(random, 23, -3, 3), drawn(random, 23, -30, 8));
    wrong += !agrees(drawn(random, 11, -3, 3), drawn(random, 11, -3, 3), drawn(random, 23, -120, -10));   // middles
    wrong += !agrees(drawn(random, 23, -70, -60), drawn(random, 23, -70, -60), drawn(random, 9, -126, -120));   // tiny
  }
  CHECK(wrong == 0);
}
