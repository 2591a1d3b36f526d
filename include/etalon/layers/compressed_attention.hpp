#pragma once
// Attention that sees the last positions as they are and all before them compressed: one key, which is also the value,
// for all heads.
//
//   c = norm(W_qd x);  q = rope(unit_norm(W_qu c)) in each head;  k = v = rope(norm(W_kv x))
//   o = attention(q; the last `window` positions, the entries of a compressor), one softmax over both, a sink per head
//   o = rope^-1(o), as the values carry a rotation;  out = W_o [W_1 o_1 | W_2 o_2 | …], o_g: the heads of group g
//
//   no compressor: the window alone       plain compressor: every entry       overlapping, with an indexer: its choice
//
// DeepSeek-V4 ("sliding", "heavily compressed" and "compressed sparse" attention). The rotation is of the last channels
// of each head. Left out: the 8-bit rounding of keys in the vendor's kernels.
#include <optional>

#include <etalon/layers/indexer.hpp>
#include <etalon/layers/key_value_state.hpp>
#include <etalon/ops/attend_entries.hpp>
#include <etalon/ops/grouped_linear.hpp>

namespace etalon {

// What one sequence keeps in one layer.
struct CompressedState {
  RowsState window;
  std::optional<CompressorState> entries, index;

  int length() const { return window.length(); }
  void reserve(int positions) {
    window.reserve(positions);
    if (entries) entries->reserve(positions);
    if (index) index->reserve(positions);
  }
  bool truncate(int positions) {
    const bool a = window.truncate(positions), b = !entries || entries->truncate(positions);
    const bool c = !index || index->truncate(positions);
    return a && b && c;
  }
};

struct CompressedAttentionSizes {
  int heads, head_dim, groups;   // groups: of heads, in the output
  int window;                    // positions seen as they are, the query's own included
  float epsilon;                 // of the queries' norm
};

struct CompressedAttention {
  using State = CompressedState;

  CompressedAttentionSizes sizes;
  Linear<QueryLatent, Channel> q_down;
  RmsNorm<QueryLatent> q_norm;
  Linear<Joined<Head, HeadDim>, QueryLatent> q_up;
  Linear<HeadDim, Channel> kv;
  RmsNorm<HeadDim> kv_norm;
  Weight<Head> sinks;
  Weight<Joined<Group, GroupLatent>, Joined<Head, HeadDim>> group_out;   // columns: the heads of one group
  Linear<Channel, Joined<Group, GroupLatent>> out;
  Rope rotary;                                          // of the last channels
  std::optional<Compressor<HeadDim>> compressor{};
  std::optional<Indexer> indexer{};

  State new_state() const {
    State state{{sizes.head_dim, sizes.window, 0, {}}, {}, {}};
    if (compressor) state.entries = compressor->new_state();
    if (indexer) state.index = indexer->keys.new_state();
    return state;
  }
  int first_turned() const { return sizes.head_dim - 2 * static_cast<int>(rotary.frequencies.size()); }

  // x (Token, Channel) -> the same shape; appends the step's positions to each segment's state.
  View<float, Token, Channel> operator()(const auto& ctx, const Step& step, auto&& state,
                                         View<const float, Token, Channel> x) const {
    auto latent = rms_norm(ctx, q_norm, linear(ctx, q_down, x));                // (Token, QueryLatent)
    auto heads = split(linear(ctx, q_up, latent), sizes.heads);                 // (Token, Head, HeadDim)
    auto q = unit_rms_norm(ctx, heads, sizes.epsilon);                          // (Token, Head, HeadDim)
    auto rows = rms_norm(ctx, kv_norm, linear(ctx, kv, x));                     // (Token, HeadDim)
    const View<float, Token, KvHead, HeadDim> keys{rows.data, {extent<Token>(x), 1, sizes.head_dim}};
    rope(ctx, rotary, q, first_turned(), step.positions);
    rope(ctx, rotary, keys, first_turned(), step.positions);
    ctx.show("attn.q", q);
    ctx.show("attn.k", keys);
    extend(ctx, step, state, x, rows);
    auto asked = indexer ? indexer->ask(ctx, step, x, latent) : IndexQueries{};
    auto mixed = ctx.template make<float, Token, Head, HeadDim>(extent<Token>(x), sizes.heads, sizes.head_dim);
    for (std::size_t s = 0; s < step.segments.size(); ++s)
      attend_segment(ctx, step.segments[s], state(s), asked, q, mixed);
    rope_back(ctx, rotary, mixed, first_turned(), step.positions);
    return linear(ctx, out, grouped_linear(ctx, group_out, join(mixed), sizes.groups));   // (Token, Channel)
  }

  // Appends each segment's keys, and what its tokens give to compressed entries, to its state.
  void extend(const auto& ctx, const Step& step, auto&& state, View<const float, Token, Channel> x,
              View<const float, Token, HeadDim> rows) const {
    const Arena::Scope scope(ctx.arena);
    using Projected = Compressor<HeadDim>::Projected;
    const auto given = compressor ? compressor->project(ctx, x) : Projected{};
    const auto index_given = indexer ? indexer->keys.project(ctx, x) : Compressor<IndexDim>::Projected{};
    for (std::size_t s = 0; s < step.segments.size(); ++s) {
      const Segment& segment = step.segments[s];
      State& own = state(s);
      own.window.append(ctx.backend, rows.rows(segment.first, segment.count).data, segment.count);
      if (compressor) compressor->append(ctx, segment, given, *own.entries);
      if (indexer) indexer->keys.append(ctx, segment, index_given, *own.index);
    }
  }

  // Lets one segment's queries attend to its state, then drops what no later query sees.
  void attend_segment(const auto& ctx, const Segment& segment, State& state, const IndexQueries& asked,
                      View<const float, Token, Head, HeadDim> q, View<float, Token, Head, HeadDim> mixed) const {
    const auto stride = static_cast<std::size_t>(sizes.head_dim);
    const HeadRows window{state.window.data(), stride, sizes.head_dim, state.window.first};
    const HeadRows entries{state.entries ? state.entries->entries.data() : nullptr, stride, sizes.head_dim, 0};
    const int complete = compressor ? (segment.start + segment.count) / compressor->sizes.rate : 0;   // entries
    const EntrySets sets = indexer ? indexer->choose(ctx, segment, asked, *state.index)
        : compressor ? all_entries(segment.count, segment.start, compressor->sizes.rate, complete)
                     : EntrySets(segment.count, 0);
    const AttendOptions options{1.0 / std::sqrt(static_cast<double>(sizes.head_dim)), segment.start, sizes.window,
                                state.window.first, values_of(ctx, sinks)};
    attend_entries(ctx, q.rows(segment.first, segment.count), {window, entries, sets}, options,
                   mixed.rows(segment.first, segment.count));
    state.window.drop_unseen();
  }

  void each_part(auto&& part) {
    part("q_down", q_down);
    part("q_norm", q_norm);
    part("q_up", q_up);
    part("kv", kv);
    part("kv_norm", kv_norm);
    part("sinks", sinks);
    part("group_out", group_out);
    part("out", out);
    if (compressor) part("compressor", *compressor);
    if (indexer) part("indexer", *indexer);
  }
};

}  // namespace etalon
