// Tests of include/etalon/cpu/kernels.hpp: each kernel on its own. tests/cpu/linear.cpp has the products.
#include <etalon/cpu/kernels.hpp>

#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

#if defined(__x86_64__)

namespace {

// Calls f with each set of kernels that this machine can run.
template <class F> void with_each_set(F&& f) {
  if (has_isa(Isa::avx2)) f(Isa::avx2);
  if (has_isa(Isa::avx512)) f(Isa::avx512);
}

// What W . x gives for a matrix of one column: its numbers times x, read by either kernel.
template <class Number> std::vector<float> decoded(Isa isa, const std::vector<Number>& codes, int tokens) {
  const int rows = static_cast<int>(codes.size());
  const WordRows matrix{reinterpret_cast<const std::byte*>(codes.data()), sizeof(Number), 1, 0, 1, nullptr, nullptr};
  std::vector<float> x(static_cast<std::size_t>(tokens) * column_padding), y(codes.size() * x.size());
  for (int t = 0; t < tokens; ++t) x[static_cast<std::size_t>(t) * column_padding] = 1.0f;
  const ActivationRows activations{x.data(), column_padding, tokens};
  const OutputRows outputs{y.data(), rows};
  if (isa == Isa::avx512 && tokens == 1)
    avx512::matrix_times_vector<Number>(matrix, x.data(), 0, rows, y.data());
  else if (isa == Isa::avx512)
    avx512::matrix_times_matrix(matrix, avx512::reader_of<Number>, activations, 0, rows, outputs);
  else if (tokens == 1)
    avx2::matrix_times_vector<Number>(matrix, x.data(), 0, rows, y.data());
  else
    avx2::matrix_times_matrix(matrix, avx2::reader_of<Number>, activations, 0, rows, outputs);
  y.resize(codes.size());
  return y;
}

// The same by pairs of bf16 numbers; of one token in bands, or else row by row.
template <class Number>
std::vector<float> decoded_in_pairs(const std::vector<Number>& codes, int tokens, bool by_row) {
  const int rows = static_cast<int>(codes.size());
  const WordRows matrix{reinterpret_cast<const std::byte*>(codes.data()), sizeof(Number), 1, 0, 1, nullptr, nullptr,
                        by_row};
  std::vector<float> x(column_padding * 2), y(codes.size() * 2);
  x[0] = x[column_padding] = 1.0f;
  alignas(64) std::uint32_t words[2][32], vector[256];
  if (tokens == 1 && by_row) {
    avx512_bf16::pair_units(x.data(), 1, avx512_bf16::PairsOf<Number>::lines, sizeof(Number) == 1, vector);
    avx512_bf16::matrix_times_units<Number>(matrix, vector, 0, rows, y.data());
  }
  if constexpr (sizeof(Number) == 1)
    if (tokens == 1 && !by_row) {
      avx512_bf16::pair_vector(x.data(), 1, true, vector);
      avx512_bf16::matrix_times_pairs<Number>(matrix, vector, 0, rows, y.data());
    }
  if (tokens > 1) {
    for (int t = 0; t < 2; ++t) avx512_bf16::pair_row(x.data(), 32, words[t]);
    const struct {
      ActivationRows rows;
      ActivationRows numbers() const { return rows; }
    } given{{x.data(), column_padding, 2}};
    avx512_bf16::matrix_times_pair_rows<Number>(matrix, {words[0], 32, 2}, given, 0, rows, {y.data(), rows});
  }
  y.resize(codes.size());
  return y;
}

// How many codes a kernel reads as another number than the format does. Sums make +0 of -0.
template <class Number, class Bits> int misread(Isa isa, int tokens, bool by_row = false) {
  std::vector<Number> codes;
  for (int code = 0; code < 1 << (8 * sizeof(Bits)); ++code) codes.push_back({static_cast<Bits>(code)});
  std::vector<float> numbers;
  if constexpr (!std::same_as<Number, F16>)
    if (isa == Isa::avx512_bf16) numbers = decoded_in_pairs(codes, tokens, by_row);
  if (numbers.empty()) numbers = decoded(isa, codes, tokens);
  int wrong = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const float expected = codes[i].decode();
    wrong += is_nan(expected) ? !is_nan(numbers[i]) : numbers[i] != expected;
  }
  return wrong;
}

}  // namespace

TEST_CASE("every code of every format is read as what it is, one token or two") {
  const auto each_set = [](auto&& f) {
    with_each_set(f);
    if (has_isa(Isa::avx512_bf16)) f(Isa::avx512_bf16);
  };
  each_set([](Isa isa) {
    CAPTURE(name_of(isa));
    for (const int tokens : {1, 2}) {
      CHECK(misread<E4m3, std::uint8_t>(isa, tokens) == 0);
      CHECK(misread<E5m2, std::uint8_t>(isa, tokens) == 0);
      CHECK(misread<I8, std::int8_t>(isa, tokens) == 0);
      CHECK(misread<F16, std::uint16_t>(isa, tokens) == 0);
      if (isa != Isa::avx512_bf16 || tokens > 1) CHECK(misread<Bf16, std::uint16_t>(isa, tokens) == 0);
    }
    if (isa != Isa::avx512_bf16) return;
    CHECK(misread<E4m3, std::uint8_t>(isa, 1, true) == 0);
    CHECK(misread<E5m2, std::uint8_t>(isa, 1, true) == 0);
    CHECK(misread<I8, std::int8_t>(isa, 1, true) == 0);
    CHECK(misread<Bf16, std::uint16_t>(isa, 1, true) == 0);
  });
}

namespace {

// Quantises a row with a kernel and puts its codes into the order of columns.
struct QuantisedRow {
  std::vector<std::int8_t> codes;
  std::vector<float> scales;

  QuantisedRow(Isa isa, const std::vector<float>& x) : codes(x.size()), scales((x.size() + 31) / 32) {
    const std::size_t width = isa == Isa::avx512 ? 16 : 8;
    const int offset = isa == Isa::avx512 ? avx512::byte_offset : avx2::byte_offset;
    std::vector<std::uint32_t> words((scales.size() + 15) / 16 * 16 * 8);
    if (isa == Isa::avx512) avx512::quantise_row(x.data(), static_cast<int>(x.size()), words.data(), scales.data());
    else avx2::quantise_row(x.data(), static_cast<int>(x.size()), words.data(), scales.data());
    for (std::size_t k = 0; k < x.size(); ++k) {
      const std::size_t block = k / 32, word = k % 32 / 4;
      const std::uint32_t four = words[(block / width * 8 + word) * width + block % width];
      codes[k] = static_cast<std::int8_t>(static_cast<int>(four >> (8 * (k % 4)) & 255u) - offset);
    }
  }
};

}  // namespace

TEST_CASE("activations are quantised as quantise_group does it: groups of all sizes, NaN, infinities, ties") {
  Random random(1);
  with_each_set([&](Isa isa) {
    CAPTURE(name_of(isa));
    for (const std::size_t size : {1u, 31u, 32u, 33u, 511u, 512u, 600u}) {
      auto x = random.normals(size);
      for (std::size_t i = 0; i < size; i += 3) x[i] = static_cast<float>(random.below(255) - 127) * 0.5f;
      if (size > 100) {
        x[40] = __builtin_nanf(""), x[70] = __builtin_inff();
        for (std::size_t i = 128; i < 160; ++i) x[i] *= 0x1p-110f;
        for (std::size_t i = 160; i < 192; ++i) x[i] = -0.0f;
      }
      const QuantisedRow row(isa, x);
      for (std::size_t first = 0; first < size; first += 32) {
        std::int8_t codes[32];
        const std::size_t n = size - first < 32 ? size - first : 32;
        CHECK(row.scales[first / 32] == quantise_group(&x[first], static_cast<int>(n), codes));
        CHECK(std::memcmp(codes, &row.codes[first], n) == 0);
      }
    }
  });
}

#else

TEST_CASE("on this processor there are no kernels, and the reference's loops run") {
  CHECK(best_isa() == Isa::scalar);
}

#endif
