// Tests of include/etalon/cpu/ceilings.hpp.
#include <etalon/cpu/ceilings.hpp>

#include <span>
#include <vector>

#include <doctest/doctest.h>

using namespace etalon;

static std::vector<std::uint32_t> counted(std::size_t words) {
  std::vector<std::uint32_t> numbers(words);
  for (std::size_t i = 0; i < words; ++i) numbers[i] = static_cast<std::uint32_t>(i * 2654435761u);
  return numbers;
}

TEST_CASE("every word is read once, with every set of instructions and number of streams") {
  for (std::size_t words : {std::size_t{512}, std::size_t{4096}, std::size_t{5 * 512}}) {
    const std::vector<std::uint32_t> numbers = counted(words);
    std::uint32_t expected = 0;
    for (std::uint32_t number : numbers) expected += number;
    for (Isa isa : all_isas)
      for (int streams : ceiling_streams)
        if (has_isa(isa))
          CHECK(sum_of_words(isa, std::as_bytes(std::span(numbers)).data(), words * 4, streams) == expected);
  }
}

TEST_CASE("a word that is left out shows") {
  std::vector<std::uint32_t> numbers = counted(1024);
  const auto sum = [&] { return sum_of_words(best_isa(), std::as_bytes(std::span(numbers)).data(), 4096, 4); };
  const std::uint32_t before = sum();
  for (std::size_t i : {0, 255, 256, 700, 1023}) {
    ++numbers[i];
    CHECK(sum() == before + 1);
    --numbers[i];
  }
}

TEST_CASE("operations are two for each fma, lane and chain") {
  if (has_isa(Isa::avx2)) CHECK(run_fma_chains(Isa::avx2, 1000).amount == 2.0 * 12 * 8 * 1000);
  if (has_isa(Isa::avx512)) CHECK(run_fma_chains(Isa::avx512, 1000).amount == 2.0 * 12 * 16 * 1000);
  CHECK(run_fma_chains(Isa::scalar, 1000).amount == 0.0);
}

TEST_CASE("the chains come to rest where x = 0.999 x + 0.001 does") {
  for (Isa isa : {Isa::avx2, Isa::avx512})
    if (has_isa(isa)) {
      const CeilingWork work = run_fma_chains(isa, 100000);
      const double lanes = work.amount / (2.0 * 100000);
      CHECK(work.result == doctest::Approx(lanes).epsilon(1e-3));
      CHECK(run_fma_chains(isa, 1).result != work.result);   // it depends on every step
    }
}
