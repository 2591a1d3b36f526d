// Tests of include/etalon/formats/mxfp4.hpp.
#include <etalon/formats/mxfp4.hpp>

#include <doctest/doctest.h>

#include <etalon/formats/plain.hpp>
#include <etalon/math/rounding.hpp>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

static_assert(StorageFormat<Mxfp4>);

static const std::byte* bytes_of(const std::vector<std::uint8_t>& codes) {
  return reinterpret_cast<const std::byte*>(codes.data());
}

TEST_CASE("the sixteen codes") {
  const float size[] = {0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f};
  for (unsigned code = 0; code < 8; ++code) {
    CHECK(same_bits(E2m1{static_cast<std::uint8_t>(code)}.decode(), size[code]));
    CHECK(same_bits(E2m1{static_cast<std::uint8_t>(code | 8)}.decode(), -size[code]));
  }
}

TEST_CASE("by hand: the low nibble is the even column, and 32 columns share a scale") {
  // Row 0 of 34 columns: bytes 0x72 are (1, 6), 0x91 in the second block is (0.5, -0.5); scales 2 and 1/4.
  std::vector<std::uint8_t> pairs(17, 0x72), scales{128, 125};
  pairs[16] = 0x91;
  const Mxfp4 matrix{bytes_of(pairs), bytes_of(scales), 17, 2};
  float row[34];
  matrix.values(0, 34, row);
  CHECK(row[0] == 2.0f);
  CHECK(row[1] == 12.0f);
  CHECK(row[30] == 2.0f);
  CHECK(row[32] == 0.125f);
  CHECK(row[33] == -0.125f);
  CHECK(row[0] != 12.0f);   // planted: the high nibble first would give 6 * 2
}

TEST_CASE("rows lie at their strides, and every value is its code times its scale, exactly a bf16") {
  Random random;
  const int rows = 5, columns = 96;
  std::vector<std::uint8_t> pairs(rows * 64), scales(rows * 4);   // rows padded to 64 and 4 bytes
  for (auto& pair : pairs) pair = static_cast<std::uint8_t>(random.next());
  for (auto& scale : scales) scale = static_cast<std::uint8_t>(random.below(200) + 20);
  const Mxfp4 matrix{bytes_of(pairs), bytes_of(scales), 64, 4};
  std::vector<float> row(columns);
  for (int r = 0; r < rows; ++r) {
    matrix.values(r, columns, row.data());
    for (int k = 0; k < columns; ++k) {
      const int code = pairs[r * 64 + k / 2] >> (k % 2 * 4) & 15;
      const int exponent = code >> 1 & 3;
      const double size = exponent ? std::ldexp(1.0 + 0.5 * (code & 1), exponent - 1) : 0.5 * (code & 1);
      REQUIRE(row[k] == (code & 8 ? -size : size) * std::ldexp(1.0, scales[r * 4 + k / 32] - 127));
      REQUIRE(round_to_bf16(row[k]) == row[k]);
    }
  }
}
