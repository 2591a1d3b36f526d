#pragma once
// Multi-head latent attention in absorbed form: queries are carried into the latent space and compared there, so keys
// and values are never built. The same function as layers/mla.hpp up to rounding, with other bits.
//
//   q . k = q_n . (W_k c) + q_r . k_r = (W_k^T q_n) . c + q_r . k_r
//   sum_j p_j v_j = W_v (sum_j p_j c_j)               W_kv_up = [W_k | W_v] in each head
//
// DeepSeek-AI 2024 (DeepSeek-V2), section 2.1.2. Per position and head it reads the latent (512 + 64 numbers in
// DeepSeek-V3) where the expanded form multiplies it by a 256 x 512 matrix; per query it multiplies twice. W_kv_up is
// decoded to f32 here, block scales included, in every mode; activations entering it are rounded in modes H and Q as
// mode H does.
#include <etalon/layers/mla.hpp>

namespace etalon {

struct AbsorbedMla {
  using State = LatentState;

  Mla parts;   // the same weights, bound under the same names

  State new_state() const { return parts.new_state(); }

  // x (Token, Channel) -> the same shape; appends the step's positions to each segment's state.
  View<float, Token, Channel> operator()(const auto& ctx, const Step& step, auto&& state,
                                         View<const float, Token, Channel> x) const {
    auto q = parts.rotated_query(ctx, step, x);                                 // (Token, Head, HeadDim)
    auto compressed = parts.compress(ctx, step, x);                             // (Token, Concat<KvLatent, RopeDim>)
    auto up = ctx.template make<float, Joined<Head, Concat<NopeDim, ValueDim>>, KvLatent>(
        parts.kv_up.weight.rows(), parts.sizes.latent);
    for (int n = 0; n < up.shape[0]; ++n) read_row(parts.kv_up.weight.storage, n, up.shape[1], up[n].data);
    auto in_latent = absorb_query(ctx, q, up);                                  // (Token, Head, Concat<KvLatent, …>)
    const MlaSizes& size = parts.sizes;
    auto latent = ctx.template make<float, Token, Head, KvLatent>(extent<Token>(x), size.heads, size.latent);
    for (std::size_t s = 0; s < step.segments.size(); ++s) {
      const Segment& segment = step.segments[s];
      const Arena::Scope scope(ctx.arena);
      state(s).append(compressed.rows(segment.first, segment.count));
      const View<const float, Position, CompressedKv> entries = state(s).view();
      auto values = columns<KvLatent>(ctx, entries, 0, size.latent);            // (Position, KvLatent)
      attend(ctx, read_only(in_latent.rows(segment.first, segment.count)),
             View<const float, Position, KvHead, CompressedKv>{entries.data, {state(s).length(), 1, entries.shape[1]}},
             View<const float, Position, KvHead, KvLatent>{values.data, {state(s).length(), 1, size.latent}},
             {parts.scale, segment.start}, latent.rows(segment.first, segment.count));
    }
    return linear(ctx, parts.out, join(expand_values(ctx, latent, up)));        // (Token, Channel)
  }

  using UpMatrix = View<float, Joined<Head, Concat<NopeDim, ValueDim>>, KvLatent>;

  static float entering(const auto& ctx, float x) {
    return ctx.numerics == Numerics::f32 ? x : round_activation(x);
  }

  // (W_k^T q_n | q_r) in each head. -> (Token, Head, Concat<KvLatent, RopeDim>)
  View<float, Token, Head, CompressedKv> absorb_query(const auto& ctx, View<const float, Token, Head, HeadDim> q,
                                                      UpMatrix up) const {
    const MlaSizes& size = parts.sizes;
    auto carried = ctx.template make<float, Token, Head, CompressedKv>(extent<Token>(q), size.heads,
                                                                       size.latent + size.rope);
    for_rows(ctx.backend, extent<Token>(q) * size.heads, size.nope * size.latent, [&](int first, int last) {
      std::vector<float> query(static_cast<std::size_t>(size.nope)), column(query.size());
      for (int row = first; row < last; ++row) {
        const int t = row / size.heads, h = row % size.heads;
        for (int i = 0; i < size.nope; ++i) query[i] = entering(ctx, q[t][h][i]);
        for (int l = 0; l < size.latent; ++l) {
          for (int i = 0; i < size.nope; ++i) column[i] = up[h * (size.nope + size.value) + i][l];
          carried[t][h][l] = dot(column.data(), query.data(), size.nope);
        }
        for (int i = 0; i < size.rope; ++i) carried[t][h][size.latent + i] = q[t][h][size.nope + i];
      }
    });
    return carried;
  }

  // W_v times the mixed latent of each head. -> (Token, Head, ValueDim)
  View<float, Token, Head, ValueDim> expand_values(const auto& ctx, View<float, Token, Head, KvLatent> latent,
                                                   UpMatrix up) const {
    const MlaSizes& size = parts.sizes;
    auto values = ctx.template make<float, Token, Head, ValueDim>(extent<Token>(latent), size.heads, size.value);
    for_rows(ctx.backend, extent<Token>(latent) * size.heads, size.value * size.latent, [&](int first, int last) {
      for (int row = first; row < last; ++row) {
        const int t = row / size.heads, h = row % size.heads;
        for (int l = 0; l < size.latent; ++l) latent[t][h][l] = entering(ctx, latent[t][h][l]);
        for (int i = 0; i < size.value; ++i)
          values[t][h][i] = dot(up[h * (size.nope + size.value) + size.nope + i].data, latent[t][h].data, size.latent);
      }
    });
    return values;
  }

  void each_part(auto&& part) { parts.each_part(part); }
};

}  // namespace etalon
