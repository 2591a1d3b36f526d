// Tests of include/etalon/cpu/bf16_pairs.hpp. What pairs compute in a product: tests/cpu/linear.cpp.
#include <etalon/cpu/bf16_pairs.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/isa.hpp>

using namespace etalon;

#if defined(__x86_64__)

TEST_CASE("where the processor has the instruction, a thousand steps of random chains keep the contract's order") {
  if (!has_isa(Isa::avx512_bf16)) return;
  int wrong = 0;
  for (std::uint32_t seed = 1; seed <= 1000; ++seed) wrong += !bf16_pairs_agree(seed);
  CHECK(wrong == 0);
}

namespace {

// sum + high * high' + low * low' by the instruction, in its first lane.
float through_pair(float sum, float high, float low, float with_high, float with_low) {
  float sums[16] = {sum};
  const std::uint32_t a[16] = {bits_of(high) | bits_of(low) >> 16};
  const std::uint32_t b[16] = {bits_of(with_high) | bits_of(with_low) >> 16};
  add_bf16_pairs(sums, a, b);
  return sums[0];
}

}  // namespace

// 2^24 + 1 is 2^24 in f32.
TEST_CASE("by hand: the high half is added first, and each addition is rounded") {
  if (!has_isa(Isa::avx512_bf16)) return;
  CHECK(through_pair(0x1p24f, 1.0f, 1.0f, 1.0f, 1.0f) == 0x1p24f);           // together they would be 2
  CHECK(through_pair(1.0f, 0x1p24f, -0x1p24f, 1.0f, 1.0f) == 0.0f);          // the one is lost before it could be saved
  CHECK(through_pair(0x1p24f, -0x1p24f, 1.0f, 1.0f, 1.0f) == 1.0f);
  CHECK(through_pair(0x1p24f, 1.0f, -0x1p24f, 1.0f, 1.0f) == 0.0f);
}

// Why weights below 2^-55 do not go through pairs (cpu/kernels/bf16_lines.inl): a subnormal sum is flushed.
TEST_CASE("products below the normal floats are lost: the limit of 2^-55 is needed") {
  if (!has_isa(Isa::avx512_bf16)) return;
  CHECK(through_pair(0.0f, 0x1p-64f, 0.0f, 0x1p-64f, 0.0f) == 0.0f);
  CHECK(through_pair(0.0f, 0x1p-55f, 0.0f, 0x1p-55f, 0.0f) == 0x1p-110f);
}

#else

TEST_CASE("on this processor there is no such instruction") { CHECK_FALSE(has_bf16_pairs()); }

#endif
