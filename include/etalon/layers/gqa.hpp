#pragma once
// Grouped-query attention: several query heads share one key and one value head.
//
//   q = W_q x, k = W_k x, v = W_v x;  q, k = rope(q, k);  out = W_o attention(q, k, v)
//
// Ainslie et al. 2023. Options of families, each absent unless the family has it: biases; a norm of each query and key
// head before the rotation; a sliding window; sinks; an output gate, o ⊙ sigmoid(gate), whose gate stands beside each
// query head in W_q's output.
#include <optional>

#include <etalon/layers/key_value_state.hpp>
#include <etalon/ops/attend.hpp>
#include <etalon/ops/columns.hpp>
#include <etalon/ops/elementwise.hpp>
#include <etalon/ops/linear_each.hpp>
#include <etalon/ops/rms_norm.hpp>
#include <etalon/ops/rope_frequencies.hpp>
#include <etalon/step.hpp>

namespace etalon {

struct GqaSizes { int heads, kv_heads, head_dim; };

struct Gqa {
  using State = KeyValueState;

  GqaSizes sizes;
  Linear<Joined<Head, HeadDim>, Channel> q;
  Linear<Joined<KvHead, HeadDim>, Channel> k, v;
  Linear<Channel, Joined<Head, HeadDim>> out;
  Rope rotary;                                          // of the first channels of each head
  int window = 0;                                       // 0: all positions
  RmsNorm<HeadDim> q_norm{}, k_norm{};                  // of each head
  Weight<Head> sinks{};
  bool gated = false;                                   // W_q gives [q | gate] in each head

  State new_state() const {
    const int width = sizes.kv_heads * sizes.head_dim;
    return {{width, window, 0, {}}, {width, window, 0, {}}};
  }

  // x (Token, Channel) -> the same shape; appends the step's positions to each segment's state.
  View<float, Token, Channel> operator()(const auto& ctx, const Step& step, auto&& state,
                                         View<const float, Token, Channel> x) const {
    const auto [flat_q, flat_k, flat_v] = linear_each(ctx, x, q, k, v);
    auto both = split(flat_q, sizes.heads);                                     // (Token, Head, HeadDim), or twice that
    auto queries = gated ? columns<HeadDim>(ctx, both, 0, sizes.head_dim) : both;
    auto keys = split(flat_k, sizes.kv_heads);                                  // (Token, KvHead, HeadDim)
    auto values = split(flat_v, sizes.kv_heads);                                // (Token, KvHead, HeadDim)
    if (q_norm) queries = rms_norm(ctx, q_norm, queries);
    if (k_norm) keys = rms_norm(ctx, k_norm, keys);
    rope(ctx, rotary, queries, 0, step.positions);
    rope(ctx, rotary, keys, 0, step.positions);
    ctx.show("attn.q", queries);
    ctx.show("attn.k", keys);
    ctx.show("attn.v", values);
    auto mixed = ctx.template make<float, Token, Head, HeadDim>(extent<Token>(x), sizes.heads, sizes.head_dim);
    for (std::size_t s = 0; s < step.segments.size(); ++s)
      attend_segment(ctx, step.segments[s], state(s), queries, {keys, values}, mixed);
    if (gated) gate(ctx, mixed, columns<HeadDim>(ctx, both, sizes.head_dim, sizes.head_dim));
    return linear(ctx, out, join(mixed));                                       // (Token, Channel)
  }

  struct KeysAndValues { View<const float, Token, KvHead, HeadDim> keys, values; };

  // Appends one segment's keys and values to its state and lets its queries attend.
  void attend_segment(const auto& ctx, const Segment& segment, State& state,
                      View<const float, Token, Head, HeadDim> queries, const KeysAndValues& own,
                      View<float, Token, Head, HeadDim> mixed) const {
    state.keys.append(ctx.backend, own.keys.rows(segment.first, segment.count).data, segment.count);
    state.values.append(ctx.backend, own.values.rows(segment.first, segment.count).data, segment.count);
    AttendOptions options{1.0 / std::sqrt(static_cast<double>(sizes.head_dim)), segment.start, window,
                          state.keys.first};
    if (sinks) options.sinks = values_of(ctx, sinks);
    using Rows = View<const float, Position, KvHead, HeadDim>;
    attend(ctx, queries.rows(segment.first, segment.count),
           Rows{state.keys.data(), {state.keys.count(), sizes.kv_heads, sizes.head_dim}},
           Rows{state.values.data(), {state.values.count(), sizes.kv_heads, sizes.head_dim}}, options,
           mixed.rows(segment.first, segment.count));
    state.drop_unseen();
  }

  void each_part(auto&& part) {
    part("q", q);
    part("k", k);
    part("v", v);
    part("out", out);
    part("q_norm", q_norm);
    part("k_norm", k_norm);
    part("sinks", sinks);
  }
};

}  // namespace etalon
