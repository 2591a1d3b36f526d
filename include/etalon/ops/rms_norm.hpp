#pragma once
// RMSNorm: rescale each row to unit root-mean-square, then by a learned gain.
//
//   y = (x * inv) * g,  inv = 1 / sqrt(dot(x, x) / D + eps)           Zhang & Sennrich 2019, eq. 4; contract R3
//
// Some families store g - 1 (zero-centred), so that weight decay pulls towards 1. One definition serves the residual
// stream (RmsNorm<Channel>) and a latent (RmsNorm<KvLatent>).
#include <vector>

#include <etalon/context.hpp>
#include <etalon/math/dot.hpp>
#include <etalon/ops/backend.hpp>
#include <etalon/weight.hpp>

namespace etalon {

template <class Axis> struct RmsNorm {
  Weight<Axis> gain;
  float epsilon = 1e-6f;
  bool zero_centred = false;   // the stored gain is the distance from 1: g = 1 + w

  explicit operator bool() const { return static_cast<bool>(gain); }
  void each_part(auto&& part) { part("weight", gain); }
};

template <class Axis> RmsNorm<Axis> rms_norm_of(int size, float epsilon) { return {{{size}, {}}, epsilon}; }

// 1 / sqrt(mean(x^2) + eps) of one row.
ETALON_HD inline float inverse_rms(const float* x, int n, float epsilon) {
  return divide(1.0f, square_root(divide(dot(x, x, n), static_cast<float>(n)) + epsilon));
}

// The numbers of a vector, decoded. (Axis)
template <class Axis> View<const float, Axis> values_of(const auto& ctx, const Weight<Axis>& weight) {
  auto values = ctx.template make<float, Axis>(weight.columns());               // (Axis)
  for_rows(ctx.backend, 1, weight.columns(), [&](int, int) {
    read_row(weight.storage, 0, weight.columns(), values.data);
  });
  return values;
}

// What the rescaled row is multiplied by. (Axis)
template <class Axis> View<const float, Axis> gain_of(const auto& ctx, const RmsNorm<Axis>& norm) {
  auto gain = ctx.template make<float, Axis>(norm.gain.columns());              // (Axis)
  for_rows(ctx.backend, 1, norm.gain.columns(), [&](int, int) {
    read_row(norm.gain.storage, 0, norm.gain.columns(), gain.data);
    for (int c = 0; norm.zero_centred && c < extent<Axis>(gain); ++c) gain[c] = 1.0f + gain[c];
  });
  return gain;
}

// x (Row, Axis) -> the same shape.
template <class T, class Row, class Axis> requires Real<T>
View<float, Row, Axis> rms_norm(const auto& ctx, const RmsNorm<Axis>& norm, View<T, Row, Axis> x) {
  const int n = extent<Axis>(x);
  auto y = ctx.template make<float, Row, Axis>(extent<Row>(x), n);              // (Row, Axis)
  const auto gain = gain_of(ctx, norm);                                         // (Axis)
  for_rows(ctx.backend, extent<Row>(x), n, [&](int first, int last) {
    for (int t = first; t < last; ++t) {
      const float inverse = inverse_rms(x[t].data, n, norm.epsilon);
      for (int c = 0; c < n; ++c) y[t][c] = (x[t][c] * inverse) * gain[c];
    }
  });
  return y;
}

// Without a gain: y = x * inv. x (Row, Axis) -> the same shape.
template <class T, class Row, class Axis> requires Real<T>
View<float, Row, Axis> unit_rms_norm(const auto& ctx, View<T, Row, Axis> x, float epsilon) {
  auto y = ctx.template make<float, Row, Axis>(extent<Row>(x), extent<Axis>(x));   // (Row, Axis)
  for_rows(ctx.backend, extent<Row>(x), extent<Axis>(x), [&](int first, int last) {
    for (int t = first; t < last; ++t) {
      const float inverse = inverse_rms(x[t].data, extent<Axis>(x), epsilon);
      for (int c = 0; c < extent<Axis>(x); ++c) y[t][c] = x[t][c] * inverse;
    }
  });
  return y;
}

// The same for each head of a row. x (Row, Heads, Axis) -> the same shape.
template <class T, class Row, class Heads, class Axis> requires Real<T>
View<float, Row, Heads, Axis> rms_norm(const auto& ctx, const RmsNorm<Axis>& norm, View<T, Row, Heads, Axis> x) {
  const View<T, Row, Axis> flat{x.data, {extent<Row>(x) * extent<Heads>(x), extent<Axis>(x)}};
  return {rms_norm(ctx, norm, flat).data, {extent<Row>(x), extent<Heads>(x), extent<Axis>(x)}};
}

template <class T, class Row, class Heads, class Axis> requires Real<T>
View<float, Row, Heads, Axis> unit_rms_norm(const auto& ctx, View<T, Row, Heads, Axis> x, float epsilon) {
  const View<T, Row, Axis> flat{x.data, {extent<Row>(x) * extent<Heads>(x), extent<Axis>(x)}};
  return {unit_rms_norm(ctx, flat, epsilon).data, {extent<Row>(x), extent<Heads>(x), extent<Axis>(x)}};
}

}  // namespace etalon
