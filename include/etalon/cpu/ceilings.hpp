#pragma once
// What this machine gives at most, to say how near an operation comes to it: the rate at which memory can be read, and
// at which 32-bit fma can be done, with each set of vector instructions.
//
//   operations: 2 for each fma         bytes: each read once
//
// Both are the work alone, in the caller's thread; etalon bench shares it among threads and measures time.
// Left out: what other units give (integer dots, AMX), caches, writing.
#include <etalon/cpu/kernels.hpp>

// The sets of instructions are those of kernels.hpp, whose vectors these are.
#if defined(__x86_64__) && !defined(__CUDACC__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif
namespace etalon::avx2 {
#include <etalon/cpu/kernels/ceilings.inl>
}  // namespace etalon::avx2
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(                                                                                \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))),      \
    apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif
namespace etalon::avx512 {
#include <etalon/cpu/kernels/ceilings.inl>
}  // namespace etalon::avx512
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

namespace etalon {

// The work of a ceiling: how many operations or bytes, and a number that depends on all of it, so that no compiler
// leaves any out.
struct CeilingWork { double amount; float result; };

// `steps` steps of independent chains of fma with the vectors of a set of instructions; scalar does none.
inline CeilingWork run_fma_chains([[maybe_unused]] Isa isa, [[maybe_unused]] std::int64_t steps) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  const double of_one_lane = 2.0 * avx2::ceiling_chains * static_cast<double>(steps);
  if (isa >= Isa::avx512) return {of_one_lane * avx512::width, avx512::fma_chains(steps)};
  if (isa == Isa::avx2) return {of_one_lane * avx2::width, avx2::fma_chains(steps)};
#endif
  return {};
}

// How many places of memory are read side by side; which of these is fastest depends on the machine.
inline constexpr int ceiling_streams[] = {1, 4, 8};

// The sum of the 32-bit words in memory, modulo 2^32. bytes: a multiple of 2048. data: aligned to 4 bytes.
inline std::uint32_t sum_of_words(Isa isa, const std::byte* data, std::size_t bytes, [[maybe_unused]] int streams) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (isa >= Isa::avx512)
    return streams == 8   ? avx512::sum_of_streams<8>(data, bytes / 8)
           : streams == 4 ? avx512::sum_of_streams<4>(data, bytes / 4)
                          : avx512::sum_of_streams<1>(data, bytes);
  if (isa == Isa::avx2)
    return streams == 8   ? avx2::sum_of_streams<8>(data, bytes / 8)
           : streams == 4 ? avx2::sum_of_streams<4>(data, bytes / 4)
                          : avx2::sum_of_streams<1>(data, bytes);
#endif
  static_cast<void>(isa);
  std::uint32_t sum = 0, word = 0;
  for (std::size_t at = 0; at < bytes; at += sizeof word) {
    std::memcpy(&word, data + at, sizeof word);
    sum += word;
  }
  return sum;
}

}  // namespace etalon
