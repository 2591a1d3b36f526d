#pragma once
// fma for processors that have no instruction for it, from double arithmetic, rounded once.
//
//   p = a b, exact in binary64;  s = round(p + c), e = p + c - s, exact (Knuth's TwoSum);
//   where e is not 0 and s is even in its last place, s moves one place towards e: "round to odd";  result = float(s)
//
// A sum rounded to odd with two places to spare and then rounded to nearest is rounded once (Boldo, Melquiond 2008,
// "Emulation of a FMA and correctly rounded sums", theorem 1): 53 >= 24 + 2, and subnormal floats are only shorter.
// C libraries are not relied upon for this: that of WebAssembly rounds twice where p + c lies near the middle of two
// floats, since it cannot switch the rounding mode.
#include <cstdint>

namespace etalon {

inline float software_fma(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b), addend = c;
  const double sum = product + addend;
  const double part = sum - product;
  const double error = (product - (sum - part)) + (addend - part);
  std::uint64_t bits = __builtin_bit_cast(std::uint64_t, sum);
  const bool is_finite = (bits & 0x7ff0000000000000u) != 0x7ff0000000000000u;
  const bool is_even = (bits & 1u) == 0;
  const bool is_inexact = error > 0.0 || error < 0.0;
  if (is_finite && is_even && is_inexact) bits += (error > 0.0) == (sum > 0.0) ? 1u : ~std::uint64_t{0};
  return static_cast<float>(__builtin_bit_cast(double, bits));
}

}  // namespace etalon
