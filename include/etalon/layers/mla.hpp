#pragma once
// Multi-head latent attention: keys and values of all heads are expanded from one small latent per position.
//
//   [c | k_r] = W_kv_down x;  c = norm(c);  k_r = rope(k_r)                   the cache keeps c and k_r, nothing else
//   [k_n | v] = W_kv_up c  in each head;    k = [k_n | k_r], k_r shared by all heads
//   q = W_q_up norm(W_q_down x), or W_q x;  q = [q_n | rope(q_r)]
//   attention with scale (d_nope + d_rope)^(-1/2) m^2, m from YaRN (math of ops/attend.hpp); out = W_o o
//
// DeepSeek-AI 2024 (DeepSeek-V2), section 2.1, eq. 9-19. This is the expanded form: plain, and the definition. It
// builds the keys and values of all cached positions; those of a short sequence are remembered from step to step,
// those of a long one rebuilt in every step, a piece of them at a time. The absorbed form, which never builds them, is
// layers/absorbed_mla.hpp.
#include <algorithm>
#include <limits>

#include <etalon/layers/one_of.hpp>
#include <etalon/ops/attend_pieces.hpp>
#include <etalon/ops/columns.hpp>
#include <etalon/ops/linear.hpp>
#include <etalon/ops/rms_norm.hpp>
#include <etalon/ops/rope_frequencies.hpp>
#include <etalon/step.hpp>

namespace etalon {

using CompressedKv = Concat<KvLatent, RopeDim>;

// Keys and values of all heads, of the first positions.
struct ExpandedRows {
  int count = 0;
  Kept keys, values;   // (Position, Head, HeadDim), (Position, Head, ValueDim)

  void reserve(int positions, int key_width, int value_width) {
    keys.reserve(static_cast<std::size_t>(positions) * static_cast<std::size_t>(key_width));
    values.reserve(static_cast<std::size_t>(positions) * static_cast<std::size_t>(value_width));
  }
  void truncate(int positions) {
    if (positions >= count) return;
    keys.resize(keys.size() / static_cast<std::size_t>(count) * static_cast<std::size_t>(positions));
    values.resize(values.size() / static_cast<std::size_t>(count) * static_cast<std::size_t>(positions));
    count = positions;
  }
};

// What one sequence keeps in one layer: for each position its latent and its rotated key part, nothing per head.
struct LatentState {
  int width = 0;                  // kv_lora_rank + qk_rope_head_dim numbers a position
  Kept entries;                   // (Position, Concat<KvLatent, RopeDim>)
  ExpandedRows expanded{};        // follows from the entries: may be dropped at any time
  int expected = 0;               // positions that room was asked for

  int length() const { return width == 0 ? 0 : static_cast<int>(entries.size() / static_cast<std::size_t>(width)); }
  void reserve(int positions) {
    expected = positions;
    entries.reserve(static_cast<std::size_t>(positions) * static_cast<std::size_t>(width));
  }
  // Forgets all positions from `positions` on.
  bool truncate(int positions) {
    entries.resize(static_cast<std::size_t>(positions) * static_cast<std::size_t>(width));
    expanded.truncate(positions);
    return true;
  }
  void append(const auto& backend, View<const float, Token, CompressedKv> rows) {
    keep(backend, entries, rows.data, rows.size());
  }
  // Positions first … first + count - 1.
  View<const float, Position, CompressedKv> rows(int first, int count) const {
    return {entries.data() + static_cast<std::size_t>(first) * static_cast<std::size_t>(width), {count, width}};
  }
};

// q = W_up norm(W_down x)
struct LowRankQuery {
  Linear<QueryLatent, Channel> down;
  RmsNorm<QueryLatent> norm;
  Linear<Joined<Head, HeadDim>, QueryLatent> up;

  View<float, Token, Joined<Head, HeadDim>> operator()(const auto& ctx, View<const float, Token, Channel> x) const {
    return linear(ctx, up, rms_norm(ctx, norm, linear(ctx, down, x)));
  }
  void each_part(auto&& part) {
    part("q_down", down);
    part("q_norm", norm);
    part("q_up", up);
  }
};

// q = W x
struct DirectQuery {
  Linear<Joined<Head, HeadDim>, Channel> q;

  View<float, Token, Joined<Head, HeadDim>> operator()(const auto& ctx, View<const float, Token, Channel> x) const {
    return linear(ctx, q, x);
  }
  void each_part(auto&& part) { part("q", q); }
};

struct MlaSizes { int heads, nope, rope, value, latent; };

// Of q . k: 1 / sqrt(d_nope + d_rope), times the square of yarn's magnitude where mscale_all_dim asks for it.
inline double mla_scale(const MlaSizes& sizes, const RopeScaling& scaling) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(sizes.nope + sizes.rope));
  const double all = scaling.mscale_all_dim.value_or(0.0);
  if (scaling.kind == RopeKind::plain || all == 0.0) return scale;
  const double magnitude = yarn_magnitude(scaling.factor, all);
  return scale * magnitude * magnitude;
}

struct Mla {
  using State = LatentState;

  MlaSizes sizes;
  OneOf<LowRankQuery, DirectQuery> query;
  Linear<CompressedKv, Channel> kv_down;
  RmsNorm<KvLatent> kv_norm;
  Linear<Joined<Head, Concat<NopeDim, ValueDim>>, KvLatent> kv_up;
  Linear<Channel, Joined<Head, ValueDim>> out;
  Rope rotary;
  double scale = 1.0;   // of q . k
  std::int64_t remembered_bytes = std::int64_t{16} << 20;   // of a sequence's keys and values, at most
  static constexpr int piece = 256;   // positions whose keys and values are built at a time

  State new_state() const { return {sizes.latent + sizes.rope, {}}; }

  // x (Token, Channel) -> the same shape; appends the step's positions to each segment's state.
  View<float, Token, Channel> operator()(const auto& ctx, const Step& step, auto&& state,
                                         View<const float, Token, Channel> x) const {
    auto q = rotated_query(ctx, step, x);                                       // (Token, Head, HeadDim)
    auto compressed = compress(ctx, step, x);                                   // (Token, Concat<KvLatent, RopeDim>)
    auto mixed = ctx.template make<float, Token, Head, ValueDim>(extent<Token>(x), sizes.heads, sizes.value);
    ctx.show("attn.q", q);
    for (std::size_t s = 0; s < step.segments.size(); ++s) {
      const Segment& segment = step.segments[s];
      const Arena::Scope scope(ctx.arena);
      state(s).append(ctx.backend, compressed.rows(segment.first, segment.count));
      attend_segment(ctx, segment, state(s), q, mixed);
    }
    return linear(ctx, out, join(mixed));                                       // (Token, Channel)
  }

  // q with its rotary part turned. (Token, Head, HeadDim)
  View<float, Token, Head, HeadDim> rotated_query(const auto& ctx, const Step& step,
                                                  View<const float, Token, Channel> x) const {
    auto q = split(query(ctx, x), sizes.heads);                                 // (Token, Head, HeadDim)
    rope(ctx, rotary, q, sizes.nope, step.positions);
    return q;
  }

  // What the cache keeps of each token: its normed latent and its rotated key part, side by side.
  View<float, Token, CompressedKv> compress(const auto& ctx, const Step& step,
                                            View<const float, Token, Channel> x) const {
    auto both = linear(ctx, kv_down, x);                                        // (Token, Concat<KvLatent, RopeDim>)
    auto latent = rms_norm(ctx, kv_norm, columns<KvLatent>(ctx, both, 0, sizes.latent));   // (Token, KvLatent)
    auto key = columns<RopeDim>(ctx, both, sizes.latent, sizes.rope);           // (Token, RopeDim)
    rope(ctx, rotary, View<float, Token, KvHead, RopeDim>{key.data, {extent<Token>(x), 1, sizes.rope}}, 0,
         step.positions);
    return beside<CompressedKv>(ctx, read_only(latent), read_only(key));
  }

  struct KeysAndValues {
    View<const float, Position, KvHead, HeadDim> keys;
    View<const float, Position, KvHead, ValueDim> values;
  };

  // How many positions are remembered at most: all of a sequence's, or none.
  int remembered() const {
    const std::int64_t position = std::int64_t{4} * sizes.heads * (sizes.nope + sizes.rope + sizes.value);
    return static_cast<int>(std::min<std::int64_t>(remembered_bytes / position, std::numeric_limits<int>::max()));
  }

  // Lets one segment attend to every position of its sequence.
  void attend_segment(const auto& ctx, const Segment& segment, State& state,
                      View<const float, Token, Head, HeadDim> q, View<float, Token, Head, ValueDim> mixed) const {
    const int length = segment.start + segment.count;
    const AttendOptions options{scale, segment.start};
    const auto own_q = q.rows(segment.first, segment.count);                    // (Token, Head, HeadDim)
    const auto own_mixed = mixed.rows(segment.first, segment.count);            // (Token, Head, ValueDim)
    if (length <= remembered()) {
      const auto [keys, values] = remember(ctx, state, length);
      show(ctx, {keys.rows(segment.start, segment.count), values.rows(segment.start, segment.count)});
      return attend(ctx, own_q, keys, values, options, own_mixed);
    }
    state.expanded = {};
    if constexpr (std::decay_t<decltype(ctx)>::shows) {
      const Arena::Scope scope(ctx.arena);
      show(ctx, expand(ctx, state.rows(segment.start, segment.count)));
    }
    attend_pieces(ctx, own_q, options, length, piece,
                  [&](int first, int count) { return expand(ctx, state.rows(first, count)); }, own_mixed);
  }
  void show(const auto& ctx, const KeysAndValues& own) const {
    ctx.show("attn.k", renamed<Token, KvHead, HeadDim>(own.keys));
    ctx.show("attn.v", renamed<Token, KvHead, ValueDim>(own.values));
  }

  // Keys and values of the given positions.
  KeysAndValues expand(const auto& ctx, View<const float, Position, CompressedKv> entries) const {
    auto latent = columns<KvLatent>(ctx, entries, 0, sizes.latent);             // (Position, KvLatent)
    auto shared = columns<RopeDim>(ctx, entries, sizes.latent, sizes.rope);     // (Position, RopeDim)
    auto expanded = renamed<Position, Joined<KvHead, Concat<NopeDim, ValueDim>>>(linear(ctx, kv_up, latent));
    auto heads = split(expanded, sizes.heads);                                  // (Position, KvHead, Concat<…>)
    auto keys = beside_shared<HeadDim>(ctx, read_only(columns<NopeDim>(ctx, heads, 0, sizes.nope)), read_only(shared));
    auto values = columns<ValueDim>(ctx, heads, sizes.nope, sizes.value);       // (Position, KvHead, ValueDim)
    return {read_only(keys), read_only(values)};
  }

  // Those of all positions, of which only the new ones are computed.
  KeysAndValues remember(const auto& ctx, State& state, int length) const {
    ExpandedRows& known = state.expanded;
    known.reserve(std::min(remembered(), state.expected), sizes.heads * (sizes.nope + sizes.rope),
                  sizes.heads * sizes.value);
    for (; known.count < length; known.count += std::min(piece, length - known.count)) {
      const Arena::Scope scope(ctx.arena);
      const auto fresh = expand(ctx, state.rows(known.count, std::min(piece, length - known.count)));
      keep(ctx.backend, known.keys, fresh.keys.data, fresh.keys.size());
      keep(ctx.backend, known.values, fresh.values.data, fresh.values.size());
    }
    return {{known.keys.data(), {length, sizes.heads, sizes.nope + sizes.rope}},
            {known.values.data(), {length, sizes.heads, sizes.value}}};
  }

  void each_part(auto&& part) {
    query.each_part(part);
    part("kv_down", kv_down);
    part("kv_norm", kv_norm);
    part("kv_up", kv_up);
    part("out", out);
  }
};

}  // namespace etalon
