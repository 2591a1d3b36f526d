#pragma once
// The frequencies of a rotary embedding, and how families stretch them to longer contexts.
//
//   default:  f_i = theta^(-2i/d)                                             Su et al. 2021
//   linear:   f_i / s                                                         Chen et al. 2023
//   yarn:     f_i (1 - r_i) + (f_i / s) r_i, r a ramp from 0 (fast, kept) to 1 (slow, divided);
//             cos and sin times A, A = g(s, mscale) / g(s, mscale_all_dim), or g(s, 1) where these are not given;
//             g(s, m) = 0.1 m ln s + 1                                        Peng et al. 2023, eq. 17-22
//   llama3:   divided by s where the wave is longer than L0/low, kept where shorter than L0/high, blended between
//   dynamic:  as default inside the trained context, which Etalon does not leave
//
// All in double by the contract's own functions (math/double_functions.hpp). d is the rotary width, not the head's.
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <etalon/math/double_functions.hpp>
#include <etalon/ops/rope.hpp>

namespace etalon {

enum class RopeKind { plain, linear, yarn, llama3 };

// The fields of rope_parameters / rope_scaling, under their usual names.
struct RopeScaling {
  RopeKind kind = RopeKind::plain;
  double theta = 10000.0, factor = 1.0, partial = 1.0;   // partial: the share of a head that turns
  int original_max_position = 0;                     // L0: the context before stretching
  double beta_fast = 32.0, beta_slow = 1.0;          // yarn: turns within L0 that bound the ramp
  std::optional<double> mscale{}, mscale_all_dim{}, attention_factor{};
  bool truncate = true;                              // yarn: the ramp's ends are whole numbers
  double low_frequency_factor = 1.0, high_frequency_factor = 4.0;   // llama3
};

inline constexpr double two_pi = 6.283185307179586;

// YaRN's g: how much a stretch by s raises the temperature's inverse.
inline double yarn_magnitude(double s, double m) { return s <= 1.0 ? 1.0 : fma(0.1 * m, precise::log(s), 1.0); }

// Index of the frequency that turns `turns` times within the original context: a real number.
inline double yarn_index(const RopeScaling& scaling, int d, double turns) {
  return d * precise::log(scaling.original_max_position / (turns * two_pi)) / (2.0 * precise::log(scaling.theta));
}

// Where each frequency stands on yarn's ramp: 0 keeps it, 1 divides it by the factor.
inline std::vector<double> yarn_ramp(const RopeScaling& scaling, int d) {
  double low = yarn_index(scaling, d, scaling.beta_fast), high = yarn_index(scaling, d, scaling.beta_slow);
  if (scaling.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = low > 0.0 ? low : 0.0;
  high = high < d - 1.0 ? high : d - 1.0;
  if (low == high) high += 0.001;
  std::vector<double> ramp;
  for (int i = 0; i < d / 2; ++i) {
    const double r = (i - low) / (high - low);
    ramp.push_back(r < 0.0 ? 0.0 : r > 1.0 ? 1.0 : r);
  }
  return ramp;
}

// llama3's stretch of one frequency.
inline double llama3_frequency(const RopeScaling& scaling, double f) {
  const double wave = two_pi / f, l0 = scaling.original_max_position;
  if (wave > l0 / scaling.low_frequency_factor) return f / scaling.factor;
  if (wave < l0 / scaling.high_frequency_factor) return f;
  const double t = (l0 / wave - scaling.low_frequency_factor) /
                   (scaling.high_frequency_factor - scaling.low_frequency_factor);
  return fma(1.0 - t, f / scaling.factor, t * f);
}

// The d/2 frequencies of rotary width d, radians per position.
inline std::vector<double> rope_frequencies(const RopeScaling& scaling, int d) {
  std::vector<double> frequencies, ramp;
  if (scaling.kind == RopeKind::yarn) ramp = yarn_ramp(scaling, d);
  for (int i = 0; i < d / 2; ++i) {
    const double f = precise::power(scaling.theta, -2.0 * i / d);
    switch (scaling.kind) {
      case RopeKind::plain: frequencies.push_back(f); break;
      case RopeKind::linear: frequencies.push_back(f / scaling.factor); break;
      case RopeKind::yarn: frequencies.push_back(fma(f / scaling.factor, ramp[i], f * (1.0 - ramp[i]))); break;
      case RopeKind::llama3: frequencies.push_back(llama3_frequency(scaling, f)); break;
    }
  }
  return frequencies;
}

// What cos and sin are multiplied by.
inline double rope_attention_factor(const RopeScaling& scaling) {
  if (scaling.kind != RopeKind::yarn) return 1.0;
  if (scaling.attention_factor) return *scaling.attention_factor;
  const double m = scaling.mscale.value_or(0.0), all = scaling.mscale_all_dim.value_or(0.0);
  if (m != 0.0 && all != 0.0) return yarn_magnitude(scaling.factor, m) / yarn_magnitude(scaling.factor, all);
  return yarn_magnitude(scaling.factor, 1.0);
}

inline Rope rope_of(const RopeScaling& scaling, int d, RopePairs pairs) {
  return {rope_frequencies(scaling, d), rope_attention_factor(scaling), pairs};
}

}  // namespace etalon
