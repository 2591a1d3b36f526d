// Tests of include/etalon/cpu/activations.hpp. What products make of them: tests/cpu/linear.cpp.
#include <etalon/cpu/activations.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("rows of whole blocks stay where they are, others are copied with zeros behind") {
  std::vector<float> x(2 * 64, 1.0f);
  CHECK(PaddedRows(Cpu(), {x.data(), nullptr, 2, 64, 1}, false).rows().data == x.data());
  const PaddedRows padded(Cpu(), {x.data(), nullptr, 2, 50, 1}, false);
  const ActivationRows& rows = padded.rows();
  REQUIRE(rows.data != x.data());
  for (int t = 0; t < 2; ++t) {
    CHECK(rows.data[t * rows.stride + 49] == 1.0f);
    for (int k = 50; k < 64; ++k) CHECK(rows.data[t * rows.stride + k] == 0.0f);
  }
}

TEST_CASE("rows that are to be rounded are a copy, with the reference's bits") {
  std::vector<float> x(3 * 64);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1.0f + static_cast<float>(i) * 0x1p-9f;
  x[70] = 0x1p-60f;
  for (const int columns : {64, 50}) {
    Cpu cpu(3);
    cpu.worth_sharing = 0;
    const PaddedRows rounded(cpu, {x.data(), nullptr, 3, columns, 1}, true);
    REQUIRE(rounded.rows().data != x.data());
    for (int t = 0; t < 3; ++t)
      for (int k = 0; k < columns; ++k)
        REQUIRE(bits_of(rounded.rows().data[t * rounded.rows().stride + k]) ==
                bits_of(round_activation(x[static_cast<std::size_t>(t * columns + k)])));
  }
}

#if defined(__x86_64__)

namespace {

Cpu reading(bool one_stream) {
  Cpu cpu;
  cpu.one_stream = one_stream;
  return cpu;
}

// Do pairs, or tiles, take rows of ones among which there is one such number, however memory is read?
template <class Activations> bool taken(float number, int count = 3, auto... form) {
  constexpr int columns = 600;
  std::vector<float> x(3 * columns + column_padding, 1.0f);
  x[count == 1 ? 570 : 1000] = number;
  const bool taken = Activations(reading(false), {x.data(), columns, count}, columns, form...).fit();
  CHECK(Activations(reading(true), {x.data(), columns, count}, columns, form...).fit() == taken);
  return taken;
}

}  // namespace

TEST_CASE("numbers that pairs would flush or overflow are found, in any row and in one alone") {
  if (!has_isa(Isa::avx512_bf16)) return;
  for (const int count : {1, 3}) {
    CAPTURE(count);
    for (const float fits : {0.0f, -0.0f, 0x1p-55f, -0x1.fep49f}) CHECK(taken<PairedActivations>(fits, count));
    for (const float zero : {0x1.fffffep-56f, -0x1p-126f, 0x1p-149f}) CHECK(taken<PairedActivations>(zero, count));
    for (const float odd : {0x1p50f, 0x1.ffp49f, INFINITY, -0x1p100f, NAN}) {
      CHECK_FALSE(taken<PairedActivations>(odd, count));
      CHECK_FALSE(taken<PairedActivations>(odd, count, ActivationForm::nibble_pairs));
      CHECK_FALSE(taken<PairedActivations>(odd, count, ActivationForm::code_pairs));
    }
    CHECK(taken<PairedActivations>(0x1p-55f, count, ActivationForm::nibble_pairs));
    CHECK(taken<PairedActivations>(0x1p-55f, count, ActivationForm::code_pairs));
  }
}

TEST_CASE("one token's numbers lie column by column of four blocks, zeros behind; rounded where that is asked for") {
  if (!has_isa(Isa::avx2)) return;
  std::vector<float> x(130);
  for (std::size_t k = 0; k < x.size(); ++k) x[k] = static_cast<float>(k + 1) + 0x1p-10f;
  for (const Numerics mode : {Numerics::f32, Numerics::bf16}) {
    const InterleavedRow row(Cpu(), {x.data(), nullptr, 1, 130, 1, mode});
    const auto number = [&](std::size_t k) { return mode == Numerics::bf16 ? round_activation(x[k]) : x[k]; };
    CHECK(row.data()[0] == number(0));
    CHECK(row.data()[1] == number(32));       // column 0 of block 1
    CHECK(row.data()[4] == number(1));        // column 1 of block 0
    CHECK(row.data()[127] == number(127));    // column 31 of block 3
    CHECK(row.data()[128] == number(128));    // the next unit
    CHECK(row.data()[132] == number(129));
    for (const int behind : {129, 130, 131, 133, 255}) CHECK(row.data()[behind] == 0.0f);
  }
}

#if defined(ETALON_TILES)
TEST_CASE("tiles hold the bits of rounded activations, and find the same odd numbers") {
  if (!has_isa(Isa::amx)) return;
  for (const float fits : {0.0f, -0.0f, 0x1p-55f, 0x1.fffffep-56f, 0x1p-149f}) CHECK(taken<TiledActivations>(fits));
  for (const float odd : {0x1p50f, 0x1.ffp49f, INFINITY, -0x1p100f, NAN}) CHECK_FALSE(taken<TiledActivations>(odd));
  std::vector<float> x(2 * 32);
  for (std::size_t i = 0; i < x.size(); ++i)   // ties, the numbers beside them, and some that become zero
    x[i] = (i % 2 == 0 ? 1.0f : -1.0f) * float_of(0x3f808000u + static_cast<std::uint32_t>(i) * 0x7fffu) *
           (i % 7 == 0 ? 0x1p-57f : 1.0f);
  const TiledActivations tiles(Cpu(), {x.data(), 32, 2}, 32);
  for (std::size_t t = 0; t < 2; ++t)
    for (std::size_t k = 0; k < 32; ++k) {
      const std::uint32_t word = tiles.rows().words[k / 2 * 16 + t];   // (pair of columns, token)
      const std::uint32_t half = k % 2 == 0 ? word << 16 : word & 0xffff0000u;
      REQUIRE(half == bits_of(round_activation(x[32 * t + k])));
    }
}
#endif

TEST_CASE("a form whose numbers do not fit gives way to plain numbers") {
  if (!has_isa(Isa::avx512_bf16)) return;
  std::vector<float> x(2 * 32, 1.0f);
  const Product product{x.data(), nullptr, 2, 32, 1, Numerics::bf16};
  const Activations fits(Cpu(), product, ActivationForm::pairs);
  CHECK(fits.pairs() != nullptr);
  CHECK(fits.tiles() == nullptr);
  CHECK(fits.codes() == nullptr);
  x[40] = INFINITY;
  x[41] = 1.0f + 0x1p-8f;
  const Activations odd(Cpu(), product, ActivationForm::pairs);
  CHECK(odd.pairs() == nullptr);
  CHECK(odd.numbers().data[40] == INFINITY);
  CHECK(odd.numbers().data[41] == 1.0f);   // rounded
}

TEST_CASE("one odd number is found among rows of many threads, each time") {
  if (!has_isa(Isa::avx512_bf16)) return;
  Cpu cpu(4);
  cpu.worth_sharing = 0;
  std::vector<float> x(64 * 32, 1.0f);
  int missed = 0;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::size_t at = i % 64 * 32 + 5;
    x[at] = 0x1p60f;
    missed += PairedActivations(cpu, {x.data(), 32, 64}, 32).fit();
    x[at] = 1.0f;
  }
  CHECK(missed == 0);
}

TEST_CASE("a word of pairs holds columns of one chain, the earlier one in its high half") {
  if (!has_isa(Isa::avx512_bf16)) return;
  std::vector<float> x(2 * 32);
  for (std::size_t k = 0; k < x.size(); ++k) x[k] = static_cast<float>(1 << (k % 32 % 8));   // 1, 2, 4 … are bf16
  const PairedActivations pairs(Cpu(), {x.data(), 32, 2}, 32);
  const auto word = [](float early, float late) { return bits_of(early) | bits_of(late) >> 16; };
  CHECK(pairs.words()[0] == word(1.0f, 4.0f));     // columns 0 and 2
  CHECK(pairs.words()[1] == word(2.0f, 8.0f));     // columns 1 and 3
  CHECK(pairs.words()[2] == word(16.0f, 64.0f));   // columns 4 and 6
  CHECK(pairs.words()[pairs.stride()] == pairs.words()[0]);
}

TEST_CASE("one token's words: of eight columns four blocks' side by side, 2^70 times as large; zero stays zero") {
  if (!has_isa(Isa::avx512_bf16)) return;
  const float block_factors[] = {1.0f, -256.0f, 0x1p20f, 0x1p-20f};
  std::vector<float> x(128 + column_padding);
  for (std::size_t k = 0; k < 128; ++k) x[k] = block_factors[k / 32] * static_cast<float>(1 << (k % 32 % 8));
  x[1] = 0.0f;
  for (const auto& [form, factor] : {std::pair(ActivationForm::code_pairs, 0x1p70f),
                                     std::pair(ActivationForm::nibble_pairs, 1.0f)}) {
    const auto word = [&](float early, float late) {
      return bits_of(early * factor) | bits_of(late * factor) >> 16;
    };
    const PairedActivations pairs(reading(false), {x.data(), 128, 1}, 128, form);
    REQUIRE(pairs.stride() == 64);
    CHECK(pairs.words()[0] == word(1.0f, 4.0f));                // columns 0 and 2
    CHECK(pairs.words()[1] == word(0.0f, 8.0f));                // columns 1 and 3
    CHECK(pairs.words()[2] == word(16.0f, 64.0f));              // columns 4 and 6
    CHECK(pairs.words()[4] == word(-256.0f, -1024.0f));         // columns 32 and 34
    CHECK(pairs.words()[15] == word(0x1p-15f, 0x1p-13f));       // columns 101 and 103
    CHECK(pairs.words()[16] == word(1.0f, 4.0f));               // columns 8 and 10
    CHECK(pairs.words()[48 + 8] == word(0x1p20f, 0x1p22f));     // columns 88 and 90
  }
}

TEST_CASE("where a row ends within a unit, one token's words behind it are zeros") {
  if (!has_isa(Isa::avx512_bf16)) return;
  for (const ActivationForm form : {ActivationForm::pairs, ActivationForm::code_pairs, ActivationForm::nibble_pairs})
    for (const int columns : {33, 512 + 33}) {
      std::vector<float> x(static_cast<std::size_t>(columns + column_padding));
      std::fill_n(x.begin(), columns, 1.0f);
      const PairedActivations pairs(reading(true), {x.data(), columns, 1}, columns, form);
      const std::span<const std::uint32_t> words(pairs.words(), static_cast<std::size_t>(pairs.stride()));
      const auto ones = std::count_if(words.begin(), words.end(), [](std::uint32_t word) { return word != 0; });
      CHECK(pairs.by_row() == (columns >= 512));
      CHECK(ones == columns / 32 * 16 + 1);   // whole blocks', and one for the last column
    }
}

TEST_CASE("one token's words for rows: a word of all 16 blocks side by side, in the order that lines are turned into") {
  if (!has_isa(Isa::avx512_bf16)) return;
  constexpr std::size_t columns = 2 * 512;
  std::vector<float> x(columns + column_padding);
  for (std::size_t k = 0; k < columns; ++k) x[k] = static_cast<float>(1 + k / 32) * static_cast<float>(1 << k % 2);
  const struct {
    ActivationForm form;
    float factor;
    std::size_t block_of_lane_1, block_of_lane_4;
  } orders[] = {{ActivationForm::pairs, 1.0f, 1, 4},
                {ActivationForm::code_pairs, 0x1p70f, 2, 1},
                {ActivationForm::nibble_pairs, 1.0f, 4, 1}};
  for (const auto& order : orders) {
    const PairedActivations pairs(reading(true), {x.data(), columns, 1}, columns, order.form);
    REQUIRE(pairs.stride() == 2 * 256);
    const auto word = [&](std::size_t block, float chain) {
      const std::uint32_t number = bits_of(static_cast<float>(1 + block) * chain * order.factor);
      return number | number >> 16;
    };
    CHECK(pairs.words()[0] == word(0, 1.0f));   // the even chain's first two columns
    CHECK(pairs.words()[1] == word(order.block_of_lane_1, 1.0f));
    CHECK(pairs.words()[4] == word(order.block_of_lane_4, 1.0f));
    CHECK(pairs.words()[15] == word(15, 1.0f));
    CHECK(pairs.words()[16] == word(0, 2.0f));    // the odd chain's
    CHECK(pairs.words()[256] == word(16, 1.0f));   // the next unit
  }
}

#endif
