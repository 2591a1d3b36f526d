#pragma once
// The element-wise functions of feed-forward networks and gates.
//
//   sigmoid(x) = 1 / (1 + exp(-x))      silu(x) = x / (1 + exp(-x))      softplus(x) = max(x, 0) + log1p(exp(-|x|))
//
// Largest error over all 2^32 inputs: sigmoid 2.481 ulp and silu 2.394 ulp (for x >= -88.72, below which they return
// zeros), softplus 2.078 ulp; means 0.40, 0.37 and 0.34 where 2^-10 <= |x| < 2^7 (tests/accuracy/unary.cpp).
// From a float to the next sigmoid falls at 868 places and softplus at 2.5 million, by an ulp; silu is out of order at
// 1.5 million, by at most two. sigmoid stays in [0, 1]. silu(-inf) is NaN, as in x * sigmoid(x).
// SiLU: Elfwing et al. 2018. SwiGLU (silu(gate) * up): Shazeer 2020.
#include <etalon/math/exp.hpp>
#include <etalon/math/log.hpp>

namespace etalon {

ETALON_HD inline float sigmoid(float x) { return divide(1.0f, 1.0f + exp(-x)); }

// x / (1 + exp(-x)). For x < -88.7 the denominator overflows and the result is -0: the true value is below 1e-36.
ETALON_HD inline float silu(float x) { return divide(x, 1.0f + exp(-x)); }

ETALON_HD inline float softplus(float x) {
  const float tail = log1p(exp(x > 0.0f ? -x : x));
  return x > 0.0f ? x + tail : tail;
}

// How a gated network combines its two halves. The whole of an activation is one such struct.
struct SwiGlu {
  ETALON_HD float operator()(float gate, float up) const { return silu(gate) * up; }
};

// x between -limit and limit.
ETALON_HD inline float clamped(float x, float limit) { return x < -limit ? -limit : x > limit ? limit : x; }

// SwiGlu with both halves bounded, the gate from above only. (DeepSeek-V4)
struct ClampedSwiGlu {
  float limit;
  ETALON_HD float operator()(float gate, float up) const {
    return silu(gate > limit ? limit : gate) * clamped(up, limit);
  }
};

// (up + 1) gate sigmoid(alpha gate), both halves bounded as above. (gpt-oss)
struct ShiftedSwiGlu {
  float alpha, limit;
  ETALON_HD float operator()(float gate, float up) const {
    const float bounded = gate > limit ? limit : gate;
    return (clamped(up, limit) + 1.0f) * (bounded * sigmoid(alpha * bounded));
  }
};

}  // namespace etalon
