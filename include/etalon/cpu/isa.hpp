#pragma once
// The sets of vector instructions the Cpu backend has kernels for, and the best one this machine runs.
//
// scalar is no set: the operations are then the reference's loops. One program carries the kernels of every set and
// chooses at start-up; which one it is never changes a bit (docs/arithmetic.md, R9), so a lower one may be forced.
// Each holds the one before: avx512_bf16 is avx512 with pairs of bf16 numbers for mode H (cpu/bf16_pairs.hpp), amx has
// tiles too, for what tiles can do (cpu/amx.hpp).
#include <string_view>

#include <etalon/cpu/amx.hpp>
#include <etalon/cpu/bf16_pairs.hpp>

namespace etalon {

enum class Isa { scalar, avx2, avx512, avx512_bf16, amx };

inline constexpr Isa all_isas[] = {Isa::scalar, Isa::avx2, Isa::avx512, Isa::avx512_bf16, Isa::amx};

inline const char* name_of(Isa isa) {
  constexpr const char* names[] = {"scalar", "avx2", "avx512", "avx512_bf16", "amx"};
  return names[static_cast<int>(isa)];
}

// Does this processor have what the kernels of a set use? (f16c, which compilers do not all ask for, came before avx2.)
inline bool has_isa(Isa isa) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == Isa::avx512)
    return has_isa(Isa::avx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
  if (isa == Isa::avx512_bf16) return has_isa(Isa::avx512) && has_bf16_pairs();
  if (isa == Isa::amx) return has_isa(Isa::avx512_bf16) && has_tiles();
#endif
  return isa == Isa::scalar;
}

inline Isa best_isa() {
  static const Isa best = [] {
    Isa found = Isa::scalar;
    for (Isa isa : all_isas) found = has_isa(isa) ? isa : found;
    return found;
  }();
  return best;
}

// Is memory read faster in the order of its bytes than in several stretches side by side? By AMD's processors (Zen 5,
// bf16 matrices of less than 32 MB times a vector, one thread: 36 against 31 GB/s), not by Intel's (Xeon, rows of
// 1.5 KB: 12 against 17).
inline bool follows_one_stream() {
#if defined(__x86_64__) && !defined(__CUDACC__)
  return __builtin_cpu_is("amd");
#else
  return false;
#endif
}

}  // namespace etalon
