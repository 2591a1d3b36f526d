#pragma once
// Several residual streams side by side, (Token, Stream, Channel): repeat one, collapse them into one, mix them.
//
//   repeat    X_j = x                collapse  y = sum_j w_j X_j              mix  X_k = post_k y + sum_j C[j][k] X_j
//
// Sums over streams are dots (docs/arithmetic.md, R1); at most max_streams of them. Hyper-connections: Zhu et al. 2024.
#include <etalon/context.hpp>
#include <etalon/math/sinkhorn.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

// x (Token, Channel) -> (Token, Stream, Channel), every stream equal.
inline View<float, Token, Stream, Channel> repeat_streams(const auto& ctx, View<const float, Token, Channel> x, int n) {
  auto streams = ctx.template make<float, Token, Stream, Channel>(extent<Token>(x), n, extent<Channel>(x));
  for_rows(ctx.backend, extent<Token>(x), std::int64_t{n} * extent<Channel>(x), [&](int first, int last) {
    for (int t = first; t < last; ++t)
      for (int j = 0; j < n; ++j)
        for (int c = 0; c < extent<Channel>(x); ++c) streams[t][j][c] = x[t][c];
  });
  return streams;
}

// streams (Token, Stream, Channel), weight (Token, Axis), whose first numbers are the streams' -> (Token, Channel)
template <class Axis>
View<float, Token, Channel> collapse_streams(const auto& ctx, View<const float, Token, Stream, Channel> streams,
                                             View<const float, Token, Axis> weight) {
  const int n = extent<Stream>(streams), channels = extent<Channel>(streams);
  auto y = ctx.template make<float, Token, Channel>(extent<Token>(streams), channels);   // (Token, Channel)
  for_rows(ctx.backend, extent<Token>(streams), std::int64_t{n} * channels, [&](int first, int last) {
    float column[max_streams];
    for (int t = first; t < last; ++t)
      for (int c = 0; c < channels; ++c) {
        for (int j = 0; j < n; ++j) column[j] = streams[t][j][c];
        y[t][c] = dot(weight[t].data, column, n);
      }
  });
  return y;
}

// One token's coefficients: post (Stream) and C (Stream, Stream), row-major.
struct MixingCoefficients { const float *post, *matrix; };

// streams (Token, Stream, Channel) in place, y (Token, Channel); of(t): the coefficients of token t.
void mix_streams(const auto& ctx, View<float, Token, Stream, Channel> streams, View<const float, Token, Channel> y,
                 auto&& of) {
  const int n = extent<Stream>(streams), channels = extent<Channel>(streams);
  for_rows(ctx.backend, extent<Token>(streams), std::int64_t{n} * n * channels, [&](int first, int last) {
    float column[max_streams], weight[max_streams];
    for (int t = first; t < last; ++t) {
      const MixingCoefficients use = of(t);
      for (int c = 0; c < channels; ++c) {
        for (int j = 0; j < n; ++j) column[j] = streams[t][j][c];
        for (int k = 0; k < n; ++k) {
          for (int j = 0; j < n; ++j) weight[j] = use.matrix[j * n + k];
          streams[t][k][c] = fma(use.post[k], y[t][c], dot(weight, column, n));
        }
      }
    }
  });
}

}  // namespace etalon
