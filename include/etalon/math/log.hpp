#pragma once
// Natural logarithm and log1p in binary32.
//
//   log(x) = e ln 2 + log(1 + f),  x = 2^e (1 + f), 1 + f in [sqrt(1/2), sqrt(2))
//   log(1 + f) = f - f^2/2 + f^3 R(f),  R of degree 8 (minimax under binary32 rounding, 2.3e-8)
//
// Largest error over all 2^32 inputs: log 0.866 ulp (mean 0.25), log1p 1.438 ulp (mean 0.31 where 2^-10 <= |x| < 2^7;
// tests/accuracy/unary.cpp). log never falls from a float to the next, log1p at 84258 places, by an ulp.
// log(0) = -inf, log(negative) = NaN, log(+inf) = +inf; log1p(-0) = -0, log1p(-1) = -inf.
// log1p takes 1 + x = s exactly apart (s + d) and corrects log(s) by d / s, so it keeps its accuracy near 0.
#include <etalon/math/real.hpp>

namespace etalon {

// e ln 2 + log(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)).
ETALON_HD inline float log_of_parts(float f, float e) {
  float r = 0x1.2cb38cp-4f;
  r = fma(r, f, -0x1.ddb316p-4f);
  r = fma(r, f, 0x1.dc7628p-4f);
  r = fma(r, f, -0x1.fbbf2ap-4f);
  r = fma(r, f, 0x1.23de3ep-3f);
  r = fma(r, f, -0x1.556288p-3f);
  r = fma(r, f, 0x1.999d2ap-3f);
  r = fma(r, f, -0x1.ffffe6p-3f);
  r = fma(r, f, 0x1.555554p-2f);
  const float square = f * f;
  const float tail = fma(e, 0x1.7f7d1cp-20f, fma(square * f, r, -0.5f * square));   // all but f + e ln2_high
  return fma(e, 0x1.62e4p-1f, f + tail);
}

ETALON_HD inline float log(float x) {
  if (is_nan(x) || x < 0.0f) return float_of(canonical_nan_bits);
  if (x == 0.0f) return float_of(0xff800000u);
  if (bits_of(x) == 0x7f800000u) return x;
  int e = 0;
  if (x < 0x1p-126f) { x = x * 0x1p24f; e = -24; }         // subnormal: scale exactly
  const std::uint32_t shifted = bits_of(x) - 0x3f3504f3u;  // 0x3f3504f3 = sqrt(1/2): exponent of x relative to it
  e += static_cast<std::int32_t>(shifted) >> 23;
  const float m = float_of((shifted & 0x007fffffu) + 0x3f3504f3u);
  return log_of_parts(m - 1.0f, static_cast<float>(e));
}

ETALON_HD inline float log1p(float x) {
  if (is_nan(x) || x < -1.0f) return float_of(canonical_nan_bits);
  if (bits_of(x) == 0x7f800000u || x == 0.0f) return x;
  const float s = 1.0f + x;
  if (s == 0.0f) return float_of(0xff800000u);
  const float d = x < 1.0f ? x - (s - 1.0f) : 1.0f - (s - x);   // what rounding 1 + x lost
  return log(s) + divide(d, s);
}

}  // namespace etalon
