#pragma once
// The Cpu backend's inner loops, compiled once for each set of vector instructions.
//
// kernels/*.inl is one text; here it is read with vectors of 8 lanes for AVX2 and of 16 for AVX-512, each time with
// the compiler told that it may use those instructions. What the kernels are given is declared first. They are the
// reference's sums in the reference's order, for as many outputs or blocks of them as a vector has lanes: the chains
// of a block stay in one lane, so no sum is reordered (docs/arithmetic.md, R1, R9). To read the same without vectors:
// ops/linear.hpp, ops/attend.hpp, ops/elementwise.hpp.
// Not for nvcc, which takes vector code apart.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <etalon/cpu/amx.hpp>
#include <etalon/cpu/isa.hpp>
#include <etalon/formats/fp8.hpp>
#include <etalon/formats/mxfp4.hpp>
#include <etalon/formats/plain.hpp>
#include <etalon/math/dot.hpp>
#include <etalon/math/rounding.hpp>
#include <etalon/math/softmax.hpp>

namespace etalon {

// Columns of a row that the kernels of one vector take at a time: four blocks (kernels/band.inl).
inline constexpr int band_columns = 128;
// Columns that may be read behind the last one of activations: they are zeros.
inline constexpr int column_padding = band_columns;

// The rows of a panel, one for each lane: `near` rows from lane to lane, `far` from one four of lanes to the next.
// The last row again where there is none before `last`.
struct PanelRows {
  int first, last, near = 1, far = 4;

  int of_lane(int r) const {
    const int n = first + r % 4 * near + r / 4 * far;
    return n < last ? n : last - 1;
  }
  bool touch() const { return far == 1; }   // are those of every fourth lane neighbours?
};

// A matrix as its bytes, and its scales where it has any.
struct WordRows {
  const std::byte* data;
  std::ptrdiff_t row_bytes;
  int columns;
  int group;            // columns that share a scale, a multiple of 32 or all; 0: no scales
  int scale_rows;       // rows from row 0 on with the same scales, then as many more; huge: no scales
  const void* storage;  // the format, for read_scales
  // Scales of a panel's rows as (group, lane).
  void (*read_scales)(const void* storage, const PanelRows& rows, int groups, int lanes, float* out);
  bool one_stream = false;   // are rows better read one behind the other (cpu/isa.hpp)? For one vector.
};

// Activations: rows of `columns` numbers, `stride` apart, zero-padded to a multiple of 32.
struct ActivationRows {
  const float* data;
  std::ptrdiff_t stride;
  int count;
};

// Activations quantised in groups of 32: words of four codes in the order of kernels/int8.inl, `blocks` scales a row.
struct Int8Rows {
  const std::uint32_t* codes;
  const float* scales;
  std::ptrdiff_t stride, blocks;   // of codes, in words, and of scales
  int count;
};

// Where outputs go: number (t, n) at data[t * stride + n].
struct OutputRows {
  float* data;
  std::ptrdiff_t stride;
};

// Queries of attention that share keys, their sums so far, and room for the weights of one block.
struct AttendTile {
  const float* queries;          // scaled, (vector, dim, lane): lanes are queries; zeros behind the last one
  int count, vectors;            // queries; vectors of them
  int dim, channels;             // of a key, in whole blocks of 32; of a value, in whole vectors
  std::int32_t* shift;           // (query): softmax_block's M and l, and the mixed values
  float *total, *out;            // (query), (query, channels)
  float *scores, *before, *now;  // (32, query), (query), (query), of whole vectors of queries
};

// What is asked for ahead: numbers first … of runs of so many side by side, `apart` from one to the next.
struct Ahead {
  const float* numbers = nullptr;   // null: nothing
  int first = 0, run = 0;
  std::ptrdiff_t apart = 0;
};

// A block of keys and values: whole blocks of key channels, whole vectors of value channels.
struct KeyBlock {
  const float *keys, *values;
  std::ptrdiff_t key_stride, value_stride;   // from one position to the next
  Ahead next_keys{}, next_values{};          // as much of the block after it, to be asked for
  int places = 1;                            // from so many places at once; only where runs touch
};

// What one block alone adds to the queries of a tile: as in AttendTile.
struct BlockSums {
  const std::int32_t* shift;
  const float *total, *out;
};

}  // namespace etalon

#if defined(__x86_64__) && !defined(__CUDACC__)
#include <immintrin.h>

#include <etalon/cpu/aligned_floats.hpp>

// The instructions are named three times because a #pragma takes no macro in g++ and clang alike.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif
namespace etalon::avx2 {
// How many bytes ahead a row is asked for. Rows lie in the same places of a cache of 8 ways, so further ahead they push
// each other out before they are used (Zen 3, f32: 256 bytes 85 % of the speed of memory, 768 57 %).
inline constexpr int foresight = 256;
inline constexpr int band_foresight = 1024;   // the same for few rows (kernels/band.inl)
#include <etalon/cpu/kernels/lanes_8.inl>
#include <etalon/cpu/kernels/vector.inl>
#include <etalon/cpu/kernels/unpack.inl>
#include <etalon/cpu/kernels/e2m1_bytes.inl>
#include <etalon/cpu/kernels/panel.inl>
#include <etalon/cpu/kernels/band.inl>
#include <etalon/cpu/kernels/matrix_vector.inl>
#include <etalon/cpu/kernels/read_unit.inl>
#include <etalon/cpu/kernels/matrix_matrix.inl>
#include <etalon/cpu/kernels/int8.inl>
#include <etalon/cpu/kernels/functions.inl>
#include <etalon/cpu/kernels/elementwise.inl>
#include <etalon/cpu/kernels/attend.inl>
}  // namespace etalon::avx2
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(                                                                               \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))),      \
    apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif
namespace etalon::avx512 {
inline constexpr int foresight = 768;   // other distances give the same within 5 %
inline constexpr int band_foresight = 1536;
#include <etalon/cpu/kernels/lanes_16.inl>
#include <etalon/cpu/kernels/vector.inl>
#include <etalon/cpu/kernels/unpack.inl>
#include <etalon/cpu/kernels/e2m1_bytes.inl>
#include <etalon/cpu/kernels/panel.inl>
#include <etalon/cpu/kernels/band.inl>
#include <etalon/cpu/kernels/matrix_vector.inl>
#include <etalon/cpu/kernels/read_unit.inl>
#include <etalon/cpu/kernels/matrix_matrix.inl>
#include <etalon/cpu/kernels/int8.inl>
#include <etalon/cpu/kernels/functions.inl>
#include <etalon/cpu/kernels/elementwise.inl>
#include <etalon/cpu/kernels/attend.inl>
}  // namespace etalon::avx512
// Pairs of bf16 numbers, for mode H.
namespace etalon::avx512_bf16 {
using namespace avx512;
#include <etalon/cpu/kernels/bf16_lines.inl>
#include <etalon/cpu/kernels/pairs.inl>
#include <etalon/cpu/kernels/pairs_vector.inl>
#include <etalon/cpu/kernels/nibbles_vector.inl>
#include <etalon/cpu/kernels/row_units.inl>
#include <etalon/cpu/kernels/pairs_row.inl>
#include <etalon/cpu/kernels/pairs_matrix.inl>
}  // namespace etalon::avx512_bf16
#if defined(ETALON_TILES)
// AMX, and AVX-512 for what goes in and comes out.
namespace etalon::amx {
using namespace avx512_bf16;
#include <etalon/cpu/kernels/tile_packer.inl>
#include <etalon/cpu/kernels/tiles.inl>
#include <etalon/cpu/kernels/tiles_int8.inl>
}  // namespace etalon::amx
#endif
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
