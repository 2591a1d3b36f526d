#pragma once
// Matrices of 8-bit numbers with one scale for each block of rows x columns, as DeepSeek-V3 publishes its weights.
//
//   value(r, k) = code(r, k) * scale(r / block_rows, k / block_columns)
//
// Codes e4m3, e5m2 or int8; scales f32, bf16 or e8m0 (a power of two). Blocks are 128 x 128 in published files; int8
// also comes with one scale a row, that is blocks of 1 x columns. Blocks at
// the lower and right edge may be smaller: rows 0-127 belong to the first block whatever the matrix' size. In a linear
// layer a group of block_columns inputs is summed over codes and scaled once (docs/arithmetic.md, R2), which is why
// block_columns is a multiple of 32. DeepSeek-AI 2024 (V3 technical report), section 3.3.
#include <etalon/formats/fp8.hpp>
#include <etalon/formats/plain.hpp>

namespace etalon {

template <class Code, class Scale> struct ScaledBlocks {
  Plain<Code> code;
  Plain<Scale> scales;
  int block_rows = 128, block_columns = 128;

  int group(int) const { return block_columns; }
  // The scale of group g of a row.
  float scale(int row, int g) const { return scales.at(row / block_rows, g); }
  void codes(int row, int columns, float* out) const { code.codes(row, columns, out); }
  // Product of code and scale, rounded once.
  void values(int row, int columns, float* out) const {
    for (int k = 0; k < columns; ++k) out[k] = code.at(row, k) * scale(row, k / block_columns);
  }
};

}  // namespace etalon
