// Attention over one block of 32 keys for a tile of queries: attend_block of ops/attend.hpp, many queries at a time.
//
//   scores   t[j][q] = q . k_j in the order of a dot        lanes are queries, a key's number is spread; or, where
//                                                           queries are few, lanes are keys, a query's is spread
//   weights  p[j][q], softmax_block of math/softmax.hpp     lanes are queries
//   values   out[q][c] = combine(out, sum_j p[j][q] v_j[c])  lanes are channels, a weight is spread

// Registers: keys x 3 (two chains and the sum so far); queries x 2 vectors x 2 chains.
inline constexpr int keys_together = width == 16 ? 8 : 4, queries_together = width == 16 ? 6 : 3;

// The most queries whose scores are made with lanes for keys, which must be turned first.
inline constexpr int few_queries = width / 2;

// Asks for the share that step `step` of `steps` has in `count` numbers, of four pages or more, from several places at
// once or from one (KeyBlock::places).
[[gnu::always_inline]] inline void ask_for(const Ahead& ahead, int count, int places, int step, int steps) {
  const int part = count / places, share = part / steps, begin = ahead.first + step * share;
  if (places > 1) {
    for (int i = begin; i < begin + share; i += 16)
      for (int place = 0; place < places; ++place) __builtin_prefetch(ahead.numbers + place * part + i);
    return;
  }
  const float* run = ahead.numbers + begin / ahead.run * ahead.apart;
  for (int i = 0, at = begin % ahead.run; i < share; i += 16, at += 16) {
    if (at >= ahead.run) at -= ahead.run, run += ahead.apart;
    __builtin_prefetch(run + at);
  }
}

template <int Keys>
[[gnu::always_inline]] inline void add_channel(Floats (&chains)[Keys], const float* keys, std::ptrdiff_t stride,
                                               const float* queries) {
  Floats query, factor;
  load(query, queries);
#pragma GCC unroll 8
  for (int j = 0; j < Keys; ++j) {
    spread(factor, keys[j * stride]);
    multiply_add(chains[j], query, factor);
  }
}

// Scores of keys first … first + keys_together - 1 with one vector of queries, (dim, lane).
inline void score_keys(const KeyBlock& block, int first, const float* queries, int dim, float* scores,
                       std::ptrdiff_t score_stride, bool ask) {
  const std::ptrdiff_t stride = block.key_stride;
  const float* keys = block.keys + first * stride;
  Floats sum[keys_together] = {};
  for (int i = 0; i < dim; i += 32) {
    Floats even[keys_together] = {}, odd[keys_together] = {};
    const int step = (first * dim / keys_together + i) / 32;
    if (ask) ask_for(block.next_keys, 32 * dim, block.places, step, dim / keys_together);
    for (int k = i; k < i + 32; k += 2) {
      add_channel(even, keys + k, stride, queries + k * width);
      add_channel(odd, keys + k + 1, stride, queries + (k + 1) * width);
    }
#pragma GCC unroll 8
    for (int j = 0; j < keys_together; ++j) sum[j] = sum[j] + (even[j] + odd[j]);
  }
  for (int j = 0; j < keys_together; ++j) store(scores + (first + j) * score_stride, sum[j]);
}

// One vector of each of `width` keys from channel i on, times the same channels of the queries.
template <int Queries>
[[gnu::always_inline]] inline void add_keys(Floats (&even)[Queries], Floats (&odd)[Queries], const float* keys,
                                            std::ptrdiff_t stride, const float* queries) {
  Bits turned[width];
#pragma GCC unroll 16
  for (int j = 0; j < width; ++j) load(turned[j], keys + j * stride);
  transpose(turned);
#pragma GCC unroll 16
  for (int k = 0; k < width; ++k)
#pragma GCC unroll 8
    for (int q = 0; q < Queries; ++q) {
      Floats factor;
      spread(factor, queries[k * width + q]);
      multiply_add(k % 2 == 0 ? even[q] : odd[q], (Floats)turned[k], factor);
    }
}

// Scores of keys first … first + width - 1 with the first queries of a vector; the others' are 0.
template <int Queries>
inline void score_turned_keys(const KeyBlock& block, int first, const float* queries, int dim, float* scores,
                              std::ptrdiff_t score_stride, bool ask) {
  const float* keys = block.keys + first * block.key_stride;
  Floats sum[Queries] = {};
  for (int i = 0; i < dim; i += 32) {
    Floats even[Queries] = {}, odd[Queries] = {};
    if (ask) ask_for(block.next_keys, 32 * dim, block.places, (first * dim / width + i) / 32, dim / width);
    for (int k = i; k < i + 32; k += width)
      add_keys<Queries>(even, odd, keys + k, block.key_stride, queries + k * width);
#pragma GCC unroll 8
    for (int q = 0; q < Queries; ++q) sum[q] = sum[q] + (even[q] + odd[q]);
  }
  Bits turned[width] = {};
#pragma GCC unroll 8
  for (int q = 0; q < Queries; ++q) turned[q] = (Bits)sum[q];
  transpose(turned);
#pragma GCC unroll 16
  for (int j = 0; j < width; ++j) store(scores + (first + j) * score_stride, turned[j]);
}

// Scores of all keys with one vector of queries, of which only so many are not zeros.
inline void score_block(const KeyBlock& block, int first, int last, int queries, const float* packed, int dim,
                        float* scores, std::ptrdiff_t stride, bool ask) {
  if (queries > few_queries) {
    for (int j = first / keys_together * keys_together; j < last; j += keys_together)
      score_keys(block, j, packed, dim, scores, stride, ask);
    return;
  }
  const auto score = queries > 4   ? score_turned_keys<few_queries>
                     : queries > 2 ? score_turned_keys<4>
                     : queries > 1 ? score_turned_keys<2>
                                   : score_turned_keys<1>;
  for (int j = first / width * width; j < last; j += width) score(block, j, packed, dim, scores, stride, ask);
}

// A score's integer; its fraction's power of two takes its place.
[[gnu::always_inline]] inline void split_score(Floats& score, Ints& whole) {
  const Floats limit = Floats{} + softmax_limit;
  score = score > -limit ? score : -limit;   // NaN too
  score = score < limit ? score : limit;
  Floats integer = score;
  round_to_integers(integer);
  whole = __builtin_convertvector(integer, Ints);
  score = score - integer;
  exp2_fraction(score);
}

[[gnu::always_inline]] inline void holds_key(Ints& yes, const Bits& sets, int j) { yes = (sets >> j & 1u) != 0u; }

// The block's weights of one vector of queries instead of their scores, for pairs of keys from `first`, which is even;
// their sum, M_b and l_b. A key that a query's set does not hold weighs 0.
inline void weigh_keys(float* scores, std::ptrdiff_t stride, const Bits& sets, int first, int last, Ints& shift,
                       Floats& total) {
  Ints whole[32], held, largest = Ints{} + softmax_nothing;
  for (int j = first; j < last; ++j) {
    Floats score;
    load(score, scores + j * stride);
    split_score(score, whole[j]);
    store(scores + j * stride, score);
    holds_key(held, sets, j);
    const Ints seen = held != 0 ? whole[j] : Ints{} + softmax_nothing;   // apart: keys wait for the maximum in line
    largest = seen > largest ? seen : largest;
  }
  shift = largest;
  Floats chain[2] = {};
  for (int j = first; j < last; j += 2)
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      Floats weight, factor;
      load(weight, scores + (j + i) * stride);
      power_of_two_or_zero(factor, whole[j + i] - largest);
      holds_key(held, sets, j + i);
      weight = held != 0 ? weight * factor : Floats{};
      store(scores + (j + i) * stride, weight);
      chain[i] = chain[i] + weight;
    }
  total = chain[0] + chain[1];
}

// rescale() and combine() for one vector of queries: the sums so far take in the block's.
inline void join_sums(const AttendTile& tile, int first, const Ints& shift, const Floats& total) {
  Ints so_far;
  Floats sum, before, now;
  load(so_far, tile.shift + first);
  load(sum, tile.total + first);
  const Ints both = so_far > shift ? so_far : shift;
  power_of_two_or_zero(before, so_far - both);
  power_of_two_or_zero(now, shift - both);
  Floats joined = total * now;
  multiply_add(joined, sum, before);
  store(tile.shift + first, both);
  store(tile.total + first, joined);
  store(tile.before + first, before);
  store(tile.now + first, now);
}

template <int Queries, int Vectors>
[[gnu::always_inline]] inline void add_value(Floats (&chains)[Queries][Vectors], const float* weights,
                                             const float* value) {
  Floats channels[Vectors], factor;
#pragma GCC unroll 2
  for (int v = 0; v < Vectors; ++v) load(channels[v], value + v * width);
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q) {
    spread(factor, weights[q]);
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) multiply_add(chains[q][v], channels[v], factor);
  }
}

// mix_block for `Queries` queries and `Vectors` vectors of channels, over keys first <= j < last.
template <int Queries, int Vectors>
inline void mix_tile(const AttendTile& tile, const KeyBlock& block, int query, int channel, int first, int last) {
  Floats even[Queries][Vectors] = {}, odd[Queries][Vectors] = {};
  const float *weights = tile.scores + query, *values = block.values + channel;
  const std::ptrdiff_t stride = tile.vectors * width;
  const bool ask = block.next_values.numbers != nullptr && query == 0;
  const int steps = (tile.channels + 2 * width - 1) / (2 * width) * 16;
  for (int j = first & ~1; j < last; j += 2) {
    if (ask) ask_for(block.next_values, 32 * tile.channels, block.places, channel / (2 * width) * 16 + j / 2, steps);
    if (j >= first) add_value<Queries, Vectors>(even, weights + j * stride, values + j * block.value_stride);
    if (j + 1 < last)
      add_value<Queries, Vectors>(odd, weights + (j + 1) * stride, values + (j + 1) * block.value_stride);
  }
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      float* out = tile.out + (query + q) * std::ptrdiff_t{tile.channels} + channel + v * width;
      Floats sum, so_far, before, now;
      spread(before, tile.before[query + q]);
      spread(now, tile.now[query + q]);
      load(so_far, out);
      sum = (even[q][v] + odd[q][v]) * now;
      multiply_add(sum, so_far, before);
      store(out, sum);
    }
}

// As many queries as are left of a tile.
template <int Queries, int Vectors>
inline void mix_queries(int queries, const AttendTile& tile, const KeyBlock& block, int query, int channel, int first,
                        int last) {
  if (queries == Queries) return mix_tile<Queries, Vectors>(tile, block, query, channel, first, last);
  if constexpr (Queries > 1) mix_queries<Queries - 1, Vectors>(queries, tile, block, query, channel, first, last);
}

// Queries first_query <= q < last_query, which see the same keys of the block.
inline void mix_alike(const AttendTile& tile, const KeyBlock& block, int first_query, int last_query, KeySet set) {
  const int first = __builtin_ctz(set), last = 32 - __builtin_clz(set);
  for (int c = 0; c < tile.channels; c += 2 * width)
    for (int q = first_query; q < last_query; q += queries_together) {
      const int queries = last_query - q < queries_together ? last_query - q : queries_together;
      if (c + width < tile.channels) mix_queries<queries_together, 2>(queries, tile, block, q, c, first, last);
      else mix_queries<queries_together, 1>(queries, tile, block, q, c, first, last);
    }
}

// Takes in one block. sets: the keys each query sees, none of those behind the last query.
inline void attend_block(const AttendTile& tile, const KeyBlock& block, const KeySet* sets) {
  const std::ptrdiff_t stride = tile.vectors * width;
  for (int v = 0; v < tile.vectors; ++v) {
    KeySet any = 0;
    for (int lane = 0; lane < width; ++lane) any |= sets[v * width + lane];
    if (any == 0) continue;
    const int first = __builtin_ctz(any) / 2 * 2, last = 32 - __builtin_clz(any);
    float* scores = tile.scores + v * width;
    score_block(block, first, last, tile.count - v * width, tile.queries + std::ptrdiff_t{v} * tile.dim * width,
                tile.dim, scores, stride, v == 0 && block.next_keys.numbers != nullptr);
    Bits seen;
    Ints shift;
    Floats total;
    load(seen, sets + v * width);
    weigh_keys(scores, stride, seen, first, (last + 1) / 2 * 2, shift, total);
    join_sums(tile, v * width, shift, total);
  }
  for (int q = 0, end; q < tile.count; q = end) {
    for (end = q + 1; end < tile.count && sets[end] == sets[q];) ++end;
    if (sets[q] != 0) mix_alike(tile, block, q, end, sets[q]);
  }
}

// Queries first_query <= q < last_query of a tile take in the sums that attend_block made of one block alone.
inline void join_block(const AttendTile& tile, const BlockSums& block, const KeySet* sets, int first_query,
                       int last_query) {
  for (int q = first_query; q < last_query; ++q) {
    if (sets[q] == 0) continue;
    const SoftmaxSum so_far{tile.shift[q], tile.total[q]}, sum{block.shift[q], block.total[q]};
    const Rescale factor = rescale(so_far, sum);
    Floats before, now, out, joined;
    spread(before, factor.before);
    spread(now, factor.block);
    for (int c = 0; c < tile.channels; c += width) {
      float* to = tile.out + q * std::ptrdiff_t{tile.channels} + c;
      load(out, to);
      load(joined, block.out + q * std::ptrdiff_t{tile.channels} + c);
      joined = joined * now;
      multiply_add(joined, out, before);
      store(to, joined);
    }
    tile.shift[q] = factor.shift;
    tile.total[q] = __builtin_fmaf(so_far.total, factor.before, sum.total * factor.block);
  }
}
