#pragma once
// The indexer: a small attention without values that decides which entries the real one may see.
//
//   q = rope(W_q c),  weight = W_w x / sqrt(heads dim),  keys: a compressor of their own
//   score(t, w) = sum_h weight[t][h] relu(q[t][h] . key[w]);  the k best entries of each token (ops/select_entries.hpp)
//
// DeepSeek-AI 2025 (DeepSeek-V3.2, "lightning indexer"); over compressed entries: DeepSeek-V4. Everything that is
// compared is computed in mode F whatever the context's mode: a rounding here would flip choices. Left out: the
// Hadamard rotation and the 4-bit rounding of q and keys with which the vendor's kernels score.
#include <cmath>

#include <etalon/layers/compressor.hpp>
#include <etalon/ops/select_entries.hpp>

namespace etalon {

struct Indexer {
  int heads, chosen;
  Linear<Joined<IndexHead, IndexDim>, QueryLatent> query;
  Linear<IndexHead, Channel> weight;
  Compressor<IndexDim> keys;

  // x (Token, Channel), latent (Token, QueryLatent): what the queries are made of.
  IndexQueries ask(const auto& ctx, const Step& step, View<const float, Token, Channel> x,
                   View<const float, Token, QueryLatent> latent) const {
    auto queries = split(multiply(ctx, query.weight, latent, Numerics::f32), heads);   // (Token, IndexHead, IndexDim)
    const int dim = extent<IndexDim>(queries), turned = 2 * static_cast<int>(keys.rotary.frequencies.size());
    rope(ctx, keys.rotary, queries, dim - turned, step.positions);
    auto weights = multiply(ctx, weight.weight, x, Numerics::f32);              // (Token, IndexHead)
    const float scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(heads) * dim));
    for_rows(ctx.backend, extent<Token>(x), heads, [&](int first, int last) {
      for (int t = first; t < last; ++t)
        for (int h = 0; h < heads; ++h) weights[t][h] = weights[t][h] * scale;
    });
    return {queries, weights};
  }

  // The entries that each token of the segment may see.
  EntrySets choose(const auto& ctx, const Segment& segment, const IndexQueries& asked,
                   const CompressorState& state) const {
    const View<const float, Entry, IndexDim> entries{state.entries.data(), {state.count(), state.sizes.width}};
    const IndexQueries own{asked.queries.rows(segment.first, segment.count),
                           asked.weights.rows(segment.first, segment.count)};
    return best_entries(ctx, own, entries, segment.start, state.sizes.rate, chosen);
  }

  void each_part(auto&& part) {
    part("query", query);
    part("weight", weight);
    part("keys", keys);
  }
};

}  // namespace etalon
