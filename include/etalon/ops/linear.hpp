#pragma once
// The linear layer: y[t][n] = W[n] . x[t] + b[n], with the weights in the format they are stored in.
//
//   mode F: x as it is          mode H: x rounded to bf16         (docs/arithmetic.md, R2)
//     c = +0;  for each group g of columns that share a scale:  c = fma(scale[n][g], dot(code[n][g], x[t][g]), c)
//   mode Q: x and W[n] quantised to int8 in groups of 32
//     c = +0;  for each group g:  c = fma(scale_x * scale_w, exact integer dot, c)
//
// Loops are over rows of W outside and tokens inside, so a row is decoded once for all tokens of the step.
#include <vector>

#include <etalon/context.hpp>
#include <etalon/math/dot.hpp>
#include <etalon/math/rounding.hpp>
#include <etalon/ops/backend.hpp>
#include <etalon/weight.hpp>

namespace etalon {

// One output in modes F and H: row n of the weights, decoded to `code`, against one token's activations.
template <StorageFormat S> float scaled_dot(const S& weights, int n, const float* code, const float* x, int columns) {
  const int group = weights.group(columns);
  float c = 0.0f;
  for (int first = 0, g = 0; first < columns; first += group, ++g) {
    const int width = columns - first < group ? columns - first : group;
    c = fma(weights.scale(n, g), dot(code + first, x + first, width), c);
  }
  return c;
}

// A row of numbers as int8 groups.
struct Int8Row {
  std::vector<std::int8_t> code;
  std::vector<float> scale;

  Int8Row(const float* x, int columns)
      : code(static_cast<std::size_t>(columns)),
        scale(static_cast<std::size_t>((columns + int8_group - 1) / int8_group)) {
    for (int first = 0, g = 0; first < columns; first += int8_group, ++g)
      scale[g] = quantise_group(x + first, columns - first < int8_group ? columns - first : int8_group, &code[first]);
  }
};

// One output in mode Q.
inline float int8_dot(const Int8Row& w, const Int8Row& x, int columns) {
  float c = 0.0f;
  for (int first = 0, g = 0; first < columns; first += int8_group, ++g) {
    const int width = columns - first < int8_group ? columns - first : int8_group;
    c = fma(x.scale[g] * w.scale[g], dot_of_codes(&w.code[first], &x.code[first], width), c);
  }
  return c;
}

// A product of activations, `count` rows of `columns` numbers, with a matrix of `outputs` rows. Everything below the
// axes' names: these two functions are compiled once for a backend, not once for each pair of axes.
struct Product {
  const float* x;   // as it is in every mode: who multiplies rounds or quantises
  float* y;         // count rows of `outputs` numbers
  int count, columns, outputs;
  Numerics mode = Numerics::f32;

  bool rounds() const { return mode == Numerics::bf16; }
  std::int64_t work() const { return std::int64_t{count} * columns; }   // of one output row
};

// out[i] = round_activation(x[i])
template <class Backend> void round_activations(const Backend&, const float* x, std::int64_t n, float* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = round_activation(x[i]);
}

// Rows of activations as modes F and H see them: in mode H rounded, else as they are.
class SeenActivations {
 public:
  template <class Backend> SeenActivations(const Backend& backend, const Product& p, int rows) : x_(p.x) {
    if (!p.rounds()) return;
    const std::int64_t n = p.columns;
    for_rows(backend, 1, 1, [&](int, int) {   // a loop, so that a plan (ops/planner.hpp) takes no memory
      rounded_.resize(static_cast<std::size_t>(rows * n));
    });
    for_rows(backend, rows, move_work * n, [&](int first, int last) {
      round_activations(backend, p.x + first * n, (last - first) * n, rounded_.data() + first * n);
    });
    x_ = rounded_.data();
  }
  const float* data() const { return x_; }

 private:
  std::vector<float> rounded_;
  const float* x_;
};

// Modes F and H.
template <class Backend> void multiply_floats(const Backend& backend, const Storage& storage, const Product& p) {
  const SeenActivations x(backend, p, p.count);
  visit_storage(storage, [&](const auto& weights) {
    for_rows(backend, p.outputs, p.work(), [&](int first, int last) {
      std::vector<float> code(static_cast<std::size_t>(p.columns));
      for (int n = first; n < last; ++n) {
        weights.codes(n, p.columns, code.data());
        for (std::size_t t = 0; t < static_cast<std::size_t>(p.count); ++t)
          p.y[t * p.outputs + n] = scaled_dot(weights, n, code.data(), x.data() + t * p.columns, p.columns);
      }
    });
  });
}

// Mode Q.
template <class Backend> void multiply_int8(const Backend& backend, const Storage& storage, const Product& p) {
  std::vector<Int8Row> activations;
  for_rows(backend, 1, p.work(), [&](int, int) {
    for (std::size_t t = 0; t < static_cast<std::size_t>(p.count); ++t)
      activations.emplace_back(p.x + t * p.columns, p.columns);
  });
  for_rows(backend, p.outputs, p.work(), [&](int first, int last) {
    std::vector<float> values(static_cast<std::size_t>(p.columns));
    for (int n = first; n < last; ++n) {
      read_row(storage, n, p.columns, values.data());
      const Int8Row row(values.data(), p.columns);
      for (std::size_t t = 0; t < activations.size(); ++t)
        p.y[t * p.outputs + n] = int8_dot(row, activations[t], p.columns);
    }
  });
}

// A matrix as stored, and its product.
struct StoredProduct {
  const Storage* storage;
  Product product;
};

// In the product's mode.
template <class Backend> void multiply_one(const Backend& backend, const StoredProduct& one) {
  if (one.product.mode == Numerics::int8) multiply_int8(backend, *one.storage, one.product);
  else multiply_floats(backend, *one.storage, one.product);
}

// x (Row, In), y (Row, Out)
template <class Row, class Out, class In>
Product product_of(const Weight<Out, In>& weight, View<const float, Row, In> x, View<float, Row, Out> y,
                   Numerics mode) {
  return {x.data, y.data, extent<Row>(y), weight.columns(), weight.rows(), mode};
}

// x (Row, In) -> (Row, Out), without bias, in the given mode. Row is Token, or Position for cached latents.
template <class Row, class Out, class In>
View<float, Row, Out> multiply(const auto& ctx, const Weight<Out, In>& weight, View<const float, Row, In> x,
                               Numerics mode) {
  auto y = ctx.template make<float, Row, Out>(extent<Row>(x), weight.rows());   // (Row, Out)
  multiply_one(ctx.backend, {&weight.storage, product_of(weight, x, y, mode)});
  return y;
}

// y += b in each row. y (Row, Out)
template <class Row, class Out> void add_bias(const auto& ctx, View<float, Row, Out> y, const Weight<Out>& bias) {
  std::vector<float> values(static_cast<std::size_t>(bias.columns()));
  read_row(bias.storage, 0, bias.columns(), values.data());
  for_rows(ctx.backend, extent<Row>(y), extent<Out>(y), [&](int first, int last) {
    for (int t = first; t < last; ++t)
      for (int n = 0; n < extent<Out>(y); ++n) y[t][n] = y[t][n] + values[static_cast<std::size_t>(n)];
  });
}

// x (Row, In) -> (Row, Out), in the context's mode; the bias is added last.
template <class Row, class T, class Out, class In> requires Real<T>
View<float, Row, Out> linear(const auto& ctx, const Linear<Out, In>& layer, View<T, Row, In> x) {
  auto y = multiply(ctx, layer.weight, read_only(x), ctx.numerics);             // (Row, Out)
  if (layer.bias) add_bias(ctx, y, layer.bias);
  return y;
}

}  // namespace etalon
