#pragma once
// Attention of the Cpu backend: the sums of ops/attend.hpp, for a tile of queries at a time.
//
// A tile holds queries that share a key/value head, the heads of a token side by side, and keys stream past it block by
// block, so memory does not grow with the square of the prompt (Rabe & Staats 2021; Dao et al. 2022). Threads share out
// the tiles. Where each head has but one (decode), they share out the heads, or the blocks of keys: then each block's
// sums are made on their own and joined from left to right, which is the rule's own order (docs/arithmetic.md, R5), so
// the bits are the same.
#include <algorithm>
#include <concepts>

#include <etalon/cpu/aligned_floats.hpp>
#include <etalon/cpu/attend_tile.hpp>
#include <etalon/cpu/backend.hpp>
#include <etalon/cpu/kernels.hpp>
#include <etalon/ops/attend.hpp>
#include <etalon/ops/attend_entries.hpp>

namespace etalon {

inline constexpr int blocks_in_wave = 32;   // so many blocks' sums are kept before they are joined

// Intel's processors follow one place after the other at two thirds of the speed of four at once (two with AVX2); AMD's
// are faster with one (Zen 5: 6 %).
inline void attend_block(const Cpu& cpu, const AttendTile& tile, KeyBlock block, const KeySet* sets) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  block.places = cpu.one_stream ? 1 : cpu.isa >= Isa::avx512 ? 4 : 2;
  if (block.places > 1 && block.next_keys.run != block.next_keys.apart) block.next_keys = block.next_values = {};
  if (cpu.isa >= Isa::avx512) avx512::attend_block(tile, block, sets);
  else avx2::attend_block(tile, block, sets);
#else
  static_cast<void>(cpu), static_cast<void>(tile), static_cast<void>(block), static_cast<void>(sets);
#endif
}
inline void join_block(Isa isa, const AttendTile& tile, const BlockSums& block, const KeySet* sets, int first,
                       int last) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (isa >= Isa::avx512) avx512::join_block(tile, block, sets, first, last);
  else avx2::join_block(tile, block, sets, first, last);
#else
  static_cast<void>(isa), static_cast<void>(tile), static_cast<void>(block), static_cast<void>(sets),
      static_cast<void>(first), static_cast<void>(last);
#endif
}

// A block's keys and values with zeros where whole vectors reach behind them: in place where there is nothing to pad
// and they are used once; copied side by side otherwise.
class BlockRows {
 public:
  BlockRows(const TileShape& s, const HeadRows& keys, const HeadRows& values)
      : dim_(s.dim), channels_(s.channels),
        in_place_(s.vectors == 1 && fits(keys, values)),
        keys_(static_cast<std::size_t>(dot_block) * s.dim), values_(static_cast<std::size_t>(dot_block) * s.channels) {}

  // Rows that are in no query's set are not read.
  KeyBlock load(const HeadRows& keys, const HeadRows& values, int block, KeySet any) {
    KeyBlock rows{keys_.data(), values_.data(), dim_, channels_};
    if (in_place_ && any == ~KeySet{0}) {
      rows = {keys.at(block), values.at(block), stride(keys), stride(values)};
    } else {
      copy(keys, block, any, dim_, keys_.data());
      if (keys.data == values.data && dim_ >= channels_) rows.values = keys_.data(), rows.value_stride = dim_;
      else copy(values, block, any, channels_, values_.data());
    }
    return rows;
  }

  // Are rows as wide as kernels take them?
  bool fits(const HeadRows& keys, const HeadRows& values) const {
    return keys.width == dim_ && values.width == channels_;
  }

 private:
  static std::ptrdiff_t stride(const HeadRows& rows) { return static_cast<std::ptrdiff_t>(rows.stride); }
  static void copy(const HeadRows& rows, int block, KeySet any, int padded, float* to) {
    const int from = std::countr_zero(any), last = dot_block - std::countl_zero(any);
    for (int j = 0; j < dot_block; ++j, to += padded) {
      const int known = j >= from && j < last ? rows.width : 0;
      if (known > 0) std::copy_n(rows.at(block + j), known, to);
      std::fill_n(to + known, padded - known, 0.0f);
    }
  }
  int dim_, channels_;
  bool in_place_;
  AlignedFloats keys_, values_;
};

// Key/value heads that are gone through together.
struct HeadGroup { int first, count; };

// Blocks first … last of the keys of all heads; sets_of(block, token) is what a query of that token sees of one.
template <class SetsOf> struct KeyRange {
  HeadRows keys, values;   // of the first key/value head; the next one's lie behind
  int first, last;
  SetsOf sets_of;

  // The sets of a tile's queries, with empty ones behind. -> the keys that any of them sees
  KeySet sets(int block, const TileShape& s, KeySet* out) const {
    KeySet any = 0;
    for (int q = 0; q < s.count; ++q)
      any |= out[q] = q > 0 && s.token(q) == s.token(q - 1) ? out[q - 1] : sets_of(block, s.token(q));
    std::fill_n(out + s.count, tile_queries - s.count, 0u);
    return any;
  }
  // One head's block. among: the heads that the caller goes through before the next block.
  KeyBlock rows(BlockRows& room, int kv, int block, KeySet any, const HeadGroup& among) const {
    HeadRows k = keys, v = values;
    k.data += kv * k.width;
    v.data += kv * v.width;
    KeyBlock rows = room.load(k, v, block * dot_block, any);
    if (block + 1 < last && room.fits(k, v)) {
      rows.next_keys = share_of(keys, kv, block + 1, among);
      if (values.data != keys.data) rows.next_values = share_of(values, kv, block + 1, among);
    }
    return rows;
  }

 private:
  // The heads' rows of a position lie side by side, those of all heads in one stretch of memory, which is asked for in
  // its own order: each head asks for as much as it reads itself. (Its own rows lie 4 KB apart in a model of 8 heads:
  // 6.3 GB/s, not 9.4.)
  static Ahead share_of(const HeadRows& rows, int kv, int block, const HeadGroup& among) {
    return {rows.at(block * dot_block) + among.first * rows.width, (kv - among.first) * dot_block * rows.width,
            among.count * rows.width, static_cast<std::ptrdiff_t>(rows.stride)};
  }
};

inline HeadGroup heads_of(const std::vector<Tile>& tiles) {
  return {tiles[0].shape.kv, static_cast<int>(tiles.size())};
}

// Tiles of the same queries and of neighbouring heads take in all blocks, each block head after head: so the cache is
// read from its beginning to its end.
void stream_blocks(const Cpu& cpu, std::vector<Tile>& tiles, const auto& range) {
  BlockRows room(tiles[0].shape, range.keys, range.values);
  const HeadGroup heads = heads_of(tiles);
  KeySet sets[tile_queries];
  for (int b = range.first; b <= range.last; ++b)
    if (const KeySet any = range.sets(b, tiles[0].shape, sets); any != 0)
      for (Tile& tile : tiles) {
        const KeyBlock block = range.rows(room, tile.shape.kv, b, any, heads);
        attend_block(cpu, tile.view(), block, sets);
      }
}

// The sums that each block of a wave makes on its own, for all tiles.
struct Wave {
  std::vector<TileSums> sums;   // (block, tile)
  std::vector<KeySet> sets;     // (block, query)

  explicit Wave(const std::vector<Tile>& tiles) : sets(blocks_in_wave * tile_queries) {
    for (int b = 0; b < blocks_in_wave; ++b)
      for (const Tile& tile : tiles) sums.emplace_back(tile.shape);
  }
  KeySet* sets_of(int b) { return &sets[static_cast<std::size_t>(b) * tile_queries]; }
};

// Blocks that one thread takes in a row: it asks for each but the first while it works on the one before. (Two
// threads: 13.4 GB/s two by two, 16.7 eight by eight.)
inline int blocks_in_a_row(const Cpu& cpu, int blocks) {
  return std::clamp(blocks / (2 * (cpu.pool ? cpu.pool->threads() : 1)), 1, 8);
}

// Threads share out the blocks of a wave, whose sums then join those of the tiles in order.
void share_blocks(const Cpu& cpu, std::vector<Tile>& tiles, const auto& range) {
  Wave wave(tiles);
  const TileShape& shape = tiles[0].shape;
  const std::int64_t work = std::int64_t{shape.count} * static_cast<std::int64_t>(tiles.size()) * shape.channels;
  for (int begin = range.first; begin <= range.last; begin += blocks_in_wave) {
    const int blocks = std::min(blocks_in_wave, range.last + 1 - begin), row = blocks_in_a_row(cpu, blocks);
    for_rows(cpu, (blocks + row - 1) / row, work * 2 * dot_block * row, [&](int first, int last) {
      BlockRows room(shape, range.keys, range.values);
      for (int b = first * row; b < std::min(last * row, blocks); ++b) {
        const KeySet any = range.sets(begin + b, shape, wave.sets_of(b));
        for (std::size_t i = 0; any != 0 && i < tiles.size(); ++i) {
          TileSums& alone = wave.sums[static_cast<std::size_t>(b) * tiles.size() + i];
          alone.clear();
          const KeyBlock block = range.rows(room, tiles[i].shape.kv, begin + b, any, heads_of(tiles));
          attend_block(cpu, alone.with(tiles[i].queries.data()), block, wave.sets_of(b));
        }
      }
    });
    for (int b = 0; b < blocks; ++b)
      for (std::size_t i = 0; i < tiles.size(); ++i)
        join_block(cpu.isa, tiles[i].view(), wave.sums[static_cast<std::size_t>(b) * tiles.size() + i].sums(),
                   wave.sets_of(b), 0, shape.count);
  }
}

// What the queries of a tile see, range by range.
void each_range(const AttendRows& a, const TileShape& s, auto&& take) {
  const auto sets_of = [&](int block, int t) {
    const auto [oldest, newest] = a.seen_by(t);
    const int first = std::max(oldest - block * dot_block, 0);
    const int end = std::min(newest + 1 - block * dot_block, dot_block);
    return first < end ? keys_between(first, end) : KeySet{0};
  };
  take(KeyRange<decltype(sets_of)>{a.keys_of(0), a.values_of(0), a.seen_by(s.token(0)).first / dot_block,
                                   a.seen_by(s.token(s.count - 1)).last / dot_block, sets_of});
}
void each_range(const EntriesRows& a, const TileShape& s, auto&& take) {
  each_range(a.window, s, take);
  const auto sets_of = [&](int block, int t) { return a.sets.row(t)[block]; };
  take(KeyRange<decltype(sets_of)>{a.entries, a.entries, 0, a.sets.blocks - 1, sets_of});
}

enum class Shared { tiles, blocks };   // what threads share out

// Tile `index` of key/value heads first_head … last_head - 1. keys: AttendRows or EntriesRows.
void attend_heads(const Cpu& cpu, const AttendRows& a, const auto& keys, int first_head, int last_head, int index,
                  Shared shared) {
  std::vector<Tile> tiles;
  for (int kv = first_head; kv < last_head; ++kv) tiles.emplace_back(a, cpu.isa, kv, index);
  each_range(keys, tiles[0].shape, [&](const auto& range) {
    if (shared == Shared::blocks) share_blocks(cpu, tiles, range);
    else stream_blocks(cpu, tiles, range);
  });
  for (const Tile& tile : tiles) tile.sums.finish(a);
}

// A tile a head: each thread takes its own heads through all blocks. (Two groups of heads a thread, so that none waits
// for a slow one, read every page twice as often: 26 GB/s instead of 35.)
void share_heads(const Cpu& cpu, const AttendRows& a, const auto& keys, int threads) {
  const int heads = a.kv_heads / threads;
  for_rows(cpu, threads, std::int64_t{heads} * a.shared() * a.tokens * keys.work(), [&](int first, int last) {
    for (int i = first; i < last; ++i) attend_heads(cpu, a, keys, i * heads, (i + 1) * heads, 0, Shared::tiles);
  });
}

// Processors that follow one stream through memory share heads (two threads, Zen 5, 8 heads: 35 GB/s, by blocks 26).
void attend_tiles(const Cpu& cpu, const AttendRows& a, const auto& keys) {
  const int tiles = tiles_of(a), threads = cpu.pool ? cpu.pool->threads() : 1;
  const int blocks = (a.options.start + a.tokens) / dot_block;
  const bool heads_pay = threads == 1 || (cpu.one_stream && a.kv_heads % threads == 0);
  if (tiles == 1 && heads_pay) return share_heads(cpu, a, keys, threads);
  if (tiles == 1 && blocks >= 4 * threads) return attend_heads(cpu, a, keys, 0, a.kv_heads, 0, Shared::blocks);
  const std::int64_t work = std::min(tile_queries, a.tokens * a.shared()) * keys.work();
  for_rows(cpu, tiles * a.kv_heads, work, [&](int first, int last) {
    for (int i = first; i < last; ++i) {
      const int kv = i % a.kv_heads, index = tiles - 1 - i / a.kv_heads;   // those that see most come first
      attend_heads(cpu, a, keys, kv, kv + 1, index, Shared::tiles);
    }
  });
}

// Templates, so that who only includes them need not compile them.
template <std::same_as<Cpu> Backend> void attend_rows(const Backend& cpu, const AttendRows& a) {
  if (cpu.isa == Isa::scalar) return attend_rows(CpuLoops(cpu), a);
  attend_tiles(cpu, a, a);
}
template <std::same_as<Cpu> Backend> void attend_entry_rows(const Backend& cpu, const EntriesRows& a) {
  if (cpu.isa == Isa::scalar) return attend_entry_rows(CpuLoops(cpu), a);
  attend_tiles(cpu, a.window, a);
}

}  // namespace etalon
