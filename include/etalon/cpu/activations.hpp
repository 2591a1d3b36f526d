#pragma once
// Activations as the kernels of linear layers take them: numbers padded with zeros, in mode H also AMX tiles or pairs
// of bf16 numbers; in mode Q int8 groups, by rows or as tiles.
//
// Each is made once for all products that have it in one form, on the threads that will compute them, and rounded or
// quantised on the way. Tiles and pairs say whether all their numbers are of the ordinary size that they need
// (cpu/kernels/bf16_lines.inl). Made without arguments, each is of no tokens.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include <etalon/cpu/aligned_floats.hpp>
#include <etalon/cpu/backend.hpp>
#include <etalon/cpu/elementwise.hpp>
#include <etalon/cpu/kernels.hpp>

namespace etalon {

// What kernels take activations as: rows of numbers; in mode H also tiles, or pairs, those of one token in an order
// for weights of 16, 8 or 4 bits; in mode Q codes, by rows or as tiles.
enum class ActivationForm { numbers, pairs, code_pairs, nibble_pairs, tiles, codes, code_tiles };

// Rows of activations with zeros behind their columns, and rounded for mode H where that is asked for: a copy, or the
// rows themselves where they are so already.
class PaddedRows {
 public:
  PaddedRows() = default;
  PaddedRows(const Cpu& cpu, const Product& p, bool rounded) : rows_{p.x, p.columns, p.count} {
    const bool padded = p.count == 1 || p.columns % dot_block != 0;
    if (!padded && !rounded) return;
    const std::ptrdiff_t columns = p.columns, stride = padded ? columns + column_padding : columns;
    copy_.resize(static_cast<std::size_t>(p.count) * static_cast<std::size_t>(stride));
    for_rows(cpu, p.count, move_work * columns, [&](int first, int last) {
      for (std::ptrdiff_t t = first; t < last; ++t) {
        if (rounded) round_activations(cpu, p.x + t * columns, columns, copy_.data() + t * stride);
        else std::copy_n(p.x + t * columns, columns, copy_.data() + t * stride);
      }
    });
    rows_ = {copy_.data(), stride, p.count};
  }
  const ActivationRows& rows() const { return rows_; }

 private:
  std::vector<float> copy_;
  ActivationRows rows_{};
};

// One token's activations as the kernels of one vector take them, in modes F and H: number 128 u + 4 c + b is column c
// of block b of unit u, since vectors of weights hold a column of four blocks. Zeros behind the last one.
class InterleavedRow {
 public:
  InterleavedRow() = default;
  InterleavedRow(const Cpu& cpu, const Product& p) : numbers_(static_cast<std::size_t>(p.columns + column_padding)) {
#if defined(__x86_64__) && !defined(__CUDACC__)
    const int whole = p.columns / band_columns * band_columns, rest = p.columns - whole;
    for (int k = 0; k < whole; k += band_columns) avx2::interleave_unit(p.x + k, numbers_.data() + k);
    if (rest > 0) {
      float last[band_columns] = {};
      std::copy_n(p.x + whole, rest, last);
      avx2::interleave_unit(last, numbers_.data() + whole);
    }
    if (p.rounds()) round_activations(cpu, data(), whole + (rest > 0 ? band_columns : 0), numbers_.data());
#else
    static_cast<void>(cpu);
#endif
  }
  const float* data() const { return numbers_.data(); }

 private:
  AlignedFloats numbers_;
};

// Activations of mode H as AMX tiles, from rows that are not rounded.
class TiledActivations {
 public:
  TiledActivations() = default;
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

  int blocks_ = 0, tiles_ = 0, count_ = 0;
  bool fit_ = false;
  AlignedFloats words_;
};

// Is a matrix multiplied with one token's pairs row by row (kernels/pairs_row.inl), rather than in bands? Not where a
// row is shorter than a unit, most of whose lanes would have nothing to do.
inline bool go_by_row(const Cpu& cpu, int columns) { return cpu.one_stream && columns >= cpu.shortest_row; }

// Activations of mode H in pairs, from rows that are not rounded: a row for each token (kernels/pairs.inl), or one
// token's as its own kernel has them (kernels/pairs_row.inl or pairs_vector.inl).
class PairedActivations {
 public:
  PairedActivations() = default;
  PairedActivations(const Cpu& cpu, const ActivationRows& x, int columns, ActivationForm form = ActivationForm::pairs)
      : by_row_(x.count == 1 && go_by_row(cpu, columns)),
        blocks_(blocks_of(columns, x.count > 1 ? 2 : by_row_ ? 16 : 4)), count_(x.count),
        words_(static_cast<std::size_t>(count_) * static_cast<std::size_t>(stride())) {
    std::atomic<bool> fit{true};
    for_rows(cpu, x.count, std::int64_t{move_work} * columns, [&](int first, int last) {
#if defined(__x86_64__) && !defined(__CUDACC__)
      const int whole = (columns + dot_block - 1) / dot_block * dot_block;
      for (int t = first; t < last; ++t) {
        const float* row = x.data + t * x.stride;
        const bool enlarged = form == ActivationForm::code_pairs;
        const int lines = form == ActivationForm::pairs ? 16 : enlarged ? 8 : 4;
        const bool row_fits = x.count > 1 ? avx512_bf16::pair_row(row, whole, words() + t * stride())
                              : by_row_   ? avx512_bf16::pair_units(row, columns, lines, enlarged, words())
                                          : avx512_bf16::pair_vector(row, columns, enlarged, words());
        if (!row_fits) fit = false;
      }
#else
      static_cast<void>(first), static_cast<void>(last), static_cast<void>(form), fit = false;
#endif
    });
    fit_ = fit;
  }
  bool fit() const { return fit_; }   // may pairs take them?
  bool by_row() const { return by_row_; }
  std::uint32_t* words() const { return reinterpret_cast<std::uint32_t*>(words_.data()); }
  std::ptrdiff_t stride() const { return std::ptrdiff_t{blocks_} * (dot_block / 2); }   // words of a row
  int count() const { return count_; }

 private:
  // Blocks of a row, a multiple of `together`.
  static int blocks_of(int columns, int together) {
    return (columns + dot_block * together - 1) / (dot_block * together) * together;
  }

  bool by_row_ = false;
  int blocks_ = 0, count_ = 0;
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
  QuantisedRows() = default;
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

  std::ptrdiff_t blocks_ = 0;
  int count_ = 0;
  std::vector<std::uint32_t> codes_;
  std::vector<float> scales_;
};

#if defined(ETALON_TILES)
// Activations of mode Q as AMX tiles. Tokens that are not there have codes and scales of zero.
class QuantisedTiles {
 public:
  QuantisedTiles() = default;
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
  int groups_ = 0, tiles_ = 0, count_ = 0;
  std::vector<std::int8_t> codes_;
  std::vector<float> scales_;
};
#endif

// Activations of a product in one form. Its x must outlive them.
class Activations {
 public:
  Activations(const Cpu& cpu, const Product& p, ActivationForm form) : alone_(cpu), product_(p), form_(form) {
    alone_.pool = nullptr;
#if defined(ETALON_TILES)
    if (form == ActivationForm::code_tiles) code_tiles_ = QuantisedTiles(cpu, p.x, p.count, p.columns);
#endif
    if (form == ActivationForm::codes) codes_ = QuantisedRows(cpu, p.x, p.count, p.columns);
    if (form == ActivationForm::numbers) make_numbers(cpu);
    const bool paired = form == ActivationForm::pairs || form == ActivationForm::code_pairs ||
                        form == ActivationForm::nibble_pairs;
    if (form != ActivationForm::tiles && !paired) return;
    const PaddedRows given(cpu, p, false);
    if (paired) pairs_ = PairedActivations(cpu, given.rows(), p.columns, form);
    else tiles_ = TiledActivations(cpu, given.rows(), p.columns);
  }
  // Of modes F and H; one token's as InterleavedRow has them. Products in tiles or pairs ask for them only where some
  // weights are not of ordinary size, from within a loop of all threads: whoever is first makes them alone.
  const ActivationRows& numbers() const {
    make_numbers(alone_);
    return numbers_;
  }
  // Null where the form is another, or numbers do not fit.
  const TiledActivations* tiles() const { return tiles_.fit() ? &tiles_ : nullptr; }
  const PairedActivations* pairs() const { return pairs_.fit() ? &pairs_ : nullptr; }
  const QuantisedRows* codes() const { return form_ == ActivationForm::codes ? &codes_ : nullptr; }
#if defined(ETALON_TILES)
  const QuantisedTiles* code_tiles() const { return form_ == ActivationForm::code_tiles ? &code_tiles_ : nullptr; }
#endif

 private:
  void make_numbers(const Cpu& cpu) const {
    std::call_once(numbers_made_, [&] {
      if (product_.count == 1) interleaved_ = InterleavedRow(cpu, product_);
      else padded_ = PaddedRows(cpu, product_, product_.rounds());
      numbers_ = product_.count == 1 ? ActivationRows{interleaved_.data(), 0, 1} : padded_.rows();
    });
  }

  Cpu alone_;
  Product product_;
  ActivationForm form_;
  mutable std::once_flag numbers_made_;
  mutable PaddedRows padded_;
  mutable InterleavedRow interleaved_;
  mutable ActivationRows numbers_{};
  TiledActivations tiles_;
  PairedActivations pairs_;
  QuantisedRows codes_;
#if defined(ETALON_TILES)
  QuantisedTiles code_tiles_;
#endif
};

}  // namespace etalon
