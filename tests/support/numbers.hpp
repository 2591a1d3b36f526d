#pragma once
// What many tests need: repeatable random numbers, bits to compare, errors in units of the last place.
//
// The generator is written out because std::normal_distribution and its kin differ between standard libraries.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <etalon/math/real.hpp>
#include <etalon/ops/kept.hpp>

namespace etalon::test {

// SplitMix64 (Steele, Lea, Flood 2014).
struct Random {
  std::uint64_t state = 1;

  std::uint64_t next() {
    state += 0x9E3779B97F4A7C15u;
    std::uint64_t z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  int below(int n) { return static_cast<int>(next() % static_cast<std::uint64_t>(n)); }
  // In [0, 1), a multiple of 2^-24.
  float uniform() { return static_cast<float>(next() >> 40) * 0x1p-24f; }
  // Bell-shaped, mean 0, deviation 1: the sum of twelve uniforms.
  float normal() {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return static_cast<float>(sum);
  }
  std::vector<float> normals(std::size_t n) {
    std::vector<float> x(n);
    for (float& value : x) value = normal();
    return x;
  }
};

inline constexpr float infinity = float_of(0x7f800000u), not_a_number = float_of(0x7fc00000u);

inline bool same_bits(float a, float b) { return bits_of(a) == bits_of(b); }
inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same_bits(a[i], b[i])) return false;
  return true;
}
inline bool same_bits(const Kept& a, const Kept& b) {
  return same_bits(std::vector<float>(a.begin(), a.end()), std::vector<float>(b.begin(), b.end()));
}

// The spacing of binary32 numbers at x: 2^(exponent - 23), at least 2^-149.
inline double spacing(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  return std::ldexp(1.0, exponent - 24 < -149 ? -149 : exponent - 24);
}

// How far `got` is from the true value, in spacings at the true value. Both finite.
inline double ulps_off(float got, double truth) { return std::fabs(got - truth) / spacing(truth); }

// max |a - b|; infinite where there are not as many.
inline double furthest(const std::vector<float>& a, const std::vector<double>& b) {
  double most = a.size() == b.size() ? 0.0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) most = std::max(most, std::fabs(a[i] - b[i]));
  return most;
}
// max |a - b| / max |b|
inline double apart(const std::vector<float>& a, const std::vector<double>& b) {
  double largest = 0.0;
  for (const double x : b) largest = std::max(largest, std::fabs(x));
  return furthest(a, b) / largest;
}

}  // namespace etalon::test
