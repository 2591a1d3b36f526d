#pragma once
// Matrices of 4-bit floats (e2m1), two codes a byte, with one power-of-two scale (e8m0) for every 32 columns.
//
//   value(r, k) = e2m1(code) * 2^(scale - 127);  e2m1: 0 0.5 1 1.5 2 3 4 6 and their negatives
//
// The low nibble is the even column. Open Compute Project, MX formats v1.0, section 5.3. gpt-oss publishes its experts
// so (*_blocks, *_scales), DeepSeek-V4 too. A code times a power of two has two significant bits, so values decode
// exactly (and fit bf16): in a linear layer this is a plain format without scales (docs/arithmetic.md, R2).
#include <cstddef>
#include <cstdint>

#include <etalon/formats/fp8.hpp>

namespace etalon {

// Bit 3 is the sign, bits 2-1 the exponent (bias 1), bit 0 the mantissa.
struct E2m1 {
  std::uint8_t bits;
  constexpr float decode() const {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 8u) << 28;
    const std::uint32_t magnitude = bits & 7u;
    if (magnitude >= 2u) return float_of(sign | ((magnitude << 22) + (126u << 23)));
    return float_of(sign | (magnitude == 1u ? 0x3f000000u : 0u));
  }
};

struct Mxfp4 {
  static constexpr int block = 32;   // columns that share a scale
  const std::byte *data = nullptr, *scales = nullptr;
  std::ptrdiff_t row_stride = 0, scale_stride = 0;   // in bytes

  int group(int columns) const { return columns; }
  float scale(int, int) const { return 1.0f; }
  void codes(int row, int columns, float* out) const {
    const std::byte* pairs = data + row * row_stride;
    const std::byte* scale_row = scales + row * scale_stride;
    for (int k = 0; k < columns; ++k) {
      const auto pair = std::to_integer<std::uint8_t>(pairs[k / 2]);
      const E2m1 code{static_cast<std::uint8_t>(k % 2 == 0 ? pair & 15u : pair >> 4)};
      out[k] = code.decode() * E8m0{std::to_integer<std::uint8_t>(scale_row[k / block])}.decode();
    }
  }
  void values(int row, int columns, float* out) const { codes(row, columns, out); }
};

}  // namespace etalon
