#pragma once
// Pairs of bf16 numbers: the instruction VDPBF16PS, and whether this processor's keeps the contract's order.
//
//   sum = fma(low, low', fma(high, high', sum))        two steps of one chain of math/dot.hpp, in each of 16 lanes
//
// It flushes subnormals, which docs/arithmetic.md, R2, keeps out of its way in mode H. Intel documents the order (Intel
// 64 and IA-32 Architectures Software Developer's Manual, VDPBF16PS); whether a processor keeps it is tried on known
// cases all the same, and where it does not, nothing shows but missing speed.
#include <cstdint>
#include <cstring>

#include <etalon/math/rounding.hpp>

namespace etalon {

#if defined(__x86_64__) && !defined(__CUDACC__)

// The instruction on 16 lanes in memory. Only on a processor with AVX-512 and bf16.
inline void add_bf16_pairs(float (&sums)[16], const std::uint32_t (&a)[16], const std::uint32_t (&b)[16]) {
  asm volatile(
      "vmovups (%0), %%zmm0\n\tvmovups (%1), %%zmm1\n\tvmovups (%2), %%zmm2\n\t"
      "vdpbf16ps %%zmm2, %%zmm1, %%zmm0\n\tvmovups %%zmm0, (%0)\n\tvzeroupper" ::"r"(sums), "r"(a), "r"(b)
      : "memory", "xmm0", "xmm1", "xmm2");
}

// One step of 16 chains with numbers of very different sizes, so that every other order gives sums of its own. Only on
// a processor with AVX-512.
inline bool bf16_pairs_agree(std::uint32_t seed) {
  std::uint32_t a[16], b[16];
  float sums[16], expected[16];
  const auto random = [&seed] { return seed = seed * 1664525u + 1013904223u; };
  const auto number = [&] {
    const std::uint32_t sign = random() >> 31 << 15, exponent = 107 + (random() >> 16) % 40, rest = random() >> 25;
    return sign | exponent << 7 | rest;
  };
  for (int i = 0; i < 16; ++i) {
    a[i] = number() << 16, a[i] |= number();
    b[i] = number() << 16, b[i] |= number();
    sums[i] = float_of(number() << 16);
    const float high = fma(float_of(a[i] & 0xffff0000u), float_of(b[i] & 0xffff0000u), sums[i]);
    expected[i] = fma(float_of(a[i] << 16), float_of(b[i] << 16), high);
  }
  add_bf16_pairs(sums, a, b);
  return std::memcmp(sums, expected, sizeof sums) == 0;
}

// Asked once for a program. Only on a processor with AVX-512.
inline bool has_bf16_pairs() {
  static const bool has = [] {
    if (!__builtin_cpu_supports("avx512bf16")) return false;
    for (std::uint32_t seed = 1; seed <= 16; ++seed)
      if (!bf16_pairs_agree(seed)) return false;
    return true;
  }();
  return has;
}

#else

inline bool has_bf16_pairs() { return false; }

#endif

}  // namespace etalon
