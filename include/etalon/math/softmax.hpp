#pragma once
// The power-of-two softmax of the contract, over keys in blocks of 32 (docs/arithmetic.md, R5).
//
//   t = n + f, n = round(t) an integer, f in [-1/2, 1/2];  2^t = e(f) 2^n
//   in a block: M_b = max n,  p_j = e(f_j) 2^(n_j - M_b),  l_b = even/odd sum of p
//   blocks combine left to right: M' = max(M, M_b), l = l 2^(M - M') + l_b 2^(M_b - M'), likewise each output
//
// The running shift M is an integer, so rescaling is a multiplication by a power of two: exact, whatever the order in
// which blocks were computed. That is why prefill, decode, chunks and a split over keys give one number. The usual
// online softmax (Milakov & Gimelshein 2018; Dao et al. 2022) rescales by exp of a difference, which rounds.
#include <etalon/math/dot.hpp>
#include <etalon/math/exp.hpp>

namespace etalon {

// Where t is not between these, it is taken for the nearer: beyond it rounding to an integer would not be exact.
inline constexpr float softmax_limit = 0x1p21f;
inline constexpr int softmax_nothing = -(1 << 28);   // shift of an empty sum

// A score where it can be rounded exactly; NaN counts as the least.
ETALON_HD inline float bounded_score(float t) {
  return !(t > -softmax_limit) ? -softmax_limit : t < softmax_limit ? t : softmax_limit;
}

// The sum of a block or of all blocks so far: total * 2^shift.
struct SoftmaxSum { int shift = softmax_nothing; float total = 0.0f; };

// A set of keys of one block: bit j stands for key j.
using KeySet = std::uint32_t;
// Keys first <= j < last, 0 <= first <= last <= 32.
ETALON_HD inline KeySet keys_between(int first, int last) {
  return static_cast<KeySet>((std::uint64_t{1} << last) - (std::uint64_t{1} << first));
}
ETALON_HD inline bool holds(KeySet keys, int j) { return (keys >> j & 1u) != 0; }

// Replaces the n <= 32 scores t of one block (base-2 logarithms) by weights p in [0, sqrt 2]; returns their sum.
// Only the keys of the set count; the others get weight 0, and their scores are not read.
ETALON_HD inline SoftmaxSum softmax_block(float* t, int n, KeySet keys) {
  int whole[dot_block];
  SoftmaxSum block;
  for (int j = 0; j < n; ++j) {
    if (!holds(keys, j)) continue;
    const float bounded = bounded_score(t[j]);
    const float integer = round_to_integer(bounded);
    whole[j] = static_cast<int>(integer);
    t[j] = exp2_fraction(bounded - integer);
    if (whole[j] > block.shift) block.shift = whole[j];
  }
  for (int j = 0; j < n; ++j)
    t[j] = holds(keys, j) ? t[j] * power_of_two_or_zero(whole[j] - block.shift) : 0.0f;
  block.total = sum(t, n);
  return block;
}
ETALON_HD inline SoftmaxSum softmax_block(float* t, int n, int first, int last) {
  return softmax_block(t, n, keys_between(first, last));
}

// The sum that a single score t makes: how attention begins where a sink competes with the keys.
ETALON_HD inline SoftmaxSum softmax_of_one(float t) {
  const float bounded = bounded_score(t), integer = round_to_integer(bounded);
  return {static_cast<int>(integer), exp2_fraction(bounded - integer)};
}

// What a running sum and a new block's are multiplied by when they are combined; both are powers of two or 0.
struct Rescale { int shift; float before, block; };

ETALON_HD inline Rescale rescale(const SoftmaxSum& before, const SoftmaxSum& block) {
  const int shift = before.shift > block.shift ? before.shift : block.shift;
  return {shift, power_of_two_or_zero(before.shift - shift), power_of_two_or_zero(block.shift - shift)};
}

ETALON_HD inline float combine(const Rescale& factor, float before, float block) {
  return fma(before, factor.before, block * factor.block);
}

// softmax of n values in place: p_i = e(f_i) 2^(n_i - M), divided by their sum (R5 over one row).
ETALON_HD inline void softmax(float* x, int n) {
  constexpr float scale = 1.44269504f;
  int shift = softmax_nothing;
  for (int i = 0; i < n; ++i) {
    x[i] = bounded_score(x[i] * scale);
    const int whole = static_cast<int>(round_to_integer(x[i]));
    if (whole > shift) shift = whole;
  }
  for (int i = 0; i < n; ++i) {
    const float integer = round_to_integer(x[i]);
    x[i] = exp2_fraction(x[i] - integer) * power_of_two_or_zero(static_cast<int>(integer) - shift);
  }
  const float total = sum(x, n);
  for (int i = 0; i < n; ++i) x[i] = divide(x[i], total);
}

}  // namespace etalon
