#pragma once
// From logits to the next token: greedy, or a draw from the filtered distribution.
//
//   logits -> repetition penalty -> / temperature -> top-k -> top-p -> min-p -> draw
//
// Probabilities become integers, w_i = floor(2^30 * 2^t_i), t_i = (logit_i - largest logit) * log2 e / T, so every sum
// is exact and the draw depends on nothing but the logits, the seed and the position: Philox keyed by the seed, counted
// by the position of the token drawn (docs/arithmetic.md, R7). Ties go to the lower id. Penalty: Keskar et al. 2019;
// top-p: Holtzman et al. 2020; min-p: Nguyen et al. 2024. Each filter is renormalised over what the one before it left.
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/math/exp.hpp>
#include <etalon/math/philox.hpp>
#include <etalon/math/softmax.hpp>
#include <etalon/math/top_k.hpp>

namespace etalon::sample {

struct SamplingOptions {
  float temperature = 0.0f;      // 0: greedy
  int top_k = 0;                 // 0: all
  float top_p = 1.0f, min_p = 0.0f;
  float repeat_penalty = 1.0f;   // logits of tokens already there: / penalty where positive, * penalty where negative
  std::uint64_t seed = 0;
};

// One token that may be drawn.
struct Candidate { int id; float logit; std::uint32_t weight; };

inline std::uint64_t total_weight(std::span<const Candidate> candidates) {
  std::uint64_t total = 0;
  for (const Candidate& c : candidates) total += c.weight;
  return total;
}

// floor(total * share / 2^24), exactly; share is a fraction in units of 2^-24.
inline std::uint64_t share_of(std::uint64_t total, std::uint64_t share) {
  return (total >> 24) * share + (((total & 0xffffffu) * share) >> 24);
}

// floor(a * b / 2^64): a random 64-bit fraction of b.
inline std::uint64_t high_product(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a0 = a & 0xffffffffu, a1 = a >> 32, b0 = b & 0xffffffffu, b1 = b >> 32;
  const std::uint64_t middle = a1 * b0 + ((a0 * b0) >> 32), other = a0 * b1 + (middle & 0xffffffffu);
  return a1 * b1 + (middle >> 32) + (other >> 32);
}

// The logits, those of each token of the past penalised once, however often it stands there.
inline std::vector<float> penalised(std::span<const float> logits, std::span<const int> past, float penalty) {
  std::vector<float> scores(logits.begin(), logits.end());
  if (penalty == 1.0f) return scores;
  for (int id : past) scores[id] = logits[id] > 0.0f ? divide(logits[id], penalty) : logits[id] * penalty;
  return scores;
}

// All tokens, best first, each with its integer weight.
inline std::vector<Candidate> weighted(const std::vector<float>& logits, float temperature) {
  const float scale = static_cast<float>(1.4426950408889634 / static_cast<double>(temperature));   // log2 e / T
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < logits.size(); ++i) candidates.push_back({static_cast<int>(i), logits[i], 0});
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return ranks_before(a.logit, a.id, b.logit, b.id);
  });
  const float largest = candidates.front().logit;
  for (Candidate& c : candidates) {
    const float below = c.logit == largest ? 0.0f : (c.logit - largest) * scale;   // equal infinities: no NaN
    const float t = below > -softmax_limit ? below : -softmax_limit, n = round_to_integer(t);
    const float p = exp2_fraction(t - n) * power_of_two_or_zero(static_cast<int>(n));
    c.weight = static_cast<std::uint32_t>(p * 0x1p30f);
  }
  return candidates;
}

// Keeps the candidates the options allow; they stand best first and stay so. At least one stays.
inline void filter(std::vector<Candidate>& candidates, const SamplingOptions& options) {
  if (options.top_k > 0 && static_cast<std::size_t>(options.top_k) < candidates.size())
    candidates.resize(static_cast<std::size_t>(options.top_k));
  if (options.top_p < 1.0f) {
    const auto share = static_cast<std::uint64_t>(options.top_p * 0x1p24f);
    const std::uint64_t enough = share_of(total_weight(candidates), share);
    std::uint64_t sum = 0;
    std::size_t kept = 0;
    while (kept < candidates.size() && (kept == 0 || sum < enough)) sum += candidates[kept++].weight;
    candidates.resize(kept);
  }
  if (options.min_p > 0.0f) {
    const auto share = static_cast<std::uint64_t>(options.min_p * 0x1p24f);
    const std::uint64_t least = share_of(candidates.front().weight, share);
    std::size_t kept = 1;
    while (kept < candidates.size() && candidates[kept].weight >= least) ++kept;
    candidates.resize(kept);
  }
}

// A random 64-bit fraction that belongs to this seed and position.
inline std::uint64_t draw(std::uint64_t seed, std::uint32_t position) {
  const PhiloxBlock block = philox({position, 0, 0, 0}, seed);
  return block[0] | static_cast<std::uint64_t>(block[1]) << 32;
}

// The token that follows. past: the ids before it; its position is their number. logits (Vocab). Throws Error where
// the logits are not numbers.
inline int next_token(std::span<const float> logits, std::span<const int> past, const SamplingOptions& options) {
  const std::vector<float> scores = penalised(logits, past, options.repeat_penalty);
  const int best = arg_max(scores.data(), static_cast<int>(scores.size()));
  if (is_nan(scores[best]))
    throw Error("logits at position " + std::to_string(past.size()), "numbers", "NaN (not a number)",
                "check the weights with `etalon trace`: a damaged or badly converted checkpoint does this");
  if (options.temperature == 0.0f) return best;
  std::vector<Candidate> candidates = weighted(scores, options.temperature);
  filter(candidates, options);
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
  const std::uint64_t fraction = draw(options.seed, static_cast<std::uint32_t>(past.size()));
  std::uint64_t rest = high_product(fraction, total_weight(candidates));
  for (const Candidate& c : candidates) {
    if (rest < c.weight) return c.id;
    rest -= c.weight;
  }
  return candidates.back().id;
}

}  // namespace etalon::sample
