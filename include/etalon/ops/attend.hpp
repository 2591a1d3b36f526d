#pragma once
// Attention: each query mixes the values of the positions it may see, weighted by how its key matches.
//
//   o = sum_j p_j v_j / sum_j p_j,  p_j = 2^(q' . k_j),  q' = q * (scale * log2 e)        Vaswani et al. 2017, eq. 1
//   window: only the last W positions, the query's own included           Beltagy et al. 2020; Jiang et al. 2023
//   sink: one more score per head, without a value, that takes its share  Xiao et al. 2023; gpt-oss
//
// Keys are taken in blocks of 32 aligned to position 0, with the power-of-two softmax of math/softmax.hpp; within a
// block a value's sum is an even and an odd chain, as in a dot. So the result does not depend on how many queries are
// computed together, nor on how far back the keys at hand reach (docs/arithmetic.md, R5). Query heads share key/value
// heads in equal runs (grouped queries: Ainslie et al. 2023).
#include <bit>
#include <vector>

#include <etalon/context.hpp>
#include <etalon/math/softmax.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

inline constexpr double log2_e = 1.4426950408889634;

struct AttendOptions {
  double scale = 1.0;   // of q . k, before the softmax
  int start = 0;        // position of the first query; query t sees positions up to start + t
  int window = 0;       // how many of them, the last ones; 0: all
  int first_key = 0;    // position of the first key at hand
  View<const float, Head> sinks{};   // a score per head, not scaled; empty: none
};

// One head's keys or values: row r is position first + r, rows lie `stride` numbers apart.
struct HeadRows {
  const float* data;
  std::size_t stride;
  int width, first = 0;

  const float* at(int position) const { return data + static_cast<std::size_t>(position - first) * stride; }
};

// A query's sum so far: softmax total and, in out, the weighted values.
struct Attending {
  const float* query;   // already scaled
  SoftmaxSum sum;
  float* out;           // as many numbers as a value has
};

inline void begin(Attending& a, int width, const float* sink) {
  a.sum = sink ? softmax_of_one(static_cast<float>(static_cast<double>(*sink) * log2_e)) : SoftmaxSum{};
  for (int c = 0; c < width; ++c) a.out[c] = 0.0f;
}

// out = combine(out, sum_j p[j] value[block + j]) in every channel, over first <= j < last.
inline void mix_block(const float* p, const HeadRows& values, int block, int first, int last, const Rescale& factor,
                      float* out) {
  for (int c = 0; c < values.width; ++c) {
    float chain[2] = {0.0f, 0.0f};   // even and odd j
    for (int j = first; j < last; ++j) chain[j % 2] = fma(p[j], values.at(block + j)[c], chain[j % 2]);
    out[c] = combine(factor, out[c], chain[0] + chain[1]);
  }
}

// Takes in the positions block + j for every j of the set, which is not empty.
inline void attend_block(Attending& a, const HeadRows& keys, const HeadRows& values, int block, KeySet set) {
  const int from = std::countr_zero(set), to = dot_block - std::countl_zero(set);
  float t[dot_block];
  for (int j = from; j < to; ++j)
    if (holds(set, j)) t[j] = dot(a.query, keys.at(block + j), keys.width);
  const SoftmaxSum sum = softmax_block(t, to, set);
  const Rescale factor = rescale(a.sum, sum);
  mix_block(t, values, block, from, to, factor, a.out);
  a.sum = {factor.shift, combine(factor, a.sum.total, sum.total)};
}

// Takes in positions first … last of these keys, block by block.
inline void attend_range(Attending& a, const HeadRows& keys, const HeadRows& values, int first, int last) {
  for (int block = first / dot_block * dot_block; block <= last; block += dot_block) {
    const int from = first > block ? first - block : 0;
    const int to = last + 1 - block < dot_block ? last + 1 - block : dot_block;
    attend_block(a, keys, values, block, keys_between(from, to));
  }
}

// Takes in a selection of positions: sets[b] are those of block b. A block without any is passed over.
inline void attend_selected(Attending& a, const HeadRows& keys, const HeadRows& values, const KeySet* sets,
                            int blocks) {
  for (int b = 0; b < blocks; ++b)
    if (sets[b] != 0) attend_block(a, keys, values, b * dot_block, sets[b]);
}

inline void finish(Attending& a, int width) {
  for (int c = 0; c < width; ++c) a.out[c] = divide(a.out[c], a.sum.total);
}

// The numbers of one call, below the axes' names: attend_rows is compiled once for a backend.
struct AttendRows {
  const float *queries, *keys, *values;    // (token, head, dim), (position, kv head, dim), (position, kv head, width)
  float* out;                              // (token, head, width)
  int tokens, heads, kv_heads, dim, width;
  std::size_t key_stride, value_stride;    // from one position to the next
  AttendOptions options{};

  int shared() const { return heads / kv_heads; }   // query heads to a key/value head
  HeadRows keys_of(int kv) const { return {keys + kv * dim, key_stride, dim, options.first_key}; }
  HeadRows values_of(int kv) const { return {values + kv * width, value_stride, width, options.first_key}; }

  // The positions that query t sees: first … last.
  struct Seen { int first, last; };
  Seen seen_by(int t) const {
    const int last = options.start + t;
    return {options.window > 0 && last >= options.window ? last - options.window + 1 : 0, last};
  }
  // Operations of one query, at most.
  std::int64_t work() const {
    const int seen = options.start + tokens;
    return std::int64_t{options.window > 0 && options.window < seen ? options.window : seen} * (dim + width);
  }
};

template <class Backend> void attend_rows(const Backend& backend, const AttendRows& a) {
  const AttendOptions& options = a.options;
  const int heads = a.heads, shared = a.shared();
  const float scale = static_cast<float>(options.scale * log2_e);
  for_rows(backend, a.tokens * heads, a.work(), [&](int begin_row, int end_row) {
    std::vector<float> query(static_cast<std::size_t>(a.dim));
    for (int row = begin_row; row < end_row; ++row) {
      const int t = row / heads, h = row % heads, kv = h / shared;
      const float* q = a.queries + static_cast<std::size_t>(row) * query.size();
      for (int i = 0; i < a.dim; ++i) query[i] = q[i] * scale;
      Attending sum{query.data(), {}, a.out + static_cast<std::size_t>(row) * a.width};
      begin(sum, a.width, options.sinks.data ? &options.sinks[h] : nullptr);
      attend_range(sum, a.keys_of(kv), a.values_of(kv), a.seen_by(t).first, a.seen_by(t).last);
      finish(sum, a.width);
    }
  });
}

// q (Token, Head, Dim), keys (Position, KvHead, Dim), values (Position, KvHead, Value) -> out (Token, Head, Value).
template <class Dim, class Value>
void attend(const auto& ctx, View<const float, Token, Head, Dim> q, View<const float, Position, KvHead, Dim> keys,
            View<const float, Position, KvHead, Value> values, const AttendOptions& options,
            View<float, Token, Head, Value> out) {
  attend_rows(ctx.backend, AttendRows{q.data, keys.data, values.data, out.data, extent<Token>(q), extent<Head>(q),
                                      extent<KvHead>(keys), extent<Dim>(q), extent<Value>(values), keys.stride(),
                                      values.stride(), options});
}

// The same where all heads share one key in each position, whose first channels are also its value.
// q (Token, Head, Dim), keys (Position, Dim) -> out (Token, Head, Value).
template <class Dim, class Value>
void attend_prefix(const auto& ctx, View<const float, Token, Head, Dim> q, View<const float, Position, Dim> keys,
                   const AttendOptions& options, View<float, Token, Head, Value> out) {
  attend_rows(ctx.backend, AttendRows{q.data, keys.data, keys.data, out.data, extent<Token>(q), extent<Head>(q), 1,
                                      extent<Dim>(q), extent<Value>(out), keys.stride(), keys.stride(), options});
}

}  // namespace etalon
