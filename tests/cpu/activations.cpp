// Tests of include/etalon/cpu/activations.hpp. What products make of them: tests/cpu/linear.cpp.
#include <etalon/cpu/activations.hpp>

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("rows of whole blocks stay where they are, others are copied with zeros behind") {
  std::vector<float> x(2 * 64, 1.0f);
  CHECK(PaddedRows(x.data(), 2, 64).rows().data == x.data());
  const PaddedRows padded(x.data(), 2, 50);
  const ActivationRows& rows = padded.rows();
  REQUIRE(rows.data != x.data());
  for (int t = 0; t < 2; ++t) {
    CHECK(rows.data[t * rows.stride + 49] == 1.0f);
    for (int k = 50; k < 64; ++k) CHECK(rows.data[t * rows.stride + k] == 0.0f);
  }
}

#if defined(__x86_64__)

namespace {

// Do pairs, or tiles, take rows of ones among which there is one such number?
template <class Activations> bool taken(float number) {
  std::vector<float> x(3 * 96, 1.0f);
  x[150] = number;
  return Activations(Cpu(), {x.data(), 96, 3}, 96).fit();
}

}  // namespace

TEST_CASE("numbers that pairs would flush or overflow are found, in any row") {
  if (!has_isa(Isa::avx512_bf16)) return;
  for (const float fits : {0.0f, -0.0f, 0x1p-55f, -0x1.fep49f}) CHECK(taken<PairedActivations>(fits));
  for (const float odd : {0x1p-56f, 0x1p50f, INFINITY, -0x1p100f}) CHECK_FALSE(taken<PairedActivations>(odd));
}

TEST_CASE("a form whose numbers do not fit gives way to plain numbers") {
  if (!has_isa(Isa::avx512_bf16)) return;
  std::vector<float> x(2 * 32, 1.0f);
  const Activations fits(Cpu(), x.data(), 2, 32, ActivationForm::pairs);
  CHECK(fits.pairs() != nullptr);
  CHECK(fits.tiles() == nullptr);
  CHECK(fits.codes() == nullptr);
  x[40] = INFINITY;
  const Activations odd(Cpu(), x.data(), 2, 32, ActivationForm::pairs);
  CHECK(odd.pairs() == nullptr);
  CHECK(odd.numbers().data == x.data());
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

#endif
