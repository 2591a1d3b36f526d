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
#include <etalon/ops/transposed.hpp>

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
    auto in_latent = absorb_query(ctx, q);                                      // (Token, Head, Concat<KvLatent, …>)
    const MlaSizes& size = parts.sizes;
    auto latent = ctx.template make<float, Token, Head, KvLatent>(extent<Token>(x), size.heads, size.latent);
    for (std::size_t s = 0; s < step.segments.size(); ++s) {
      const Segment& segment = step.segments[s];
      state(s).append(ctx.backend, compressed.rows(segment.first, segment.count));
      attend_prefix(ctx, read_only(in_latent.rows(segment.first, segment.count)),
                    state(s).rows(0, segment.start + segment.count), {parts.scale, segment.start},
                    latent.rows(segment.first, segment.count));
    }
    return linear(ctx, parts.out, join(expand_values(ctx, latent)));            // (Token, Channel)
  }

  static float entering(const auto& ctx, float x) {
    return ctx.numerics == Numerics::f32 ? x : round_activation(x);
  }

  // Decodes `count` rows of a head's part of W_kv_up, from its row `first` on, to (row, latent).
  void read_head(int head, int first, int count, float* rows) const {
    const MlaSizes& size = parts.sizes;
    const int above = head * (size.nope + size.value) + first;
    for (int i = 0; i < count; ++i, rows += size.latent)
      read_row(parts.kv_up.weight.storage, above + i, size.latent, rows);
  }

  // (W_k^T q_n | q_r) in each head. -> (Token, Head, Concat<KvLatent, RopeDim>)
  View<float, Token, Head, CompressedKv> absorb_query(const auto& ctx,
                                                      View<const float, Token, Head, HeadDim> q) const {
    const MlaSizes& size = parts.sizes;
    const int tokens = extent<Token>(q);
    auto carried = ctx.template make<float, Token, Head, CompressedKv>(tokens, size.heads, size.latent + size.rope);
    for_rows(ctx.backend, size.heads, std::int64_t{tokens + 1} * size.nope * size.latent, [&](int first, int last) {
      std::vector<float> query(static_cast<std::size_t>(size.nope));
      std::vector<float> keys(query.size() * static_cast<std::size_t>(size.latent));   // W_k of one head
      for (int h = first; h < last; ++h) {
        read_head(h, 0, size.nope, keys.data());
        for (int t = 0; t < tokens; ++t) {
          for (int i = 0; i < size.nope; ++i) query[i] = entering(ctx, q[t][h][i]);
          multiply_transposed(ctx.backend, {keys.data(), query.data(), carried[t][h].data, size.nope, size.latent});
          for (int i = 0; i < size.rope; ++i) carried[t][h][size.latent + i] = q[t][h][size.nope + i];
        }
      }
    });
    return carried;
  }

  // W_v times the mixed latent of each head. -> (Token, Head, ValueDim)
  View<float, Token, Head, ValueDim> expand_values(const auto& ctx, View<float, Token, Head, KvLatent> latent) const {
    const MlaSizes& size = parts.sizes;
    const int tokens = extent<Token>(latent);
    auto values = ctx.template make<float, Token, Head, ValueDim>(tokens, size.heads, size.value);
    for_rows(ctx.backend, size.heads, std::int64_t{tokens + 1} * size.value * size.latent, [&](int first, int last) {
      std::vector<float> rows(static_cast<std::size_t>(size.value) * static_cast<std::size_t>(size.latent));   // W_v
      for (int h = first; h < last; ++h) {
        read_head(h, size.nope, size.value, rows.data());
        for (int t = 0; t < tokens; ++t) {
          for (int l = 0; l < size.latent; ++l) latent[t][h][l] = entering(ctx, latent[t][h][l]);
          multiply_head(ctx.backend, rows.data(), latent[t][h], values[t][h]);
        }
      }
    });
    return values;
  }

  // values = rows . latent, on this thread: threads share out heads.
  template <class Backend>
  static void multiply_head(const Backend& backend, const float* rows, View<const float, KvLatent> latent,
                            View<float, ValueDim> values) {
    Backend alone = backend;
    if constexpr (requires { alone.pool; }) alone.pool = nullptr;
    const int columns = extent<KvLatent>(latent);
    multiply_floats(alone, Plain<F32>{reinterpret_cast<const std::byte*>(rows), columns, 1},
                    Product{latent.data, values.data, 1, columns, extent<ValueDim>(values)});
  }

  void each_part(auto&& part) { parts.each_part(part); }
};

// Either form, for programs that choose when they open a model.
using EitherMla = OneOfMixers<Mla, AbsorbedMla>;

inline void absorb(EitherMla& attention) {
  if (const Mla* expanded = std::get_if<Mla>(&attention.kind)) attention.kind = AbsorbedMla{Mla(*expanded)};
}

}  // namespace etalon
