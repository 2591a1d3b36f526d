#pragma once
// Activations as the kernels of linear layers take them: padded with zeros, as AMX tiles, as pairs of bf16 numbers; in
// mode Q as int8 groups, by rows or as tiles.
//
// Each is made once for all products that have it in one form, on the threads that will compute them. Those of mode H
// say whether all their numbers are of the ordinary size that tiles and pairs need (cpu/kernels/bf16_lines.inl).
#include <algorithm>
#include <atomic>
#include <optional>
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
    for_rows(cpu, tiles_, std::int64_t{move_work} * columns * tile_rows, [&](int first, int last) {
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
    for_rows(cpu, x.count, std::int64_t{move_work} * columns, [&](int first, int last) {
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

inline void quantise_row(Isa isa, const float* x, int columns, std::uint32_t* codes, float* scales) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (isa >= Isa::avx512) avx512::quantise_row(x, columns, codes, scales);
  else avx2::quantise_row(x, columns, codes, scales);
#else
  static_cast<void>(isa), static_cast<void>(x), static_cast<void>(columns), static_cast<void>(codes),
      static_cast<void>(scales);
#endif
}

// Rows of activations as int8 groups, for the kernels of one set of instructions.
class QuantisedRows {
 public:
  QuantisedRows(const Cpu& cpu, const float* x, int count, int columns)
      : blocks_((columns + int8_group - 1) / int8_group), count_(count), codes_(size_of(stride()) * size_of(count)),
        scales_(size_of(blocks_) * size_of(count)) {
    for_rows(cpu, count, std::int64_t{move_work} * columns, [&](int first, int last) {
      for (std::ptrdiff_t t = first; t < last; ++t)
        quantise_row(cpu.isa, x + t * columns, columns, codes_.data() + t * stride(), scales_.data() + t * blocks_);
    });
  }
  Int8Rows rows() const { return {codes_.data(), scales_.data(), stride(), blocks_, count_}; }

 private:
  static std::size_t size_of(std::ptrdiff_t count) { return static_cast<std::size_t>(count); }
  // Words of a row: whole vectors of blocks, whatever the width.
  std::ptrdiff_t stride() const { return (blocks_ + 15) / 16 * 16 * (int8_group / 4); }

  std::ptrdiff_t blocks_;
  int count_;
  std::vector<std::uint32_t> codes_;
  std::vector<float> scales_;
};

#if defined(ETALON_TILES)
// Activations of mode Q as AMX tiles. Tokens that are not there have codes and scales of zero.
class QuantisedTiles {
 public:
  QuantisedTiles(const Cpu& cpu, const float* x, int count, int columns)
      : groups_((columns + int8_group - 1) / int8_group), tiles_((count + tile_rows - 1) / tile_rows), count_(count),
        codes_((size() + tile_rows) * int8_group), scales_(size()) {
    for_rows(cpu, count, std::int64_t{move_work} * columns, [&](int first, int last) {
      for (std::ptrdiff_t t = first; t < last; ++t) {
        const std::ptrdiff_t at = t / tile_rows * groups_ * tile_rows + t % tile_rows;
        amx::quantise_token(x + t * columns, columns, codes_.data() + at * int8_group, scales_.data() + at);
      }
    });
  }
  amx::CodeTiles tiles() const { return {codes_.data(), scales_.data(), tiles_, groups_, count_}; }

 private:
  std::size_t size() const {
    return static_cast<std::size_t>(groups_) * static_cast<std::size_t>(tiles_) * std::size_t{tile_rows};
  }
  int groups_, tiles_, count_;
  std::vector<std::int8_t> codes_;
  std::vector<float> scales_;
};
#endif

// What kernels take activations as: rows of numbers, in mode H also pairs or tiles; in mode Q codes, by rows or as
// tiles.
enum class ActivationForm { numbers, pairs, tiles, codes, code_tiles };

// Activations of a product in one form. x (count rows of `columns` numbers) must outlive them.
class Activations {
 public:
  Activations(const Cpu& cpu, const float* x, int count, int columns, ActivationForm form) {
#if defined(ETALON_TILES)
    if (form == ActivationForm::code_tiles) code_tiles_.emplace(cpu, x, count, columns);
#endif
    if (form == ActivationForm::codes) codes_.emplace(cpu, x, count, columns);
    if (form >= ActivationForm::codes) return;
    numbers_.emplace(x, count, columns);
    if (form == ActivationForm::tiles) tiles_.emplace(cpu, numbers(), columns);
    if (form == ActivationForm::pairs) pairs_.emplace(cpu, numbers(), columns);
  }
  const ActivationRows& numbers() const { return numbers_->rows(); }   // of modes F and H
  // Null where the form is another, or numbers do not fit.
  const TiledActivations* tiles() const { return tiles_ && tiles_->fit() ? &*tiles_ : nullptr; }
  const PairedActivations* pairs() const { return pairs_ && pairs_->fit() ? &*pairs_ : nullptr; }
  const QuantisedRows* codes() const { return codes_ ? &*codes_ : nullptr; }
#if defined(ETALON_TILES)
  const QuantisedTiles* code_tiles() const { return code_tiles_ ? &*code_tiles_ : nullptr; }
#endif

 private:
  std::optional<PaddedRows> numbers_;
  std::optional<TiledActivations> tiles_;
  std::optional<PairedActivations> pairs_;
  std::optional<QuantisedRows> codes_;
#if defined(ETALON_TILES)
  std::optional<QuantisedTiles> code_tiles_;
#endif
};

}  // namespace etalon
