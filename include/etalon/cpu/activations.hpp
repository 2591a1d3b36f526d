#pragma once
// Activations as the kernels of linear layers take them: padded with zeros, as AMX tiles, as pairs of bf16 numbers.
//
// Each is made once for a product, on the threads that will compute it, and says whether all its numbers are of the
// ordinary size that tiles and pairs need (cpu/kernels/bf16_lines.inl). Those of mode Q: cpu/linear.hpp.
#include <algorithm>
#include <atomic>
#include <vector>

#include <etalon/cpu/aligned_floats.hpp>
#include <etalon/cpu/backend.hpp>
#include <etalon/cpu/kernels.hpp>

namespace etalon {

// Rows of activations with zeros behind their columns, where there are none yet.
class PaddedRows {
 public:
  PaddedRows(const float* x, int count, int columns) : rows_{x, columns, count} {
    if (count > 1 && columns % dot_block == 0) return;
    const int stride = columns + column_padding;
    copy_.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(stride));
    for (int t = 0; t < count; ++t)
      std::copy_n(x + std::ptrdiff_t{t} * columns, columns, copy_.data() + std::ptrdiff_t{t} * stride);
    rows_ = {copy_.data(), stride, count};
  }
  const ActivationRows& rows() const { return rows_; }

 private:
  std::vector<float> copy_;
  ActivationRows rows_;
};

// Activations of mode H as AMX tiles.
class TiledActivations {
 public:
  TiledActivations(const Cpu& cpu, const ActivationRows& x, int columns)
      : blocks_((columns + dot_block - 1) / dot_block), tiles_((x.count + tile_rows - 1) / tile_rows), count_(x.count),
        words_(static_cast<std::size_t>(tiles_) * static_cast<std::size_t>(blocks_) * (tile_bytes / 4)) {
    std::atomic<bool> fit{true};
    for_rows(cpu, tiles_, std::int64_t{columns} * tile_rows, [&](int first, int last) {
#if defined(ETALON_TILES)
      for (int tile = first; tile < last; ++tile)
        if (!amx::tile_activations(x, tile * tile_rows, columns, words() + tile * tile_words())) fit = false;
#else
      static_cast<void>(first), static_cast<void>(last), fit = false;
#endif
    });
    fit_ = fit;
  }
  bool fit() const { return fit_; }   // may tiles take them?

#if defined(ETALON_TILES)
  amx::TileRows rows() const { return {words(), tiles_, blocks_, count_}; }
#endif

 private:
  std::uint32_t* words() const { return reinterpret_cast<std::uint32_t*>(words_.data()); }
  std::ptrdiff_t tile_words() const { return std::ptrdiff_t{blocks_} * (tile_bytes / 4); }

  int blocks_, tiles_, count_;
  bool fit_ = false;
  AlignedFloats words_;
};

// Activations of mode H in pairs: a row for each token, or two blocks side by side for one token alone.
class PairedActivations {
 public:
  PairedActivations(const Cpu& cpu, const ActivationRows& x, int columns)
      : blocks_((columns + 2 * dot_block - 1) / (2 * dot_block) * 2), count_(x.count),
        words_(static_cast<std::size_t>(count_) * static_cast<std::size_t>(blocks_) * (dot_block / 2)) {
    std::atomic<bool> fit{true};
    for_rows(cpu, x.count, columns, [&](int first, int last) {
#if defined(__x86_64__) && !defined(__CUDACC__)
      const int whole = (columns + dot_block - 1) / dot_block * dot_block;
      for (int t = first; t < last; ++t) {
        const float* row = x.data + t * x.stride;
        if (x.count > 1 && !avx512_bf16::pair_row(row, whole, words() + t * stride())) fit = false;
        for (int k = 0; x.count == 1 && k < columns; k += 2 * dot_block)
          avx512_bf16::pair_two_blocks(row + k, words() + k / 2);
      }
#else
      static_cast<void>(first), static_cast<void>(last), fit = false;
#endif
    });
    fit_ = fit;
  }
  bool fit() const { return fit_; }   // may pairs take them?
  std::uint32_t* words() const { return reinterpret_cast<std::uint32_t*>(words_.data()); }
  std::ptrdiff_t stride() const { return std::ptrdiff_t{blocks_} * (dot_block / 2); }
  int count() const { return count_; }

 private:
  int blocks_, count_;
  bool fit_ = false;
  AlignedFloats words_;
};

}  // namespace etalon
