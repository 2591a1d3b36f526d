#pragma once
// Walks the 2^32 binary32 inputs in increasing order, in chunks that threads take in turn, and adds up per chunk.
//
// A chunk's sums do not depend on the thread that made them, and chunks are combined in order: a table of sums has the
// same digits on any number of threads.
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <etalon/math/real.hpp>

namespace etalon::test {

inline constexpr std::uint64_t all_inputs = std::uint64_t{1} << 32;
inline constexpr std::uint64_t chunk_inputs = std::uint64_t{1} << 20;

// The n-th float from below: NaN, -inf … -0, +0 … +inf, NaN.
inline float nth_float(std::uint64_t n) {
  const auto s = static_cast<std::uint32_t>(n);
  return float_of(s & 0x80000000u ? s & 0x7fffffffu : ~s);
}

// Which of the numbers in a row a float is, the two zeros being one: differences count steps between neighbours.
inline std::int64_t place_of(float x) {
  const auto size = static_cast<std::int64_t>(bits_of(x) & 0x7fffffffu);
  return bits_of(x) & 0x80000000u ? -size : size;
}

// work(first, last, result) for every chunk, on that many threads; results in order of the chunks.
template <class Result, class Work>
std::vector<Result> in_chunks(int threads, Work work) {
  std::vector<Result> results(all_inputs / chunk_inputs);
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t chunk; (chunk = next.fetch_add(1)) < results.size();)
      work(chunk * chunk_inputs, (chunk + 1) * chunk_inputs, results[chunk]);
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(run);
  run();
  for (std::thread& helper : helpers) helper.join();
  return results;
}

}  // namespace etalon::test
