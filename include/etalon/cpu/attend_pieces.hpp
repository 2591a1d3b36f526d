#pragma once
// Attention in pieces (ops/attend_pieces.hpp) on the Cpu backend: the tiles of cpu/attend.hpp, kept between pieces.
//
// Every key/value head has tiles of its own; threads share them out.
#include <algorithm>
#include <concepts>
#include <optional>
#include <vector>

#include <etalon/cpu/attend.hpp>
#include <etalon/ops/attend_pieces.hpp>

namespace etalon {

using TiledHeads = std::vector<std::vector<Tile>>;   // each a tile that streams alone

// Tiles take in `count` keys and values, the first of which is piece.options.first_key. A template, so that who only
// includes it need not compile it.
template <std::same_as<Cpu> Backend>
void attend_piece(const Backend& cpu, TiledHeads& tiles, const AttendRows& piece, int count) {
  const int end = (piece.options.first_key + count + dot_block - 1) / dot_block;
  const std::int64_t queries = std::min(tile_queries, piece.tokens * piece.shared());
  for_rows(cpu, static_cast<int>(tiles.size()), queries * count * (piece.dim + piece.width), [&](int first, int last) {
    for (int i = first; i < last; ++i)
      each_range(piece, tiles[i][0].shape, [&](auto range) {
        range.first = std::max(range.first, piece.options.first_key / dot_block);
        range.last = std::min(range.last, end - 1);
        if (range.first <= range.last) stream_blocks(cpu, tiles[i], range);
      });
  });
}

class TiledSums {
 public:
  TiledSums(const Cpu& cpu, const AttendRows& a) {
    if (cpu.isa == Isa::scalar) {
      plain_.emplace(a);
      return;
    }
    for (int index = tiles_of(a) - 1; index >= 0; --index)   // those that see most come first
      for (int kv = 0; kv < a.kv_heads; ++kv) tiles_.emplace_back().emplace_back(a, cpu.isa, kv, index);
  }
  void take(const Cpu& cpu, const AttendRows& piece, int count) {
    if (plain_) return plain_->take(cpu, piece, count);
    attend_piece(cpu, tiles_, piece, count);
  }
  void finish(const Cpu& cpu, const AttendRows& a) {
    if (plain_) return plain_->finish(cpu, a);
    for (const std::vector<Tile>& tile : tiles_) tile[0].sums.finish(a);
  }

 private:
  std::optional<RunningSums> plain_;
  TiledHeads tiles_;
};

inline TiledSums running_sums(const Cpu& cpu, Arena&, const AttendRows& a) { return TiledSums(cpu, a); }

}  // namespace etalon
