#pragma once
// Linear layers of the Cpu backend: the sums of ops/linear.hpp, as many outputs at once as a vector has lanes.
//
// A format that the kernels read as stored is handed to them with the layout of its bytes; anything else (columns that
// are strided, integer tables, a machine without the instructions) takes the reference's loops. One token is a matrix
// times a vector, several are a matrix times a matrix; which of the two, and how rows are shared among threads, never
// changes a bit (docs/arithmetic.md, R9).
#include <algorithm>
#include <concepts>
#include <memory>
#include <utility>

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
  return {{plain.data, plain.row_stride * std::ptrdiff_t{sizeof(Number)}, columns, 0, 1 << 30, nullptr, nullptr}};
}

// Scales of a panel's rows for the kernels: (group, lane).
template <class Code, class Scale>
void read_block_scales(const void* storage, const PanelRows& rows, int groups, int lanes, float* out) {
  const auto& blocks = *static_cast<const ScaledBlocks<Code, Scale>*>(storage);
  const bool one_block = rows.first / blocks.block_rows == rows.of_lane(lanes - 1) / blocks.block_rows;
  for (int g = 0; g < groups; ++g, out += lanes) {
    std::fill_n(out, lanes, blocks.scale(rows.first, g));
    for (int r = 1; !one_block && r < lanes; ++r) out[r] = blocks.scale(rows.of_lane(r), g);
  }
}
template <class Code, class Scale> Words<Code> words_of(const ScaledBlocks<Code, Scale>& blocks, int columns) {
  // One group for a whole row ends where a block does: kernels look up the scale of every block that they read.
  const int group = blocks.block_columns < columns ? blocks.block_columns : (columns + 31) / 32 * 32;
  if (blocks.code.column_stride != 1 || group % 32 != 0) return {};
  return {{blocks.code.data, blocks.code.row_stride, columns, group, blocks.block_rows, &blocks,
           &read_block_scales<Code, Scale>}};
}

inline void read_mxfp4_scales(const void* storage, const PanelRows& rows, int groups, int lanes, float* out) {
  const auto& matrix = *static_cast<const Mxfp4*>(storage);
  for (int r = 0; r < lanes; ++r) {
    const std::byte* row = matrix.scales + rows.of_lane(r) * matrix.scale_stride;
    for (int g = 0; g < groups; ++g) out[g * lanes + r] = E8m0{std::to_integer<std::uint8_t>(row[g])}.decode();
  }
}
inline Words<E2m1> words_of(const Mxfp4& matrix, int columns) {
  return {{matrix.data, matrix.row_stride, columns, Mxfp4::block, 1, &matrix, &read_mxfp4_scales}};
}

// Outputs first … last - 1 of a product, by the kernels of one set of instructions.
template <class Number>
void multiply_rows(Isa isa, const WordRows& matrix, const ActivationRows& x, int first, int last, const OutputRows& y) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (isa >= Isa::avx512 && x.count == 1) avx512::matrix_times_vector<Number>(matrix, x.data, first, last, y.data);
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

// Outputs first … last - 1 of a product by tiles. x: whose tiles() there are
template <class Number>
void multiply_tiles(const WordRows& matrix, const Activations& x, int first, int last, const OutputRows& y) {
#if defined(ETALON_TILES)
  if constexpr (amx::LinesOf<Number>::exist)
    return amx::matrix_times_tiles<Number>(matrix, x.tiles()->rows(), x, first, last, y);
#endif
  static_cast<void>(matrix), static_cast<void>(x), static_cast<void>(first), static_cast<void>(last),
      static_cast<void>(y);
}

// Formats of which pairs multiply one token, too, by row or in bands: codes of one byte or less. Wider numbers come no
// faster in bands.
template <class Number> inline constexpr bool is_code = sizeof(Number) == 1;
template <class Number> inline constexpr bool is_nibble = std::same_as<Number, E2m1>;

// Outputs first … last - 1 of a product in pairs. x: whose pairs() there are
template <class Number>
void multiply_pairs(const WordRows& matrix, const Activations& x, int first, int last, const OutputRows& y) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if constexpr (avx512_bf16::LinesOf<Number>::exist) {
    const avx512_bf16::PairRows rows{x.pairs()->words(), x.pairs()->stride(), x.pairs()->count()};
    if (x.pairs()->by_row())
      return avx512_bf16::matrix_times_units<Number>(matrix, rows.words, first, last, y.data);
    if constexpr (is_nibble<Number>) {
      if (rows.count == 1) return avx512_bf16::matrix_times_nibbles(matrix, rows.words, x, first, last, y.data);
    } else if constexpr (is_code<Number>) {
      if (rows.count == 1) return avx512_bf16::matrix_times_pairs<Number>(matrix, rows.words, first, last, y.data);
    }
    return avx512_bf16::matrix_times_pair_rows<Number>(matrix, rows, x, first, last, y);
  }
#endif
  static_cast<void>(matrix), static_cast<void>(x), static_cast<void>(first), static_cast<void>(last),
      static_cast<void>(y);
}

// Where pairs are faster.
template <class Number> bool pairs_pay(const Cpu& cpu, const Product& p) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if constexpr (avx512_bf16::LinesOf<Number>::exist)
    return cpu.isa >= Isa::avx512_bf16 && p.rounds() && (p.count > 1 || is_code<Number> || go_by_row(cpu, p.columns));
#endif
  static_cast<void>(cpu), static_cast<void>(p);
  return false;
}

// Where tiles are faster: for several tokens. One token's weights, and two tokens' of bf16, come no faster from memory
// than vectors take them.
template <class Number> bool tiles_pay(const Cpu& cpu, const Product& p) {
#if defined(ETALON_TILES)
  if constexpr (amx::LinesOf<Number>::exist)
    return cpu.isa == Isa::amx && p.rounds() && p.count > (sizeof(Number) == 2 ? 2 : 1);
#endif
  static_cast<void>(cpu), static_cast<void>(p);
  return false;
}

// Fewer tokens than these leave tiles too empty to pay in mode Q.
inline constexpr int few_tokens = 8;

// The form in which the fastest kernels for this product take its activations.
template <class Number> ActivationForm activation_form(const Cpu& cpu, const Product& p) {
  if (p.mode == Numerics::int8) {
    const bool tiled = cpu.isa == Isa::amx && p.count >= few_tokens;
    return tiled ? ActivationForm::code_tiles : ActivationForm::codes;
  }
  if (tiles_pay<Number>(cpu, p)) return ActivationForm::tiles;
  if (!pairs_pay<Number>(cpu, p)) return ActivationForm::numbers;
  if (!is_code<Number> || p.count > 1) return ActivationForm::pairs;
  return is_nibble<Number> ? ActivationForm::nibble_pairs : ActivationForm::code_pairs;
}

using SharedActivations = std::shared_ptr<const Activations>;

inline SharedActivations activations_of(const Cpu& cpu, const Product& p, ActivationForm form) {
  return std::make_shared<const Activations>(cpu, p, form);
}

// A product in mode F or H; its rows are computed in parts.
template <class Number> class FloatProduct {
 public:
  FloatProduct(const Cpu& cpu, const WordRows& matrix, const Product& product, SharedActivations x)
      : isa_(cpu.isa), matrix_(matrix), product_(product), x_(std::move(x)) {
    matrix_.one_stream = cpu.one_stream;
    if (tiles_pay<Number>(cpu, product) && product.count <= tile_rows) together_ *= 2;
  }
  int parts() const { return (product_.outputs + together_ - 1) / together_; }
  std::int64_t work() const { return product_.work() * together_; }   // of a part

  void operator()(int first, int last) const {
    const OutputRows y{product_.y, product_.outputs};
    first *= together_, last = std::min(last * together_, product_.outputs);
    if (x_->tiles()) multiply_tiles<Number>(matrix_, *x_, first, last, y);
    else if (x_->pairs()) multiply_pairs<Number>(matrix_, *x_, first, last, y);
    else multiply_rows<Number>(isa_, matrix_, x_->numbers(), first, last, y);
  }

 private:
  Isa isa_;
  WordRows matrix_;
  Product product_;
  SharedActivations x_;
  int together_ = outputs_together;
};

// Do kernels take a product with a matrix that looks like this to them?
inline bool kernels_take(const Cpu& cpu, const WordRows& matrix, const Product& p) {
  return cpu.isa != Isa::scalar && matrix.data != nullptr && p.count > 0;
}

// Modes F and H. A template, so that who only includes it need not compile it.
template <std::same_as<Cpu> Backend>
void multiply_floats(const Backend& cpu, const Storage& storage, const Product& p) {
  visit_storage(storage, [&](const auto& weights) {
    const auto words = words_of(weights, p.columns);
    if (!kernels_take(cpu, words.rows, p)) return multiply_floats(CpuLoops(cpu), storage, p);
    using Number = typename decltype(words)::Stored;
    const auto x = activations_of(cpu, p, activation_form<Number>(cpu, p));
    const FloatProduct<Number> product(cpu, words.rows, p, x);
    for_rows(cpu, product.parts(), product.work(), product);
  });
}

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

// A product in mode Q; otherwise as FloatProduct.
template <class Number> class Int8Product {
 public:
  Int8Product(const Cpu& cpu, const WordRows& matrix, const Product& product, SharedActivations x)
      : isa_(cpu.isa), matrix_(matrix), product_(product), x_(std::move(x)) {}
  int parts() const { return (product_.outputs + outputs_together - 1) / outputs_together; }
  std::int64_t work() const { return product_.work() * outputs_together; }   // of a part

  void operator()(int first, int last) const {
    const OutputRows y{product_.y, product_.outputs};
    first *= outputs_together, last = std::min(last * outputs_together, product_.outputs);
#if defined(ETALON_TILES)
    if (const auto* tiles = x_->code_tiles())
      return amx::int8_matrix_times_tiles(matrix_, avx512::reader_of<Number>, tiles->tiles(), first, last, y);
#endif
    multiply_int8_rows<Number>(isa_, matrix_, x_->codes()->rows(), first, last, y);
  }

 private:
  Isa isa_;
  WordRows matrix_;
  Product product_;
  SharedActivations x_;
};

// Mode Q.
template <std::same_as<Cpu> Backend>
void multiply_int8(const Backend& cpu, const Storage& storage, const Product& p) {
  visit_storage(storage, [&](const auto& weights) {
    const auto words = words_of(weights, p.columns);
    if (!kernels_take(cpu, words.rows, p)) return multiply_int8(CpuLoops(cpu), storage, p);
    using Number = typename decltype(words)::Stored;
    const auto x = activations_of(cpu, p, activation_form<Number>(cpu, p));
    const Int8Product<Number> product(cpu, words.rows, p, x);
    for_rows(cpu, product.parts(), product.work(), product);
  });
}

}  // namespace etalon
