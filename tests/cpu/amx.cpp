// Tests of include/etalon/cpu/amx.hpp. What tiles compute in a product: tests/cpu/linear.cpp.
#include <etalon/cpu/amx.hpp>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("the question is answered the same twice") { CHECK(has_tiles() == has_tiles()); }

#if defined(ETALON_TILES)

TEST_CASE("where the processor has tiles, a thousand blocks of random numbers are summed in the contract's order") {
  if (!has_tiles()) return;
  int wrong = 0;
  for (std::uint32_t seed = 1; seed <= 1000; ++seed) wrong += !bf16_tiles_agree(seed) + !int8_tiles_agree(seed);
  CHECK(wrong == 0);
}

namespace {

// One row times one column through a tile, and what is there before.
float through_tiles(const float (&x)[32], const float (&y)[32], float before) {
  alignas(64) std::uint16_t a[16][32] = {}, b[16][16][2] = {};
  alignas(64) float sums[16][16] = {};
  for (int k = 0; k < 32; ++k) a[0][k] = to_bf16_bits(x[k]), b[k / 2][0][k % 2] = to_bf16_bits(y[k]);
  sums[0][0] = before;
  const TileScope scope(64);
  load_tile<0>(sums, 64), load_tile<4>(a, 64), load_tile<6>(b, 64);
  multiply_bf16<0, 4, 6>();
  store_tile<0>(sums, 64);
  return sums[0][0];
}

}  // namespace

// 2^24 + 1 is 2^24 in f32: what is added after it in its chain is lost, what is added in the other chain is not.
TEST_CASE("by hand: 2^24 in the even chain swallows ones of its own chain and not those of the other") {
  if (!has_tiles()) return;
  float x[32] = {}, ones[32];
  for (float& one : ones) one = 1.0f;
  x[0] = 0x1p24f;
  for (int k = 2; k < 12; k += 2) x[k] = 1.0f;     // five ones, each lost on its own
  CHECK(through_tiles(x, ones, 0.0f) == 0x1p24f);
  for (int k = 1; k < 11; k += 2) x[k] = 2.0f;     // ten in the odd chain, added at the end
  CHECK(through_tiles(x, ones, 0.0f) == 0x1p24f + 10.0f);
  CHECK(through_tiles(x, ones, -0x1p24f) == 10.0f);
}

// Why weights below 2^-55 do not go through tiles (cpu/kernels/tiles.inl): a subnormal sum is flushed.
TEST_CASE("products below the normal floats are lost: the limit of 2^-55 is needed") {
  if (!has_tiles()) return;
  float x[32] = {}, y[32] = {};
  x[0] = 0x1p-64f, y[0] = 0x1p-64f;
  CHECK(dot(x, y, 32) == 0x1p-128f);
  CHECK(through_tiles(x, y, 0.0f) == 0.0f);
  x[0] = 0x1p-55f, y[0] = 0x1p-55f;
  CHECK(through_tiles(x, y, 0.0f) == 0x1p-110f);
}

#endif
