// Tests of include/etalon/math/rounding.hpp.
#include <etalon/math/rounding.hpp>

#include <algorithm>

#include <doctest/doctest.h>

#include "support/numbers.hpp"
#include "support/sampled.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("by hand: bf16 keeps 8 bits, ties go to the even one") {
  CHECK(to_bf16_bits(1.0f) == 0x3f80);
  CHECK(round_to_bf16(1.0f + 0x1p-8f) == 1.0f);                    // tie, down to even
  CHECK(round_to_bf16(1.0f + 0x1.8p-7f) == 1.0f + 0x1p-6f);        // tie, up to even
  CHECK(round_to_bf16(0x1.010002p0f) == 1.0f + 0x1p-7f);   // just above a tie
  CHECK(round_to_bf16(-0x1.fffffep+127f) == -float_of(0x7f800000u));
  CHECK(same_bits(round_to_bf16(-0.0f), -0.0f));
  CHECK(to_bf16_bits(float_of(0x7f800001u)) == 0x7fc0);            // a NaN with low bits only must not become infinity
  CHECK(to_bf16_bits(float_of(0xffffffffu)) == 0x7fc0);
}

TEST_CASE("bf16 is the nearest of the two neighbours, the even one of a tie, for floats of every size") {
  each_sampled(100003, [](float x) {
    if (!std::isfinite(x)) return;
    const std::uint32_t down = bits_of(x) & 0xffff0000u;
    const double size = std::fabs(static_cast<double>(x)), low = std::fabs(static_cast<double>(float_of(down)));
    const double to_low = size - low, to_high = low + spacing(x) * 65536.0 - size;
    const bool up = to_high < to_low || (to_high == to_low && (down >> 16) % 2 == 1);
    REQUIRE(bits_of(round_to_bf16(x)) == down + (up ? 0x10000u : 0u));
  });
}

TEST_CASE("a wrong rounding is caught: truncation") {
  const auto truncated = [](float x) { return float_of(bits_of(x) & 0xffff0000u); };
  CHECK(truncated(1.0f) == round_to_bf16(1.0f));
  CHECK(truncated(1.0f + 0x1.8p-7f) != round_to_bf16(1.0f + 0x1.8p-7f));
}

TEST_CASE("what enters a linear layer: tiny numbers are +0, the rest bf16") {
  CHECK(same_bits(round_activation(-0x1.fffffep-56f), 0.0f));   // although it would round up to 2^-55
  CHECK(same_bits(round_activation(-0x1p-55f), -0x1p-55f));
  CHECK(same_bits(round_activation(-0.0f), 0.0f));
  CHECK(same_bits(round_activation(1.0f + 0x1p-8f), 1.0f));
  CHECK(bits_of(round_activation(float_of(0xffc00001u))) == canonical_nan_bits);
}

TEST_CASE("by hand: an int8 group of largest magnitude 127 is its own codes") {
  const float x[] = {127.0f, -127.0f, 1.0f, 0.5f, 1.5f, -2.5f, 0.0f};
  std::int8_t code[7];
  CHECK(quantise_group(x, 7, code) == 1.0f);
  const int expected[] = {127, -127, 1, 0, 2, -2, 0};   // ties to even
  for (int i = 0; i < 7; ++i) CHECK(code[i] == expected[i]);
}

TEST_CASE("groups of nothing, of tiny numbers and of what is not finite are zeros of scale 0") {
  std::int8_t code[2] = {9, 9};
  for (float x : {0.0f, 0x1p-101f, float_of(0x7f800000u), float_of(0x7fc00000u)}) {
    const float group[] = {x, -x};
    CHECK(quantise_group(group, 2, code) == 0.0f);
    CHECK(code[0] == 0);
    CHECK(code[1] == 0);
  }
  const float with_nan[] = {float_of(0x7fc00000u), 2.0f};
  CHECK(quantise_group(with_nan, 2, code) == etalon::divide(2.0f, 127.0f));
  CHECK(code[0] == 0);
  CHECK(code[1] == 127);
  CHECK(quantise_group(with_nan, 0, code) == 0.0f);
}

TEST_CASE("codes times scale are within half a step of the numbers, and the largest is met") {
  Random random;
  for (int trial = 0; trial < 1000; ++trial) {
    const int n = 1 + random.below(32);
    std::vector<float> x = random.normals(static_cast<std::size_t>(n));
    for (float& value : x) value *= std::ldexp(1.0f, trial % 200 - 80);
    std::vector<std::int8_t> code(x.size());
    const float scale = quantise_group(x.data(), n, code.data());
    int largest = 0;
    for (int i = 0; i < n; ++i) {
      REQUIRE(std::fabs(x[i] - static_cast<double>(scale) * code[i]) <= 0.5001 * scale);
      largest = std::max(largest, std::abs(static_cast<int>(code[i])));
    }
    REQUIRE(largest == 127);
  }
}

TEST_CASE("the dot of codes is exact at its largest") {
  const std::vector<std::int8_t> a(32, 127), b(32, -127);
  CHECK(dot_of_codes(a.data(), b.data(), 32) == -516128.0f);
  const std::int8_t c[] = {1, 2, 3}, d[] = {4, -5, 6};
  CHECK(dot_of_codes(c, d, 3) == 12.0f);
}
