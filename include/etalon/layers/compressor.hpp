#pragma once
// A compressor: every `rate` tokens become one entry, a weighted mean of what they give, channel by channel.
//
//   v_s = W_v x_s,  z_s = W_z x_s + bias[s mod rate]
//   e_w = rope(norm(sum_s softmax_s(z_s) v_s), rate w)            over the tokens s of group w, each channel for itself
//   overlapping: tokens give two series, [a | b]; entry w pools the a of group w - 1 and the b of group w
//
// DeepSeek-V4, "heavily compressed" (plain, rate 128) and "compressed sparse" attention (overlapping, rate 4). Linear
// layers here are in mode F whatever the context's mode, as published code keeps them in f32: an entry stands for many
// tokens, and an indexer's entries decide choices. The first group of an overlapping compressor pools its own b alone.
#include <vector>

#include <etalon/math/softmax.hpp>
#include <etalon/ops/linear.hpp>
#include <etalon/ops/rms_norm.hpp>
#include <etalon/ops/rope.hpp>
#include <etalon/step.hpp>

namespace etalon {

struct CompressorSizes {
  int rate = 1, width = 1;      // tokens a group, numbers an entry
  bool overlapping = false;

  int series() const { return overlapping ? 2 * width : width; }   // numbers a token gives
};

// Rows of values and of gates.
struct Given {
  std::vector<float> values, gates;

  void append(const float* value, const float* gate, int n) {
    values.insert(values.end(), value, value + n);
    gates.insert(gates.end(), gate, gate + n);
  }
};

// What one sequence keeps: its entries, the group in the making, and of the group before what the next entry needs.
struct CompressorState {
  CompressorSizes sizes;
  int length = 0;                // positions seen
  Kept entries;                  // (Entry, width)
  Given group;                   // of positions length - length % rate …, (Position, Series)
  Given before;                  // of the group before: (Slot, Series); empty where there is none, or no overlap

  int count() const { return static_cast<int>(entries.size()) / sizes.width; }
  void reserve(int positions) {
    entries.reserve(static_cast<std::size_t>(positions / sizes.rate) * static_cast<std::size_t>(sizes.width));
  }
  // Forgets positions of the group in the making; false where a group that is an entry by now would be needed again.
  bool truncate(int positions) {
    const int start = length - length % sizes.rate;
    if (positions < start || positions > length) return false;
    group.values.resize(static_cast<std::size_t>(positions - start) * static_cast<std::size_t>(sizes.series()));
    group.gates.resize(group.values.size());
    length = positions;
    return true;
  }
};

template <class Dim> struct Compressor {
  CompressorSizes sizes;
  Linear<Series, Channel> value, gate;
  Weight<Slot, Series> bias;      // of gates, by place in the group
  RmsNorm<Dim> norm;
  Rope rotary;                    // of the last channels

  CompressorState new_state() const { return {sizes, 0, {}, {}, {}}; }

  struct Projected { View<float, Token, Series> values, gates; };

  // What every token of the step gives. x (Token, Channel)
  Projected project(const auto& ctx, View<const float, Token, Channel> x) const {
    return {multiply(ctx, value.weight, x, Numerics::f32), multiply(ctx, gate.weight, x, Numerics::f32)};
  }

  // Takes one segment's rows into its state, and adds the entries they complete.
  void append(const auto& ctx, const Segment& segment, const Projected& given, CompressorState& state) const {
    const Arena::Scope scope(ctx.arena);
    const int count = (segment.start + segment.count) / sizes.rate - segment.start / sizes.rate;
    auto pooled = ctx.template make<float, Token, Dim>(count, sizes.width);     // (Token, Dim), one row an entry
    auto starts = ctx.template make<int, Token>(count);                         // (Token)
    for_rows(ctx.backend, 1, 0, [&](int, int) { fill(segment, given, state, pooled, starts); });
    auto entries = rms_norm(ctx, norm, pooled);                                 // (Token, Dim)
    const int turned = 2 * static_cast<int>(rotary.frequencies.size());
    const View<float, Token, One, Dim> rows{entries.data, {count, 1, sizes.width}};
    rope(ctx, rotary, rows, sizes.width - turned, starts);
    keep(ctx.backend, state.entries, entries.data, entries.size());
  }

  // Takes in one segment's rows one by one. pooled: what the groups they complete come to; starts: their positions.
  void fill(const Segment& segment, const Projected& given, CompressorState& state, View<float, Token, Dim> pooled,
            View<int, Token> starts) const {
    std::vector<float> added(static_cast<std::size_t>(sizes.series()));
    for (int i = 0, done = 0; i < segment.count; ++i) {
      read_row(bias.storage, state.length % sizes.rate, sizes.series(), added.data());
      const int row = segment.first + i;
      for (int c = 0; c < sizes.series(); ++c) added[c] = given.gates[row][c] + added[c];
      state.group.append(given.values[row].data, added.data(), sizes.series());
      if (++state.length % sizes.rate != 0) continue;
      pool(state, pooled[done].data);
      starts[done++] = state.length - sizes.rate;
    }
  }

  // The weighted mean of the complete group in the making, which it then clears. entry (Dim)
  void pool(CompressorState& state, float* entry) const {
    const int series = sizes.series(), own = series - sizes.width;
    const int before = static_cast<int>(state.before.values.size()) / series, slots = before + sizes.rate;
    std::vector<float> values(static_cast<std::size_t>(slots)), gates(values.size());
    for (int c = 0; c < sizes.width; ++c) {
      for (int s = 0; s < slots; ++s) {
        const Given& from = s < before ? state.before : state.group;
        const int at = s < before ? s * series + c : (s - before) * series + own + c;
        values[s] = from.values[at];
        gates[s] = from.gates[at];
      }
      softmax(gates.data(), slots);
      entry[c] = dot(gates.data(), values.data(), slots);
    }
    if (sizes.overlapping) state.before = std::move(state.group);
    state.group = {};
  }

  void each_part(auto&& part) {
    part("value", value);
    part("gate", gate);
    part("bias", bias);
    part("norm", norm);
  }
};

template <class Dim>
Compressor<Dim> compressor_of(const CompressorSizes& sizes, int channels, float epsilon, const Rope& rotary) {
  const auto projection = linear_of<Series, Channel>(sizes.series(), channels);
  return {sizes, projection, projection, {{sizes.rate, sizes.series()}, {}}, rms_norm_of<Dim>(sizes.width, epsilon),
          rotary};
}

}  // namespace etalon
