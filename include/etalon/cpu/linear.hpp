#pragma once
// Linear layers of the Cpu backend: the sums of ops/linear.hpp, as many outputs at once as a vector has lanes.
//
// A format that the kernels read as stored is handed to them with the layout of its bytes; anything else (columns that
// are strided, integer tables, a machine without the instructions) takes the reference's loops. One token is a matrix
// times a vector, several are a matrix times a matrix; which of the two, and how rows are shared among threads, never
// changes a bit (docs/arithmetic.md, R9).
#include <algorithm>
#include <concepts>
#include <optional>

#include <etalon/cpu/activations.hpp>
#include <etalon/cpu/kernels.hpp>
#include <etalon/ops/linear.hpp>

namespace etalon {

// How a format looks to the kernels. data null: they do not take it.
template <class Number> struct Words {
  using Stored = Number;
  WordRows rows{};
};

inline Words<F32> words_of(const auto&, int) { return {}; }

template <class Number> requires(sizeof(Number) <= 4 && !std::same_as<Number, I32>)
Words<Number> words_of(const Plain<Number>& plain, int columns) {
  if (plain.column_stride != 1) return {};
  return {{plain.data, plain.row_stride * std::ptrdiff_t{sizeof(Number)}, columns, 0, nullptr, nullptr}};
}

// Scales of the rows first … first + count - 1 for the kernels: (group, lane).
template <class Code, class Scale>
void read_block_scales(const void* storage, int first, int count, int groups, int lanes, float* out) {
  const auto& blocks = *static_cast<const ScaledBlocks<Code, Scale>*>(storage);
  const bool one_block = first / blocks.block_rows == (first + count - 1) / blocks.block_rows;
  for (int g = 0; g < groups; ++g, out += lanes) {
    std::fill_n(out, lanes, blocks.scale(first, g));
    for (int r = 1; !one_block && r < lanes; ++r) out[r] = blocks.scale(first + std::min(r, count - 1), g);
  }
}
template <class Code, class Scale> Words<Code> words_of(const ScaledBlocks<Code, Scale>& blocks, int columns) {
  const int group = blocks.block_columns;
  if (blocks.code.column_stride != 1 || (group % 32 != 0 && group < columns)) return {};
  return {{blocks.code.data, blocks.code.row_stride, columns, group, &blocks, &read_block_scales<Code, Scale>}};
}

inline void read_mxfp4_scales(const void* storage, int first, int count, int groups, int lanes, float* out) {
  const auto& matrix = *static_cast<const Mxfp4*>(storage);
  for (int r = 0; r < lanes; ++r) {
    const std::byte* row = matrix.scales + (first + std::min(r, count - 1)) * matrix.scale_stride;
    for (int g = 0; g < groups; ++g) out[g * lanes + r] = E8m0{std::to_integer<std::uint8_t>(row[g])}.decode();
  }
}
inline Words<E2m1> words_of(const Mxfp4& matrix, int columns) {
  return {{matrix.data, matrix.row_stride, columns, Mxfp4::block, &matrix, &read_mxfp4_scales}};
}

// Outputs first … last - 1 of a product, by the kernels of one set of instructions.
template <class Number>
void multiply_rows(Isa isa, const WordRows& matrix, const ActivationRows& x, int first, int last, const OutputRows& y) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (isa >= Isa::avx512 && x.count == 1) avx512_8::matrix_times_vector<Number>(matrix, x.data, first, last, y.data);
  else if (isa >= Isa::avx512) avx512::matrix_times_matrix(matrix, avx512::reader_of<Number>, x, first, last, y);
  else if (x.count == 1) avx2::matrix_times_vector<Number>(matrix, x.data, first, last, y.data);
  else avx2::matrix_times_matrix(matrix, avx2::reader_of<Number>, x, first, last, y);
#else
  static_cast<void>(isa), static_cast<void>(matrix), static_cast<void>(x), static_cast<void>(first),
      static_cast<void>(last), static_cast<void>(y);
#endif
}

// Outputs are shared out by so many, or twice as many: whole panels for every set of instructions.
inline constexpr int outputs_together = 32;

// Outputs first … last - 1 of a product by tiles.
template <class Number>
void multiply_tiles(const WordRows& matrix, const TiledActivations& x, const ActivationRows& floats, int first,
                    int last, const OutputRows& y) {
#if defined(ETALON_TILES)
  if constexpr (amx::LinesOf<Number>::exist)
    return amx::matrix_times_tiles<Number>(matrix, x.rows(), floats, first, last, y);
#endif
  static_cast<void>(matrix), static_cast<void>(x), static_cast<void>(floats), static_cast<void>(first),
      static_cast<void>(last), static_cast<void>(y);
}

// Formats of which pairs multiply one token, too: codes of one byte. Wider numbers come no faster from memory.
template <class Number> inline constexpr bool is_byte_code = sizeof(Number) == 1 && !std::same_as<Number, E2m1>;

// Outputs first … last - 1 of a product in pairs.
template <class Number>
void multiply_pairs(const WordRows& matrix, const PairedActivations& x, const ActivationRows& floats, int first,
                    int last, const OutputRows& y) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if constexpr (avx512_bf16::LinesOf<Number>::exist) {
    if constexpr (is_byte_code<Number>)
      if (x.count() == 1) return avx512_bf16::matrix_times_pairs<Number>(matrix, x.words(), first, last, y.data);
    return avx512_bf16::matrix_times_pair_rows<Number>(matrix, {x.words(), x.stride(), x.count()}, floats, first, last,
                                                       y);
  }
#endif
  static_cast<void>(matrix), static_cast<void>(x), static_cast<void>(floats), static_cast<void>(first),
      static_cast<void>(last), static_cast<void>(y);
}

// Where pairs are faster.
template <class Number> bool pairs_pay(const Cpu& cpu, const Product& p) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if constexpr (avx512_bf16::LinesOf<Number>::exist)
    return cpu.isa >= Isa::avx512_bf16 && p.rounded && (p.count > 1 || is_byte_code<Number>);
#endif
  static_cast<void>(cpu), static_cast<void>(p);
  return false;
}

// Where tiles are faster: for several tokens. One token's weights, and two tokens' of bf16, come no faster from memory
// than vectors take them.
template <class Number> bool tiles_pay(const Cpu& cpu, const Product& p) {
#if defined(ETALON_TILES)
  if constexpr (amx::LinesOf<Number>::exist)
    return cpu.isa == Isa::amx && p.rounded && p.count > (sizeof(Number) == 2 ? 2 : 1);
#endif
  static_cast<void>(cpu), static_cast<void>(p);
  return false;
}

// Modes F and H; x is already rounded in mode H. A template, so that who only includes it need not compile it.
template <std::same_as<Cpu> Backend>
void multiply_floats(const Backend& cpu, const Storage& storage, const Product& p) {
  visit_storage(storage, [&](const auto& weights) {
    const auto words = words_of(weights, p.columns);
    using Number = typename decltype(words)::Stored;
    if (cpu.isa == Isa::scalar || words.rows.data == nullptr || p.count == 0)
      return multiply_floats(CpuLoops(cpu), storage, p);
    const PaddedRows x(p.x, p.count, p.columns);
    const OutputRows y{p.y, p.outputs};
    std::optional<TiledActivations> tiled;
    if (tiles_pay<Number>(cpu, p)) tiled.emplace(cpu, x.rows(), p.columns);
    std::optional<PairedActivations> paired;
    if (!tiled && pairs_pay<Number>(cpu, p)) paired.emplace(cpu, x.rows(), p.columns);
    const int together = tiled && p.count <= tile_rows ? 2 * outputs_together : outputs_together;
    for_rows(cpu, (p.outputs + together - 1) / together, p.work() * together, [&](int first, int last) {
      first *= together, last = std::min(last * together, p.outputs);
      if (tiled && tiled->fit()) multiply_tiles<Number>(words.rows, *tiled, x.rows(), first, last, y);
      else if (paired && paired->fit()) multiply_pairs<Number>(words.rows, *paired, x.rows(), first, last, y);
      else multiply_rows<Number>(cpu.isa, words.rows, x.rows(), first, last, y);
    });
  });
}

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
    for_rows(cpu, count, columns, [&](int first, int last) {
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

// Fewer tokens than these leave tiles too empty to pay in mode Q.
inline constexpr int few_tokens = 8;

template <class Number>
void multiply_int8_rows(Isa isa, const WordRows& matrix, const Int8Rows& x, int first, int last, const OutputRows& y) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (isa >= Isa::avx512) avx512::int8_matrix_times_matrix(matrix, avx512::reader_of<Number>, x, first, last, y);
  else avx2::int8_matrix_times_matrix(matrix, avx2::reader_of<Number>, x, first, last, y);
#else
  static_cast<void>(isa), static_cast<void>(matrix), static_cast<void>(x), static_cast<void>(first),
      static_cast<void>(last), static_cast<void>(y);
#endif
}

#if defined(ETALON_TILES)
// Activations of mode Q as AMX tiles. Tokens that are not there have codes and scales of zero.
class QuantisedTiles {
 public:
  QuantisedTiles(const Cpu& cpu, const float* x, int count, int columns)
      : groups_((columns + int8_group - 1) / int8_group), tiles_((count + tile_rows - 1) / tile_rows), count_(count),
        codes_((size() + 3 * tile_rows) * int8_group), scales_(size()) {
    for_rows(cpu, count, columns, [&](int first, int last) {
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

// Mode Q.
template <std::same_as<Cpu> Backend>
void multiply_int8(const Backend& cpu, const Storage& storage, const Product& p) {
  visit_storage(storage, [&](const auto& weights) {
    const auto words = words_of(weights, p.columns);
    using Number = typename decltype(words)::Stored;
    if (cpu.isa == Isa::scalar || words.rows.data == nullptr || p.count == 0)
      return multiply_int8(CpuLoops(cpu), storage, p);
    const OutputRows y{p.y, p.outputs};
    const auto share = [&](auto&& rows) {
      for_rows(cpu, (p.outputs + outputs_together - 1) / outputs_together, p.work() * outputs_together,
               [&](int first, int last) {
                 rows(first * outputs_together, std::min(last * outputs_together, p.outputs));
               });
    };
#if defined(ETALON_TILES)
    if (cpu.isa == Isa::amx && p.count >= few_tokens) {
      const QuantisedTiles x(cpu, p.x, p.count, p.columns);
      return share([&](int first, int last) {
        amx::int8_matrix_times_tiles(words.rows, avx512::reader_of<Number>, x.tiles(), first, last, y);
      });
    }
#endif
    const QuantisedRows x(cpu, p.x, p.count, p.columns);
    share([&](int first, int last) {
      multiply_int8_rows<Number>(cpu.isa, words.rows, x.rows(), first, last, y);
    });
  });
}

}  // namespace etalon
