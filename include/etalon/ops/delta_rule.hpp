#pragma once
// The gated delta rule: a memory that maps keys to values, corrected token by token towards what it should have said.
//
//   S <- D S;  u = beta (v - S k);  S <- S + u k^T;  o = S q                Yang et al. 2025 (Gated DeltaNet), eq. 10
//   D multiplies: by one number a head, or by one for each key channel (Kimi Linear 2025, eq. 1)
//
// Defined token after token, whatever the size of the step. S is kept as one row of key channels for each value channel
// c; each such row goes its own way, in this order:
//   s_i = decay_i * s_i                                  a rounded product; it feeds sums only as an argument of fma
//   u = beta * (v[c] - dot(s, k))                        dots are the contract's (R1)
//   s_i = fma(u, k_i, s_i)
//   o[c] = dot(s, q)
// Left out: the chunked form, which is equal on paper and not in binary32.
#include <etalon/context.hpp>
#include <etalon/math/activation.hpp>
#include <etalon/math/dot.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

// What the rule is given for the tokens of one segment.
struct DeltaRuleInputs {
  View<const float, Token, KeyHead, HeadDim> q, k;        // each key head serves equal runs of value heads
  View<const float, Token, ValueHead, ValueDim> v;
  View<const float, Token, ValueHead, HeadDim> decay;     // the last axis is 1 long where a head has one number
  View<const float, Token, ValueHead> beta;
};

// One token's decay and correction of the row s of n key channels; returns what the row answers to the query.
ETALON_HD inline float delta_step(float* s, int n, const float* decay, int decays, const float* k, const float* q,
                                  float v, float beta) {
  for (int i = 0; i < n; ++i) s[i] = decay[decays == 1 ? 0 : i] * s[i];
  const float u = beta * (v - dot(s, k, n));
  for (int i = 0; i < n; ++i) s[i] = fma(u, k[i], s[i]);
  return dot(s, q, n);
}

// memory (ValueHead, ValueDim, HeadDim) moves on by the segment's tokens; out (Token, ValueHead, ValueDim).
inline void delta_rule(const auto& ctx, const DeltaRuleInputs& in, View<float, ValueHead, ValueDim, HeadDim> memory,
                       View<float, Token, ValueHead, ValueDim> out) {
  const int heads = extent<ValueHead>(memory), width = extent<ValueDim>(memory), n = extent<HeadDim>(memory);
  const int shared = heads / extent<KeyHead>(in.k), tokens = extent<Token>(in.q);
  for_rows(ctx.backend, heads * width, std::int64_t{tokens} * n * 4, [&](int first, int last) {
    for (int row = first; row < last; ++row) {
      const int h = row / width, c = row % width, key = h / shared;
      for (int t = 0; t < tokens; ++t)
        out[t][h][c] = delta_step(memory[h][c].data, n, in.decay[t][h].data, extent<HeadDim>(in.decay),
                                  in.k[t][key].data, in.q[t][key].data, in.v[t][h][c], in.beta[t][h]);
    }
  });
}

// What is left of a memory after a token: exp(-exp(log_rate) softplus(x + bias)), one number a head, in place.
// x (Token, ValueHead); log_rate and bias (ValueHead).                                   Gu & Dao 2023; Dao & Gu 2024
inline void decay_of(const auto& ctx, View<const float, ValueHead> log_rate, View<const float, ValueHead> bias,
                     View<float, Token, ValueHead> x) {
  for_rows(ctx.backend, extent<Token>(x), 60 * std::int64_t{extent<ValueHead>(x)}, [&](int first, int last) {
    for (int t = first; t < last; ++t)
      for (int h = 0; h < extent<ValueHead>(x); ++h) x[t][h] = exp(-(exp(log_rate[h]) * softplus(x[t][h] + bias[h])));
  });
}

// x = sigmoid(x), in place. (Token, ValueHead)
inline void sigmoid_of(const auto& ctx, View<float, Token, ValueHead> x) {
  for_rows(ctx.backend, extent<Token>(x), 20 * std::int64_t{extent<ValueHead>(x)}, [&](int first, int last) {
    for (int t = first; t < last; ++t)
      for (int h = 0; h < extent<ValueHead>(x); ++h) x[t][h] = sigmoid(x[t][h]);
  });
}

}  // namespace etalon
