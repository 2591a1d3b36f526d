// Tests of include/etalon/formats/scaled_blocks.hpp.
#include <etalon/formats/scaled_blocks.hpp>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

static_assert(StorageFormat<ScaledBlocks<E4m3, F32>> && StorageFormat<ScaledBlocks<E4m3, E8m0>>);

static const std::byte* bytes_of(const auto& numbers) { return reinterpret_cast<const std::byte*>(numbers.data()); }

TEST_CASE("by hand: 3 x 5 in blocks of 2 x 3, the last ones smaller") {
  // Every code is 1 (0x38), so a value is its block's scale.
  const std::vector<std::uint8_t> codes(15, 0x38);
  const std::vector<float> scales{10, 20, 30, 40};
  const ScaledBlocks<E4m3, F32> blocks{{bytes_of(codes), 5, 1}, {bytes_of(scales), 2, 1}, 2, 3};
  float row[5];
  blocks.values(1, 5, row);
  CHECK((row[0] == 10 && row[2] == 10 && row[3] == 20 && row[4] == 20));
  blocks.values(2, 5, row);
  CHECK((row[0] == 30 && row[2] == 30 && row[3] == 40 && row[4] == 40));
  blocks.codes(2, 5, row);
  CHECK((row[0] == 1 && row[4] == 1));
  CHECK(blocks.group(5) == 3);
  CHECK(blocks.scale(2, 1) == 40);
}

TEST_CASE("a value is code times scale, rounded once, for every pair of formats") {
  Random random;
  std::vector<std::uint8_t> codes(130 * 140), powers(4);
  std::vector<float> scales(4);
  for (auto& code : codes) code = static_cast<std::uint8_t>(random.below(0x7c) | (random.below(2) ? 0x80 : 0));
  for (int i = 0; i < 4; ++i) scales[i] = 0.01f + random.uniform(), powers[i] = static_cast<std::uint8_t>(120 + i);
  const ScaledBlocks<E4m3, F32> a{{bytes_of(codes), 140, 1}, {bytes_of(scales), 2, 1}};
  const ScaledBlocks<E5m2, F32> b{{bytes_of(codes), 140, 1}, {bytes_of(scales), 2, 1}};
  const ScaledBlocks<E4m3, E8m0> c{{bytes_of(codes), 140, 1}, {bytes_of(powers), 2, 1}};
  std::vector<float> row(140);
  const auto agrees = [&](const auto& blocks, int r, auto decoded, auto scale_of) {
    blocks.values(r, 140, row.data());
    for (int k = 0; k < 140; ++k) {
      decoded.bits = codes[r * 140 + k];
      const double exact = static_cast<double>(decoded.decode()) * scale_of(r / 128 * 2 + k / 128);
      if (!same_bits(row[k], static_cast<float>(exact))) return false;
    }
    return true;
  };
  for (int r : {0, 127, 128, 129}) {
    CHECK(agrees(a, r, E4m3{}, [&](int i) { return static_cast<double>(scales[i]); }));
    CHECK(agrees(b, r, E5m2{}, [&](int i) { return static_cast<double>(scales[i]); }));
    CHECK(agrees(c, r, E4m3{}, [&](int i) { return std::ldexp(1.0, powers[i] - 127); }));
  }
  // Planted: rows and columns of the scale grid exchanged.
  CHECK_FALSE(agrees(a, 129, E4m3{}, [&](int i) { return static_cast<double>(scales[i % 2 * 2 + i / 2]); }));
}
