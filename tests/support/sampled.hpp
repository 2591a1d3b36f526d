#pragma once
// A dense sample of all floats, in increasing order, and what a function makes of it: error, order, hash.
#include <cmath>

#include "support/hash.hpp"
#include "support/numbers.hpp"

namespace etalon::test {

// Calls use(x) for every stride-th of the 2^32 bit patterns that is a number, from -inf up to +inf.
template <class Use> void each_sampled(std::uint32_t stride, Use use) {
  for (std::uint64_t image = 0; image < (std::uint64_t{1} << 32); image += stride) {
    const auto s = static_cast<std::uint32_t>(image);
    const float x = float_of(s & 0x80000000u ? s & 0x7fffffffu : ~s);
    if (!is_nan(x)) use(x);
  }
}

struct Measured {
  double worst = 0.0;         // largest error, in spacings of binary32 at the true value
  float worst_at = 0.0f;
  long falls = 0;             // how often a result is below the one before it
  long odd_ones = 0;          // NaN or infinite where the true value, rounded, is not, or the other way round
  std::uint64_t hash = 0;
};

// truth(double) is evaluated in double: its own error, some 1e-16, does not count.
template <class F, class Truth> Measured measure(F f, Truth truth, std::uint32_t stride = 1009) {
  Measured m;
  Hash hash;
  float before = -INFINITY;
  each_sampled(stride, [&](float x) {
    const float y = f(x);
    const double t = truth(static_cast<double>(x));
    const float rounded = static_cast<float>(t);
    hash.add_word(is_nan(y) ? canonical_nan_bits : bits_of(y));
    if (y < before) ++m.falls;
    before = y;
    if (std::isfinite(y) && std::isfinite(rounded)) {
      const double error = y == t ? 0.0 : ulps_off(y, t);
      if (error > m.worst) {
        m.worst = error;
        m.worst_at = x;
      }
    } else if (!(is_nan(y) && is_nan(rounded)) && y != rounded) {
      ++m.odd_ones;
    }
  });
  m.hash = hash.value;
  return m;
}

}  // namespace etalon::test
