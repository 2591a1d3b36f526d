#pragma once
// The queries' side of the Cpu backend's attention (cpu/attend.hpp): a tile of queries of one key/value head, laid out
// for vectors, and the sums they have so far.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <etalon/cpu/aligned_floats.hpp>
#include <etalon/cpu/isa.hpp>
#include <etalon/cpu/kernels.hpp>
#include <etalon/math/dot.hpp>
#include <etalon/math/softmax.hpp>
#include <etalon/ops/attend.hpp>

namespace etalon {

inline constexpr int tile_queries = 64;

inline int tiles_of(const AttendRows& a) { return (a.tokens * a.shared() + tile_queries - 1) / tile_queries; }

// Which queries a tile holds, first … first + count - 1 of those of one key/value head, and how they lie in vectors.
struct TileShape {
  int kv, first, count, shared;   // shared: query heads to a key/value head
  int lanes, vectors, dim, channels;

  TileShape(const AttendRows& a, Isa isa, int head, int index)
      : kv(head), first(index * tile_queries), shared(a.shared()), lanes(isa >= Isa::avx512 ? 16 : 8) {
    count = std::min(tile_queries, a.tokens * shared - first);
    vectors = (count + lanes - 1) / lanes;
    dim = (a.dim + dot_block - 1) / dot_block * dot_block;
    channels = (a.width + lanes - 1) / lanes * lanes;
  }
  int token(int query) const { return (first + query) / shared; }
  int head(int query) const { return kv * shared + (first + query) % shared; }
  std::size_t row(const AttendRows& a, int query) const {
    return static_cast<std::size_t>(token(query)) * static_cast<std::size_t>(a.heads) + head(query);
  }
};

// The sums of a tile's queries, and the room a block's weights need.
class TileSums {
 public:
  explicit TileSums(const TileShape& s)
      : shape_(s), shift_(static_cast<std::size_t>(s.vectors) * s.lanes), total_(shift_.size()), before_(shift_.size()),
        now_(shift_.size()), scores_(dot_block * shift_.size()),
        out_(static_cast<std::size_t>(s.count) * s.channels) {}

  // An empty sum that leaves whatever joins it as it is: -0 + x is x, for -0 too.
  void clear() {
    std::fill(shift_.begin(), shift_.end(), softmax_nothing);
    std::fill_n(total_.data(), shift_.size(), 0.0f);
    std::fill_n(out_.data(), static_cast<std::size_t>(shape_.count) * shape_.channels, -0.0f);
  }
  // What a query's sum begins with in ops/attend.hpp.
  void begin(const AttendOptions& options) {
    clear();
    for (int q = 0; q < shape_.count; ++q) {
      Attending sum{nullptr, {}, out_.data() + q * shape_.channels};
      etalon::begin(sum, shape_.channels, options.sinks.data ? &options.sinks[shape_.head(q)] : nullptr);
      shift_[q] = sum.sum.shift;
      total_.data()[q] = sum.sum.total;
    }
  }
  AttendTile with(const float* queries) {
    return {queries, shape_.count, shape_.vectors, shape_.dim, shape_.channels, shift_.data(), total_.data(),
            out_.data(), scores_.data(), before_.data(), now_.data()};
  }
  BlockSums sums() const { return {shift_.data(), total_.data(), out_.data()}; }

  // The results of all queries, o / l.
  void finish(const AttendRows& a) const {
    for (int q = 0; q < shape_.count; ++q)
      for (int c = 0; c < a.width; ++c)
        a.out[shape_.row(a, q) * a.width + c] = divide(out_.data()[q * shape_.channels + c], total_.data()[q]);
  }

 private:
  TileShape shape_;
  std::vector<std::int32_t> shift_;
  AlignedFloats total_, before_, now_, scores_, out_;
};

// The queries of a tile, scaled, with lanes for queries: (vector, dim, lane).
inline AlignedFloats packed_queries(const AttendRows& a, const TileShape& s) {
  const float scale = static_cast<float>(a.options.scale * log2_e);
  const std::size_t size = static_cast<std::size_t>(s.vectors) * s.dim * s.lanes;
  AlignedFloats packed(size);
  std::fill_n(packed.data(), size, 0.0f);
  for (int q = 0; q < s.count; ++q) {
    const float* query = a.queries + s.row(a, q) * a.dim;
    float* lane = packed.data() + q / s.lanes * s.dim * s.lanes + q % s.lanes;
    for (int i = 0; i < a.dim; ++i) lane[i * s.lanes] = query[i] * scale;
  }
  return packed;
}

// A tile with its queries and their sums so far.
struct Tile {
  TileShape shape;
  AlignedFloats queries;
  TileSums sums;

  Tile(const AttendRows& a, Isa isa, int kv, int index)
      : shape(a, isa, kv, index), queries(packed_queries(a, shape)), sums(shape) {
    sums.begin(a.options);
  }
  AttendTile view() { return sums.with(queries.data()); }
};

}  // namespace etalon
