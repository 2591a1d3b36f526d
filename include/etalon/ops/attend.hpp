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

// q (Token, Head, Dim), keys (Position, KvHead, Dim), values (Position, KvHead, Value) -> out (Token, Head, Value).
template <class Dim, class Value>
void attend(const auto& ctx, View<const float, Token, Head, Dim> q, View<const float, Position, KvHead, Dim> keys,
            View<const float, Position, KvHead, Value> values, const AttendOptions& options,
            View<float, Token, Head, Value> out) {
  const int heads = extent<Head>(q), shared = heads / extent<KvHead>(keys), dim = extent<Dim>(q);
  const int width = extent<Value>(values);
  const float scale = static_cast<float>(options.scale * log2_e);
  const std::int64_t work = std::int64_t{extent<Position>(keys)} * (dim + width);
  for_rows(ctx.backend, extent<Token>(q) * heads, work, [&](int begin_row, int end_row) {
    std::vector<float> query(static_cast<std::size_t>(dim));
    for (int row = begin_row; row < end_row; ++row) {
      const int t = row / heads, h = row % heads, kv = h / shared, last = options.start + t;
      for (int i = 0; i < dim; ++i) query[i] = q[t][h][i] * scale;
      Attending a{query.data(), {}, out[t][h].data};
      begin(a, width, options.sinks.data ? &options.sinks[h] : nullptr);
      attend_range(a, {keys[0][kv].data, keys.stride(), dim, options.first_key},
                   {values[0][kv].data, values.stride(), width, options.first_key},
                   options.window > 0 && last >= options.window ? last - options.window + 1 : 0, last);
      finish(a, width);
    }
  });
}

}  // namespace etalon
