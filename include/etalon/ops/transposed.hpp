#pragma once
// A vector times a matrix: y[c] = sum_r x[r] W[r][c], each column a dot (docs/arithmetic.md, R1).
//
// W is f32, row-major. What carries a query into the latent space (layers/absorbed_mla.hpp).
#include <etalon/math/dot.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

// The numbers of one call.
struct TransposedProduct {
  const float *matrix, *x;   // (row, column), (row)
  float* y;                  // (column)
  int rows, columns;
};

// Columns first … last - 1.
inline void multiply_columns(const TransposedProduct& p, int first, int last) {
  for (int c = first; c < last; ++c) {
    float sum = 0.0f;
    for (int block = 0; block < p.rows; block += dot_block) {
      float chain[2] = {0.0f, 0.0f};   // even and odd rows
      for (int r = block; r < p.rows && r < block + dot_block; ++r)
        chain[r % 2] = fma(p.matrix[static_cast<std::size_t>(r) * p.columns + c], p.x[r], chain[r % 2]);
      sum = sum + (chain[0] + chain[1]);
    }
    p.y[c] = sum;
  }
}
inline void multiply_transposed(const Reference&, const TransposedProduct& p) { multiply_columns(p, 0, p.columns); }

}  // namespace etalon
