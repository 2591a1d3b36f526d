#pragma once
// Other ways to the sums of the contract, to compare with: one chain, recursive halves, and a planted fault.
//
// Each is a dot product; norms, softmax and attention are written on it in the textbook's way, with the real maximum
// and a correctly rounded exp, so that what differs is the order of sums (and, in attention, the power-of-two softmax).
// Pairwise summation: Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 4.1.
#include <cmath>
#include <vector>

#include <etalon/math/rounding.hpp>

namespace etalon::test {

using Dot = float (*)(const float*, const float*, int);

inline float sequential_dot(const float* a, const float* b, int n) {
  float c = 0.0f;
  for (int k = 0; k < n; ++k) c = fma(a[k], b[k], c);
  return c;
}

inline float pairwise_dot(const float* a, const float* b, int n) {
  if (n == 0) return 0.0f;
  if (n == 1) return a[0] * b[0];
  const int half = n / 2;
  return pairwise_dot(a, b, half) + pairwise_dot(a + half, b + half, n - half);
}

// The fault: one chain whose sum is kept in bf16.
inline float bf16_dot(const float* a, const float* b, int n) {
  float c = 0.0f;
  for (int k = 0; k < n; ++k) c = round_to_bf16(fma(a[k], b[k], c));
  return c;
}

inline float rounded_exp(float x) { return static_cast<float>(std::exp(static_cast<double>(x))); }

inline std::vector<float> plain_norm(Dot dot, const std::vector<float>& x, const std::vector<float>& gain,
                                     float epsilon) {
  const int n = static_cast<int>(x.size());
  const float inverse = 1.0f / std::sqrt(dot(x.data(), x.data(), n) / static_cast<float>(n) + epsilon);
  std::vector<float> y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(x[i] * inverse * gain[i]);
  return y;
}

// exp(x - largest), and their sum.
inline float plain_weights(Dot dot, std::vector<float>& x) {
  const std::vector<float> ones(x.size(), 1.0f);
  float largest = -INFINITY;
  for (float value : x) largest = value > largest ? value : largest;
  for (float& value : x) value = rounded_exp(value - largest);
  return dot(x.data(), ones.data(), static_cast<int>(x.size()));
}

inline std::vector<float> plain_softmax(Dot dot, std::vector<float> x) {
  const float total = plain_weights(dot, x);
  for (float& value : x) value = value / total;
  return x;
}

// One query over all keys; keys (n, dim), values (n, width), row-major.
struct Attention {
  int keys, dim, width;
  double scale;
  std::vector<float> q, k, v;
};

inline std::vector<float> plain_attention(Dot dot, const Attention& c) {
  std::vector<float> p, column(static_cast<std::size_t>(c.keys)), out;
  for (int j = 0; j < c.keys; ++j) p.push_back(dot(c.q.data(), &c.k[j * c.dim], c.dim) * static_cast<float>(c.scale));
  const float total = plain_weights(dot, p);
  for (int i = 0; i < c.width; ++i) {
    for (int j = 0; j < c.keys; ++j) column[j] = c.v[j * c.width + i];
    out.push_back(dot(p.data(), column.data(), c.keys) / total);
  }
  return out;
}

}  // namespace etalon::test
