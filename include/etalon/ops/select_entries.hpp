#pragma once
// Which compressed entries a query sees: all that are complete, or the k of them that an indexer scores highest.
//
//   score(t, w) = sum_h weight[t][h] relu(q[t][h] . key[w])        DeepSeek-AI 2025 (V3.2), eq. 1; DeepSeek-V4
//   query at position p sees entries w < (p + 1) / rate;  of these the first k by (score descending, w ascending)
//
// The choice is a set of entries for each token, one bit an entry, in the blocks in which attention takes them.
#include <algorithm>
#include <numeric>
#include <vector>

#include <etalon/context.hpp>
#include <etalon/math/softmax.hpp>
#include <etalon/math/top_k.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

// For each token, a set of entries.
struct EntrySets {
  int blocks = 0;                 // of 32 entries
  std::vector<KeySet> sets;       // (Token, Block)

  EntrySets(int tokens, int entries)
      : blocks((entries + dot_block - 1) / dot_block),
        sets(static_cast<std::size_t>(tokens) * static_cast<std::size_t>(blocks)) {}

  KeySet* row(int t) { return sets.data() + static_cast<std::size_t>(t) * blocks; }
  const KeySet* row(int t) const { return sets.data() + static_cast<std::size_t>(t) * blocks; }
  void add(int t, int entry) { row(t)[entry / dot_block] |= KeySet{1} << (entry % dot_block); }
};

// How many entries are complete when the token at this position has been seen, itself included.
inline int entries_at(int position, int rate) { return (position + 1) / rate; }

// Every entry that is complete: tokens at positions start … start + tokens - 1, `entries` of them in all.
inline EntrySets all_entries(int tokens, int start, int rate, int entries) {
  EntrySets sets(tokens, entries);
  for (int t = 0; t < tokens; ++t)
    for (int w = 0; w < entries_at(start + t, rate); ++w) sets.add(t, w);
  return sets;
}

// What an indexer asks with. queries (Token, IndexHead, IndexDim), weights (Token, IndexHead)
struct IndexQueries {
  View<const float, Token, IndexHead, IndexDim> queries;
  View<const float, Token, IndexHead> weights;
};

// Scores of the first `count` entries for one token. terms: room for a number a head.
inline void score_entries(const IndexQueries& asked, int t, View<const float, Entry, IndexDim> keys, int count,
                          float* terms, float* scores) {
  const int heads = extent<IndexHead>(asked.weights), dim = extent<IndexDim>(keys);
  for (int w = 0; w < count; ++w) {
    for (int h = 0; h < heads; ++h) {
      const float match = dot(asked.queries[t][h].data, keys[w].data, dim);
      terms[h] = match > 0.0f ? match : 0.0f;
    }
    scores[w] = dot(asked.weights[t].data, terms, heads);
  }
}

// The k best of the complete entries, for tokens at positions start, start + 1, …. keys (Entry, IndexDim).
inline EntrySets best_entries(const auto& ctx, const IndexQueries& asked, View<const float, Entry, IndexDim> keys,
                              int start, int rate, int k) {
  const int tokens = extent<Token>(asked.weights), entries = extent<Entry>(keys);
  EntrySets sets(tokens, entries);
  const std::int64_t work = std::int64_t{entries} * static_cast<std::int64_t>(asked.queries.stride());
  for_rows(ctx.backend, tokens, work, [&](int first, int last) {
    std::vector<float> terms(static_cast<std::size_t>(extent<IndexHead>(asked.weights)));
    std::vector<float> scores(static_cast<std::size_t>(entries));
    std::vector<int> order(static_cast<std::size_t>(entries));
    for (int t = first; t < last; ++t) {
      const int seen = entries_at(start + t, rate), kept = seen < k ? seen : k;
      if (kept < seen) score_entries(asked, t, keys, seen, terms.data(), scores.data());
      std::iota(order.begin(), order.begin() + seen, 0);
      if (kept < seen)
        std::nth_element(order.begin(), order.begin() + kept, order.begin() + seen,
                         [&](int a, int b) { return ranks_before(scores[a], a, scores[b], b); });
      for (int i = 0; i < kept; ++i) sets.add(t, order[i]);
    }
  });
  return sets;
}

}  // namespace etalon
