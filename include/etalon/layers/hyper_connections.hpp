#pragma once
// Hyper-connections: a residual of several streams. Each sub-layer reads a weighted sum of them, its result goes to all
// with weights of their own, and the streams are mixed; the weights come from the streams themselves.
//
//   m = W vec(X) / rms(vec(X)) * scale + base                                 n + n + n^2 numbers for n streams
//   pre = sigmoid(m_pre) + eps    post = 2 sigmoid(m_post)    C = sinkhorn(m_C)      (math/sinkhorn.hpp)
//   X_k <- post_k f(norm(sum_j pre_j X_j)) + sum_j C[j][k] X_j
//   first: every stream is the embedding    last: h = sum_j p_j X_j, p = sigmoid(W_h vec(X) / rms * scale + base) + eps
//
// Zhu et al. 2024 (hyper-connections); Xie et al. 2025 (manifold-constrained: C doubly stochastic); DeepSeek-V4. C is
// used transposed, pre is not normalised. W is multiplied in mode F whatever the context's mode: what all streams pass
// through is not rounded (published code keeps it in f32).
#include <etalon/layers/residual.hpp>
#include <etalon/math/activation.hpp>
#include <etalon/ops/linear.hpp>
#include <etalon/ops/streams.hpp>

namespace etalon {

struct MixingRule {
  int streams = 4, iterations = 20;                     // of Sinkhorn
  float epsilon = 1e-6f, norm_epsilon = 1e-6f;          // of the weights, and under the root
};

// W vec(X) / rms(vec(X)): streams (Token, Stream, Channel) -> (Token, Out)
template <class Out>
View<float, Token, Out> of_streams(const auto& ctx, const Weight<Out, Joined<Stream, Channel>>& weight,
                                   View<float, Token, Stream, Channel> streams, float epsilon) {
  auto flat = unit_rms_norm(ctx, join(streams), epsilon);                       // (Token, Joined<Stream, Channel>)
  return multiply(ctx, weight, read_only(flat), Numerics::f32);
}

struct HyperConnections {
  RmsNorm<Channel> norm;
  Weight<Mixing, Joined<Stream, Channel>> mix;
  Weight<Mixing> base, scale;                           // scale: three numbers, of pre, post and C
  MixingRule rule;

  // streams (Token, Stream, Channel), changed in place; sub_layer: (Token, Channel) -> (Token, Channel).
  template <class SubLayer>
  void operator()(const auto& ctx, const SubLayerNames& names, View<float, Token, Stream, Channel> streams,
                  SubLayer&& sub_layer) const {
    const Arena::Scope scope(ctx.arena);
    const int n = rule.streams;
    auto m = coefficients(ctx, streams);                                        // (Token, Mixing): pre, post, C
    auto x = rms_norm(ctx, norm, collapse_streams(ctx, read_only(streams), read_only(m)));   // (Token, Channel)
    ctx.show(names.norm, x);
    auto y = sub_layer(read_only(x));                                           // (Token, Channel)
    ctx.show(names.out, y);
    mix_streams(ctx, streams, read_only(y),
                [&](int t) { return MixingCoefficients{m[t].data + n, m[t].data + 2 * n}; });
  }

  // pre, post and C of each token, side by side. (Token, Mixing)
  View<float, Token, Mixing> coefficients(const auto& ctx, View<float, Token, Stream, Channel> streams) const {
    auto m = of_streams(ctx, mix, streams, rule.norm_epsilon);                  // (Token, Mixing)
    const auto offset = values_of(ctx, base), factor = values_of(ctx, scale);   // (Mixing), and three numbers
    const int n = rule.streams;
    for_rows(ctx.backend, extent<Token>(m), 100 * std::int64_t{n} * n, [&](int first, int last) {
      for (int t = first; t < last; ++t) {
        for (int i = 0; i < extent<Mixing>(m); ++i)
          m[t][i] = fma(m[t][i], factor[i < n ? 0 : i < 2 * n ? 1 : 2], offset[i]);
        for (int j = 0; j < n; ++j) m[t][j] = sigmoid(m[t][j]) + rule.epsilon;
        for (int k = n; k < 2 * n; ++k) m[t][k] = 2.0f * sigmoid(m[t][k]);
        sinkhorn(m[t].data + 2 * n, n, rule.iterations, rule.epsilon);
      }
    });
    return m;
  }

  void each_part(auto&& part) {
    part("norm", norm);
    part("mix", mix);
    part("base", base);
    part("scale", scale);
  }
};

inline HyperConnections hyper_connections_of(const RmsNorm<Channel>& norm, const MixingRule& rule) {
  const int n = rule.streams, outputs = n * (n + 2);
  return {norm, {{outputs, n * norm.gain.columns()}, {}}, {{outputs}, {}}, {{3}, {}}, rule};
}

// How the streams begin, and how they end as one.
struct HyperStreams {
  Weight<Stream, Joined<Stream, Channel>> mix;
  Weight<Stream> base;
  Weight<One> scale;
  MixingRule rule;

  View<float, Token, Stream, Channel> begin(const auto& ctx, View<float, Token, Channel> embedded) const {
    return repeat_streams(ctx, read_only(embedded), rule.streams);
  }
  View<float, Token, Channel> end(const auto& ctx, View<float, Token, Stream, Channel> streams) const {
    auto p = of_streams(ctx, mix, streams, rule.norm_epsilon);                  // (Token, Stream)
    const auto offset = values_of(ctx, base);                                   // (Stream)
    const auto factors = values_of(ctx, scale);                                 // (One)
    for_rows(ctx.backend, extent<Token>(p), 20 * rule.streams, [&](int first, int last) {
      const float factor = factors[0];
      for (int t = first; t < last; ++t)
        for (int j = 0; j < rule.streams; ++j) p[t][j] = sigmoid(fma(p[t][j], factor, offset[j])) + rule.epsilon;
    });
    return collapse_streams(ctx, read_only(streams), read_only(p));
  }
  void each_part(auto&& part) {
    part("mix", mix);
    part("base", base);
    part("scale", scale);
  }
};

inline HyperStreams hyper_streams_of(int channels, const MixingRule& rule) {
  return {{{rule.streams, rule.streams * channels}, {}}, {{rule.streams}, {}}, {{1}, {}}, rule};
}

}  // namespace etalon
