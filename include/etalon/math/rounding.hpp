#pragma once
// Rounding to the narrow formats that enter a linear layer: bfloat16 (mode H) and int8 groups (mode Q).
//
//   bf16: nearest, ties to even, |x| < 2^-55 to +0 (then every product of two such numbers and every partial sum of
//         them stays clear of the subnormals, so fma, multiply-add and AMX agree: docs/arithmetic.md, R2)
//   int8: q = round(x * inv), inv = 127 / max|x| of the group; x ~ q * scale, scale = max|x| / 127
#include <etalon/math/real.hpp>

namespace etalon {

ETALON_HD inline std::uint16_t to_bf16_bits(float x) {
  if (is_nan(x)) return 0x7fc0u;
  const std::uint32_t u = bits_of(x);
  return static_cast<std::uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}

ETALON_HD inline float round_to_bf16(float x) {
  return float_of(static_cast<std::uint32_t>(to_bf16_bits(x)) << 16);
}

// What a linear layer of mode H sees of an activation.
ETALON_HD inline float round_activation(float x) {
  const float size = x < 0.0f ? -x : x;
  return size < 0x1p-55f ? 0.0f : round_to_bf16(x);
}

inline constexpr int int8_group = 32;
// Groups whose largest magnitude is below this are stored as zeros: 127 / max would overflow.
inline constexpr float int8_smallest = 0x1p-100f;

// Quantises n <= 32 numbers: writes n codes in [-127, 127] and returns the scale. NaN counts as 0.
ETALON_HD inline float quantise_group(const float* x, int n, std::int8_t* code) {
  float largest = 0.0f;
  for (int i = 0; i < n; ++i) {
    const float size = x[i] < 0.0f ? -x[i] : x[i];
    largest = size > largest ? size : largest;
  }
  if (!(largest >= int8_smallest) || largest > 0x1.fffffep127f) {
    for (int i = 0; i < n; ++i) code[i] = 0;
    return 0.0f;
  }
  const float inverse = divide(127.0f, largest);
  for (int i = 0; i < n; ++i) {
    const float q = is_nan(x[i]) ? 0.0f : fma(x[i], inverse, rounding_shift) - rounding_shift;
    code[i] = static_cast<std::int8_t>(q > 127.0f ? 127.0f : q < -127.0f ? -127.0f : q);
  }
  return divide(largest, 127.0f);
}

// Exact: |sum| <= 32 * 127^2 < 2^24, so it is also exactly a float.
ETALON_HD inline float dot_of_codes(const std::int8_t* a, const std::int8_t* b, int n) {
  std::int32_t total = 0;
  for (int i = 0; i < n; ++i) total += static_cast<std::int32_t>(a[i]) * b[i];
  return static_cast<float>(total);
}

}  // namespace etalon
