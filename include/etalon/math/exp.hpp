#pragma once
// exp and exp2 in binary32, from fma alone: the same bits on every machine.
//
//   exp2(x) = 2^n p(f),  n = round(x), f = x - n in [-1/2, 1/2], p of degree 6
//   exp(x)  = 2^n q(r),  n = round(x / ln 2), r = x - n ln 2 in two fma steps (ln 2 = high + low)
//
// The coefficients are minimax fits under binary32 rounding (relative error of the fits: 3.6e-9 and 3.7e-9).
// Largest error over all 2^32 inputs: exp2 0.879 ulp (0.800 where the result is normal), exp 0.892 ulp; mean 0.25 where
// 2^-10 <= |x| < 2^7; 0.2 % of the results are not the correctly rounded ones (tests/accuracy/unary.cpp).
// Not monotone to the last bit: of all neighbours exp2 falls at 83615, exp at 2913, by an ulp.
// exp(-inf) = 0, exp(+inf) = +inf, NaN gives NaN. Left out: correct rounding, which would need double.
#include <etalon/math/real.hpp>

namespace etalon {

// 2^f for |f| <= 1/2. Never subnormal: the result lies in [0.707, 1.415].
ETALON_HD inline float exp2_fraction(float f) {
  float p = 0x1.3f9068p-13f;
  p = fma(p, f, 0x1.5f0a66p-10f);
  p = fma(p, f, 0x1.3b30bp-7f);
  p = fma(p, f, 0x1.c6af78p-5f);
  p = fma(p, f, 0x1.ebfbd8p-3f);
  p = fma(p, f, 0x1.62e43p-1f);
  return fma(p, f, 1.0f);
}

// p * 2^n for p in [1/2, 2) and -180 <= n <= 130: two exact factors, so that only a subnormal result is rounded, once.
ETALON_HD inline float scale_by_power(float p, int n) {
  const int half = n / 2;
  return (p * power_of_two(half)) * power_of_two(n - half);
}

ETALON_HD inline float exp2(float x) {
  if (is_nan(x)) return float_of(canonical_nan_bits);
  if (x >= 128.0f) return float_of(0x7f800000u);
  if (x < -150.0f) return 0.0f;
  const float n = round_to_integer(x);
  return scale_by_power(exp2_fraction(x - n), static_cast<int>(n));
}

ETALON_HD inline float exp(float x) {
  if (is_nan(x)) return float_of(canonical_nan_bits);
  if (x > 0x1.62e43p+6f) return float_of(0x7f800000u);   // ln(largest finite) = 88.7228…
  if (x < -104.0f) return 0.0f;                            // under half of the smallest subnormal
  const float n = fma(x, 0x1.715476p0f, rounding_shift) - rounding_shift;
  const float r = fma(n, -0x1.7f7d1cp-20f, fma(n, -0x1.62e4p-1f, x));
  float q = 0x1.6850ep-10f;
  q = fma(q, r, 0x1.123bccp-7f);
  q = fma(q, r, 0x1.555b98p-5f);
  q = fma(q, r, 0x1.55548ep-3f);
  q = fma(q, r, 0x1.fffff8p-2f);
  q = fma(q, r, 1.0f);
  q = fma(q, r, 1.0f);
  return scale_by_power(q, static_cast<int>(n));
}

}  // namespace etalon
