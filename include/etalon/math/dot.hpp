#pragma once
// The dot product of the contract: "EO32" (docs/arithmetic.md, R1). Sums, means and squares are dots too.
//
//   c = +0
//   for each block of 32 consecutive k, zero-padded, left to right:
//     even = fma chain over k = 0, 2, …, 30 from +0;  odd = fma chain over k = 1, 3, …, 31 from +0
//     c = c + (even + odd)
//
// Why this order: it is what Intel's AMX bf16 instruction computes, it splits over k for a GPU, vectorises across
// rows, and its error grows five times more slowly than a sequential sum's. Zero padding is neutral: fma(0, 0, e) = e
// (e is never -0, because a sum that starts at +0 and rounds to nearest never becomes -0).
#include <etalon/math/real.hpp>

namespace etalon {

inline constexpr int dot_block = 32;

// One block: at most 32 products a[0] b[0] + a[stride_a] b[stride_b] + …; missing ones count as 0 * 0.
ETALON_HD inline float dot_of_block(const float* a, const float* b, int n) {
  float even = 0.0f, odd = 0.0f;
  int k = 0;
  for (; k + 1 < n; k += 2) {
    even = fma(a[k], b[k], even);
    odd = fma(a[k + 1], b[k + 1], odd);
  }
  if (k < n) even = fma(a[k], b[k], even);
  return even + odd;
}

// a . b over n elements.
ETALON_HD inline float dot(const float* a, const float* b, int n) {
  float c = 0.0f;
  for (int first = 0; first < n; first += dot_block) {
    const int rest = n - first;
    c = c + dot_of_block(a + first, b + first, rest < dot_block ? rest : dot_block);
  }
  return c;
}

// a[0] + a[1] + … + a[n-1]: the dot with ones.
ETALON_HD inline float sum(const float* a, int n) {
  float c = 0.0f;
  for (int first = 0; first < n; first += dot_block) {
    float even = 0.0f, odd = 0.0f;
    for (int k = first; k < n && k < first + dot_block; ++k) (k % 2 == 0 ? even : odd) += a[k];
    c = c + (even + odd);
  }
  return c;
}

}  // namespace etalon
