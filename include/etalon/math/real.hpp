#pragma once
// The operations everything else is made of: fma, division, square root, bits, rounding to an integer.
//
// Rule R0 of docs/arithmetic.md: a product feeds a sum only through fma(). Plain *, + and - are IEEE operations on
// every target as long as no product feeds a sum, so they are written as operators; fma, / and sqrt have spellings of
// their own because nvcc's flags (-fmad, -prec-div, -prec-sqrt) reach the operators but not these.
#include <cstdint>

#include <etalon/math/guard.hpp>
#include <etalon/math/hardware_fma.hpp>
#include <etalon/math/software_fma.hpp>

namespace etalon {

// a * b + c, rounded once.
ETALON_HD inline float fma(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fmaf_rn(a, b, c);
#elif defined(__x86_64__) && !defined(__FMA__)
  return has_fma_instruction ? fma_instruction(a, b, c) : software_fma(a, b, c);
#elif defined(__wasm__)
  return software_fma(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}
ETALON_HD inline double fma(double a, double b, double c) {
#if defined(__CUDA_ARCH__)
  return __fma_rn(a, b, c);
#else
  return __builtin_fma(a, b, c);
#endif
}

ETALON_HD inline float divide(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fdiv_rn(a, b);
#else
  return a / b;
#endif
}

ETALON_HD inline float square_root(float a) {
#if defined(__CUDA_ARCH__)
  return __fsqrt_rn(a);
#else
  return __builtin_sqrtf(a);
#endif
}

ETALON_HD constexpr std::uint32_t bits_of(float x) { return __builtin_bit_cast(std::uint32_t, x); }
ETALON_HD constexpr float float_of(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }
ETALON_HD inline std::uint64_t bits_of(double x) { return __builtin_bit_cast(std::uint64_t, x); }
ETALON_HD inline double double_of(std::uint64_t bits) { return __builtin_bit_cast(double, bits); }

// 2^n, exactly. Normal results only: -126 <= n <= 127.
ETALON_HD inline float power_of_two(int n) { return float_of(static_cast<std::uint32_t>(n + 127) << 23); }
// 2^n for any n: below the normal range +0, above it +infinity. (Softmax weights under 2^-126 count as nothing: R5.)
ETALON_HD inline float power_of_two_or_zero(int n) {
  if (n < -126) return 0.0f;
  return n > 127 ? float_of(0x7f800000u) : power_of_two(n);
}

// 1.5 * 2^23: adding it to |x| < 2^22 leaves round(x), ties to even, in the low bits of the sum.
inline constexpr float rounding_shift = 12582912.0f;

// The nearest integer of x, ties to even, still a float. |x| <= 2^22.
ETALON_HD inline float round_to_integer(float x) { return (x + rounding_shift) - rounding_shift; }

ETALON_HD inline bool is_nan(float x) { return (bits_of(x) & 0x7fffffffu) > 0x7f800000u; }
// The one NaN that is stored, compared and hashed.
inline constexpr std::uint32_t canonical_nan_bits = 0x7fc00000u;

}  // namespace etalon
