// Tests of include/etalon/sample/sampler.hpp.
#include <etalon/sample/sampler.hpp>

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon::sample;
using etalon::test::Random;

static const float infinity = std::numeric_limits<float>::infinity();

// next_token at a position, with nothing to penalise.
static int drawn(const std::vector<float>& logits, int position, const SamplingOptions& options) {
  static const std::vector<int> past(1 << 16, 0);
  return next_token(logits, {past.data(), static_cast<std::size_t>(position)}, options);
}
static std::vector<float> logs(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}
static std::vector<int> kept(const std::vector<double>& probabilities, const SamplingOptions& options) {
  std::vector<Candidate> candidates = weighted(logs(probabilities), 1.0f);
  filter(candidates, options);
  std::vector<int> ids;
  for (const Candidate& c : candidates) ids.push_back(c.id);
  return ids;
}

TEST_CASE("greedy takes the largest logit, ties go to the lower id") {
  CHECK(drawn({1.0f, 3.0f, 3.0f, 2.0f}, 0, {}) == 1);
  CHECK(drawn({-infinity, -5.0f, -infinity}, 7, {}) == 1);
  CHECK(drawn({0.0f}, 0, {}) == 0);
}

TEST_CASE("logits that are not numbers are an error, whatever the sign of the NaN and the rest of the options") {
  for (std::uint32_t bits : {0x7fc00000u, 0xffc00000u}) {
    for (float temperature : {0.0f, 1.0f}) {
      SamplingOptions options;
      options.temperature = temperature;
      CHECK_THROWS_AS(drawn({1.0f, etalon::float_of(bits), infinity}, 3, options), etalon::Error);
    }
  }
  try {
    drawn({etalon::float_of(0xffc00000u)}, 3, {});
  } catch (const etalon::Error& error) {
    CHECK(error.where() == "logits at position 3");
  }
}

TEST_CASE("by hand: a weight is 2^30 times 2 to the power of the logit, less the largest, times log2 e / T") {
  const std::vector<Candidate> candidates = weighted({0.0f, -1.0f, 0.0f}, 1.4426950408889634f);   // T = log2 e
  CHECK(candidates[0].id == 0);
  CHECK(candidates[1].id == 2);
  CHECK(candidates[2].id == 1);
  CHECK(candidates[0].weight == 1u << 30);
  CHECK(candidates[2].weight == 1u << 29);
  CHECK(total_weight(candidates) == (std::uint64_t{1} << 31) + (1u << 29));
}

TEST_CASE("exact integer shares") {
  Random random;
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t a = random.next(), b = random.next() >> random.below(64), share = random.next() >> 40;
    const auto wide = static_cast<unsigned __int128>(a) * b;
    REQUIRE(high_product(a, b) == static_cast<std::uint64_t>(wide >> 64));
    const std::uint64_t total = b >> 8;
    const auto product = static_cast<unsigned __int128>(total) * share;
    REQUIRE(share_of(total, share) == static_cast<std::uint64_t>(product >> 24));
  }
}

TEST_CASE("by hand: what top-k, top-p and min-p keep of 0.4, 0.1, 0.3, 0.2") {
  const std::vector<double> p{0.4, 0.1, 0.3, 0.2};
  CHECK(kept(p, {}) == std::vector{0, 2, 3, 1});
  CHECK(kept(p, {.top_k = 2}) == std::vector{0, 2});
  CHECK(kept(p, {.top_k = 9}).size() == 4);
  CHECK(kept(p, {.top_p = 0.35f}) == std::vector{0});               // 0.4 reaches it
  CHECK(kept(p, {.top_p = 0.65f}) == std::vector{0, 2});            // 0.7 does
  CHECK(kept(p, {.top_p = 0.75f}) == std::vector{0, 2, 3});         // 0.7 does not, the one that passes it stays
  CHECK(kept(p, {.top_p = 0.0f}) == std::vector{0});
  CHECK(kept(p, {.min_p = 0.45f}) == std::vector{0, 2, 3});         // 0.45 * 0.4 = 0.18
  CHECK(kept(p, {.min_p = 0.6f}) == std::vector{0, 2});
  CHECK(kept(p, {.min_p = 1.0f}) == std::vector{0});
  // After top-k the rest count as a whole: 0.4 / 0.7 = 0.57 reaches 0.5, alone.
  CHECK(kept(p, {.top_k = 2, .top_p = 0.5f}) == std::vector{0});
  CHECK(kept(p, {.top_p = 0.5f}) == std::vector{0, 2});             // planted: not renormalised it would be this
  CHECK(kept({0.25, 0.25, 0.25, 0.25}, {.top_k = 2}) == std::vector{0, 1});   // ties: the lower ids stay
}

TEST_CASE("by hand: the penalty divides what is positive, multiplies what is negative, once a token") {
  const std::vector<float> logits{2.0f, -2.0f, 2.0f, 0.0f};
  CHECK(penalised(logits, std::vector{0, 1, 0, 0, 3}, 4.0f) == std::vector<float>{0.5f, -8.0f, 2.0f, 0.0f});
  CHECK(penalised(logits, std::vector{0, 1}, 1.0f) == logits);
  SamplingOptions options;
  options.repeat_penalty = 4.0f;
  CHECK(next_token(std::vector<float>{2.0f, 1.0f}, std::vector{0}, options) == 1);
}

TEST_CASE("a draw depends on seed and position alone: not on the ids before it, nor on earlier draws") {
  const std::vector<float> logits(1000, 0.0f);
  SamplingOptions options;
  options.temperature = 1.0f;
  options.seed = 11;
  const int first = next_token(logits, std::vector{1, 2, 3}, options);
  next_token(logits, std::vector{4}, options);
  CHECK(next_token(logits, std::vector{9, 9, 9}, options) == first);
  CHECK(next_token(logits, std::vector{1, 2, 3, 4}, options) != first);
  options.seed = 12;
  CHECK(next_token(logits, std::vector{1, 2, 3}, options) != first);
  // 1000 equal weights: the draw is floor(fraction * 1000 2^30) in steps of 2^30.
  const std::uint64_t fraction = draw(11, 3);
  CHECK(first == static_cast<int>((static_cast<unsigned __int128>(fraction) * 1000) >> 64));
}

// Sum of (observed - expected)^2 / expected over 20000 positions.
static double chi_square(const std::vector<double>& probabilities, const std::vector<float>& logits,
                         float temperature) {
  SamplingOptions options;
  options.temperature = temperature;
  options.seed = 2026;
  std::vector<int> count(probabilities.size(), 0);
  for (int position = 0; position < 20000; ++position) ++count[drawn(logits, position, options)];
  double sum = 0.0;
  for (std::size_t i = 0; i < count.size(); ++i)
    sum += std::pow(count[i] - 20000 * probabilities[i], 2) / (20000 * probabilities[i]);
  return sum;
}

TEST_CASE("frequencies are the probabilities; a wrong temperature is not") {
  // Five degrees of freedom: 20.5 is passed once in a thousand.
  const std::vector<double> p{0.3, 0.25, 0.2, 0.15, 0.08, 0.02};
  CHECK(chi_square(p, logs(p), 1.0f) < 20.5);
  std::vector<double> squared;   // at T = 1/2 probabilities are squared
  double total = 0.0;
  for (double x : p) total += x * x;
  for (double x : p) squared.push_back(x * x / total);
  CHECK(chi_square(squared, logs(p), 0.5f) < 20.5);
  CHECK(chi_square(p, logs(p), 0.8f) > 50.0);
}

TEST_CASE("a very low temperature is greedy, however close the logits; very large logits do no harm") {
  for (float temperature : {1e-3f, 1e-6f, 1e-30f, 1e-42f}) {
    SamplingOptions options;
    options.temperature = temperature;
    for (int position = 0; position < 50; ++position) CHECK(drawn({20.0f, 20.5f, -3.0f}, position, options) == 1);
  }
  SamplingOptions options;
  options.temperature = 1.0f;
  CHECK(drawn({1e30f, 2e30f, -1e30f}, 5, options) == 1);
  CHECK(drawn({0.0f, infinity, 1e30f}, 5, options) == 1);
  CHECK(drawn({-infinity, -infinity, 3.0f}, 5, options) == 2);
  const int any = drawn({-infinity, -infinity}, 5, options);
  CHECK((any == 0 || any == 1));
}

TEST_CASE("what was filtered out is never drawn") {
  SamplingOptions options;
  options.temperature = 2.0f;
  options.top_k = 3;
  options.min_p = 0.05f;
  for (int position = 0; position < 2000; ++position) {
    const int id = drawn({0.0f, 1.0f, 2.0f, 3.0f, 4.0f}, position, options);
    REQUIRE(id >= 2);
  }
}
