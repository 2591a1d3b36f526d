#pragma once
// Sinkhorn's iteration: a square matrix of positive numbers made nearly doubly stochastic, all rows and columns summing
// to 1, by dividing rows and columns by their sums in turn.
//
//   C = softmax of each row + eps;  columns / (sum + eps);  then (iterations - 1) times: rows, columns
//
// Sinkhorn & Knopp 1967; as DeepSeek-V4 uses it, Xie et al. 2025 (manifold-constrained hyper-connections). A matrix
// whose rows and columns sum to 1 mixes residual streams without making them larger, however many layers follow.
#include <etalon/math/softmax.hpp>

namespace etalon {

inline constexpr int max_streams = 32;   // one block of a sum

// Divides n numbers, `stride` apart, by (their sum + epsilon). n <= max_streams.
ETALON_HD inline void divide_by_sum(float* x, int n, int stride, float epsilon) {
  float chain[2] = {0.0f, 0.0f};   // even and odd, as in a sum of R1
  for (int i = 0; i < n; ++i) chain[i % 2] = chain[i % 2] + x[i * stride];
  const float total = (chain[0] + chain[1]) + epsilon;
  for (int i = 0; i < n; ++i) x[i * stride] = divide(x[i * stride], total);
}

// c: n x n logits, row-major, replaced by the matrix.
ETALON_HD inline void sinkhorn(float* c, int n, int iterations, float epsilon) {
  for (int row = 0; row < n; ++row) softmax(c + row * n, n);
  for (int i = 0; i < n * n; ++i) c[i] = c[i] + epsilon;
  for (int column = 0; column < n; ++column) divide_by_sum(c + column, n, n, epsilon);
  for (int iteration = 1; iteration < iterations; ++iteration) {
    for (int row = 0; row < n; ++row) divide_by_sum(c + row * n, n, 1, epsilon);
    for (int column = 0; column < n; ++column) divide_by_sum(c + column, n, n, epsilon);
  }
}

}  // namespace etalon
