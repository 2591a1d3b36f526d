#pragma once
// exp, log, sin and cos in binary64, for tables that are built once and rounded once (rotary embeddings, scales).
//
// No libm: two C libraries differ in the last bit of these functions, and with them the tables would. Polynomials of
// fma (minimax fits, errors under 1e-16 of the reduced function). Largest errors measured over some millions of random
// inputs: exp 0.87 ulp of binary64, log 1.2, sin and cos 2.1e-16 absolute, power 30 ulp (exp multiplies the relative
// error of its argument by the argument). After the one rounding to binary32, cos and sin of an angle were the
// correctly rounded ones in all of 1.8 million table entries; against unrounded frequencies 1 entry in 15000 differs.
// Limits: sin and cos take |x| < 2^20 (positions times frequencies), exp |x| < 700, log positive normal numbers.
#include <initializer_list>

#include <etalon/math/real.hpp>

namespace etalon::precise {

inline double exp(double x) {
  const double shift = 0x1.8p52;
  const double n = fma(x, 0x1.71547652b82fep0, shift) - shift;
  const double r = fma(n, 0x1.718432a1b0e26p-35, fma(n, -0x1.62e42ffp-1, x));
  double q = 0x1.ade15cf5dba69p-26;
  for (double c : {0x1.28af410c0b20dp-22, 0x1.71dee621b8d59p-19, 0x1.a01997c771163p-16, 0x1.a01a0147625b7p-13,
                   0x1.6c16c1852bd39p-10, 0x1.1111111122322p-7, 0x1.55555555502ap-5, 0x1.5555555555511p-3,
                   0x1.000000000000bp-1, 1.0, 1.0})
    q = fma(q, r, c);
  return q * double_of(static_cast<std::uint64_t>(static_cast<std::int64_t>(n) + 1023) << 52);
}

inline double log(double x) {
  const std::uint64_t half_root = 0x3fe6a09e667f3bcdu;   // sqrt(1/2)
  const std::uint64_t shifted = bits_of(x) - half_root;
  const double e = static_cast<double>(static_cast<std::int64_t>(shifted) >> 52);
  const double f = double_of((shifted & 0x000fffffffffffffu) + half_root) - 1.0;
  const double s = f / (2.0 + f), z = s * s;
  double l = 0x1.2b5f5b2f6e384p-3;
  for (double c : {0x1.39fdcbbcee3aep-3, 0x1.7462b925f9f69p-3, 0x1.c71c62d649d8dp-3, 0x1.2492492dfb9b8p-2,
                   0x1.99999999952b9p-2, 0x1.5555555555558p-1})
    l = fma(l, z, c);
  // log(1+f) = 2s + s z L(z) = f - s (f - z L(z))
  const double log_m = fma(-s, fma(-z, l, f), f);
  return fma(e, 0x1.62e42ffp-1, fma(e, -0x1.718432a1b0e26p-35, log_m));
}

// base^exponent for a positive base.
inline double power(double base, double exponent) { return exp(exponent * log(base)); }

struct SinCos { double sin, cos; };

inline SinCos sin_cos(double x) {
  const double shift = 0x1.8p52;
  const double n = fma(x, 0x1.45f306dc9c883p-1, shift) - shift;   // quarter turns
  double r = fma(n, -0x1.921fb544p0, x);                            // exact: 20 + 33 bits
  r = fma(n, -0x1.0b4611a6p-34, r);
  r = fma(n, -0x1.3198a2e037073p-69, r);
  const double z = r * r;
  double s = 0x1.5e11b11f59588p-33;
  for (double c : {-0x1.ae602161d7c7fp-26, 0x1.71de37b224f1ap-19, -0x1.a01a019ea1749p-13, 0x1.1111111110c84p-7,
                   -0x1.5555555555555p-3})
    s = fma(s, z, c);
  const double sine = fma(z * r, s, r);
  double c = -0x1.9073e56374aa6p-37;
  for (double k : {0x1.1eeb586537317p-29, -0x1.27e4fa037cc15p-22, 0x1.a01a019f38b6dp-16, -0x1.6c16c16c168ccp-10,
                   0x1.5555555555555p-5})
    c = fma(c, z, k);
  const double cosine = fma(z * z, c, fma(z, -0.5, 1.0));
  switch (static_cast<std::int64_t>(n) & 3) {
    case 0: return {sine, cosine};
    case 1: return {cosine, -sine};
    case 2: return {-sine, -cosine};
    default: return {-cosine, sine};
  }
}

}  // namespace etalon::precise
