#pragma once
// The 8-bit floats: e4m3 (finite, NaN at 0x7f and 0xff, largest 448), e5m2 (IEEE-like, largest 57344), and e8m0, a
// bare exponent used as a scale.
//
//   e4m3: sign 1, exponent 4 (bias 7), mantissa 3      e5m2: sign 1, exponent 5 (bias 15), mantissa 2
//   e8m0: 2^(code - 127); code 0 is the subnormal 2^-127, code 255 is NaN
//
// Micikevicius et al. 2022, "FP8 formats for deep learning"; Open Compute Project, MX formats v1.0. Decoding is exact;
// encoding rounds to nearest, ties to even, and saturates at the largest finite number.
#include <cstdint>

#include <etalon/math/real.hpp>

namespace etalon {

struct E4m3 {
  std::uint8_t bits;
  constexpr float decode() const {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x80u) << 24;
    const std::uint32_t magnitude = bits & 0x7fu;
    if (magnitude == 0x7fu) return float_of(canonical_nan_bits);
    if (magnitude >= 8u) return float_of(sign | ((magnitude << 20) + (120u << 23)));
    const float size = static_cast<float>(magnitude) * 0x1p-9f;
    return sign ? -size : size;
  }
};

struct E5m2 {
  std::uint8_t bits;
  constexpr float decode() const {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x80u) << 24;
    const std::uint32_t magnitude = bits & 0x7fu;
    if (magnitude > 0x7cu) return float_of(canonical_nan_bits);
    if (magnitude == 0x7cu) return float_of(sign | 0x7f800000u);
    if (magnitude >= 4u) return float_of(sign | ((magnitude << 21) + (112u << 23)));
    const float size = static_cast<float>(magnitude) * 0x1p-16f;
    return sign ? -size : size;
  }
};

struct E8m0 {
  std::uint8_t bits;
  float decode() const {
    if (bits == 255) return float_of(canonical_nan_bits);
    return bits == 0 ? float_of(0x00400000u) : float_of(static_cast<std::uint32_t>(bits) << 23);
  }
};

// Nearest code, ties to even, saturating; NaN gives 0x7f. mantissa bits m, exponent bias, largest code.
inline std::uint8_t encode_small_float(float x, int mantissa, int bias, std::uint32_t largest) {
  if (is_nan(x)) return 0x7f;
  const std::uint32_t sign = (bits_of(x) >> 24) & 0x80u;
  const std::uint32_t u = bits_of(x) & 0x7fffffffu;
  const int exponent = static_cast<int>(u >> 23) - 127;
  const int smallest = 1 - bias;   // exponent of the smallest normal number
  if (exponent < smallest - mantissa - 1) return static_cast<std::uint8_t>(sign);
  const int drop = 23 - mantissa + (exponent < smallest ? smallest - exponent : 0);
  const std::uint64_t significand = (u & 0x7fffffu) | 0x800000u;
  const std::uint64_t half = (std::uint64_t{1} << (drop - 1)) - 1;
  const std::uint64_t rounded = (significand + half + ((significand >> drop) & 1u)) >> drop;
  const std::uint64_t code = exponent < smallest
      ? rounded : rounded + (static_cast<std::uint64_t>(exponent + bias - 1) << mantissa);
  return static_cast<std::uint8_t>(sign | (code > largest ? largest : static_cast<std::uint32_t>(code)));
}
inline E4m3 to_e4m3(float x) { return {encode_small_float(x, 3, 7, 0x7e)}; }
inline E5m2 to_e5m2(float x) { return {encode_small_float(x, 2, 15, 0x7b)}; }

}  // namespace etalon
