#pragma once
// Each head scaled to length 1, then by a factor: the queries and keys of delta-rule attention.
//
//   y = (x * inv) * factor,  inv = 1 / sqrt(dot(x, x) + eps)      Yang et al. 2024 (DeltaNet), section 3.3; contract R3
#include <etalon/context.hpp>
#include <etalon/math/dot.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

// x (Row, Heads, Axis) -> the same shape.
template <class T, class Row, class Heads, class Axis>
View<float, Row, Heads, Axis> l2_norm(const auto& ctx, View<T, Row, Heads, Axis> x, float epsilon,
                                      float factor = 1.0f) {
  const int heads = extent<Heads>(x), n = extent<Axis>(x);
  auto y = ctx.template make<float, Row, Heads, Axis>(extent<Row>(x), heads, n);   // (Row, Heads, Axis)
  for_rows(ctx.backend, extent<Row>(x) * heads, n, [&](int first, int last) {
    for (int row = first; row < last; ++row) {
      const auto in = x[row / heads][row % heads];
      const auto out = y[row / heads][row % heads];
      const float inverse = divide(1.0f, square_root(dot(in.data, in.data, n) + epsilon));
      for (int c = 0; c < n; ++c) out[c] = (in[c] * inverse) * factor;
    }
  });
  return y;
}

}  // namespace etalon
