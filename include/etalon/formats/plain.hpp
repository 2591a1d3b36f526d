#pragma once
// Matrices stored as plain numbers: f32, bf16, f16. Each decodes exactly to f32 (docs/arithmetic.md, R8).
//
// A storage format answers four questions: how many columns share a scale (group), what that scale is (scale), what
// the numbers of a row are before scaling (codes), and what a row is worth (values). Plain formats have one group of
// scale 1. Rows and columns may be strided, so that a slice or a transpose of a fused tensor is stored the same way.
// The bytes may be unaligned: they are a mapped file's.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <etalon/math/real.hpp>

namespace etalon {

struct F32 { float value; float decode() const { return value; } };

struct Bf16 {
  std::uint16_t bits;
  float decode() const { return float_of(static_cast<std::uint32_t>(bits) << 16); }
};

struct F16 {
  std::uint16_t bits;
  float decode() const {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
    const std::uint32_t magnitude = bits & 0x7fffu;
    if (magnitude >= 0x7c00u) return float_of(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    if (magnitude >= 0x0400u) return float_of(sign | ((magnitude << 13) + (112u << 23)));
    const float size = static_cast<float>(magnitude) * 0x1p-24f;   // subnormal: exact
    return sign ? -size : size;
  }
};

// Codes of weights quantised to eight bits; what they are worth is their scale's to say (scaled_blocks.hpp).
struct I8 { std::int8_t value; float decode() const { return static_cast<float>(value); } };

// Small whole numbers (expert ids in a table): exact up to 2^24.
struct I64 { std::int64_t value; float decode() const { return static_cast<float>(value); } };
struct I32 { std::int32_t value; float decode() const { return static_cast<float>(value); } };

template <class Number> struct Plain {
  const std::byte* data = nullptr;
  std::ptrdiff_t row_stride = 0, column_stride = 1;   // in numbers

  float at(int row, int column) const {
    Number number;
    std::memcpy(&number, data + (row * row_stride + column * column_stride) * std::ptrdiff_t{sizeof(Number)},
                sizeof number);
    return number.decode();
  }
  int group(int columns) const { return columns; }
  float scale(int, int) const { return 1.0f; }
  void codes(int row, int columns, float* out) const {
    for (int k = 0; k < columns; ++k) out[k] = at(row, k);
  }
  void values(int row, int columns, float* out) const { codes(row, columns, out); }
};

// What every storage format offers; `columns` is the length of a row.
template <class S> concept StorageFormat = requires(const S storage, int row, int columns, float* out) {
  { storage.group(columns) } -> std::same_as<int>;
  { storage.scale(row, columns) } -> std::same_as<float>;
  storage.codes(row, columns, out);
  storage.values(row, columns, out);
};

}  // namespace etalon
