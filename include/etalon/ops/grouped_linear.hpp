#pragma once
// A block-diagonal linear layer: the input is cut into equal groups, each with rows of the matrix to itself.
//
//   y[t][g][r] = W[g R + r] . x[t][g]              W is (groups R, inputs of one group)
//
// Every output is that of ops/linear.hpp for its group's inputs, in the context's mode (docs/arithmetic.md, R2).
#include <etalon/ops/linear.hpp>

namespace etalon {

// Output n of token t reads the activations of row (t, n / R) of x, (Token x Group, columns).
struct GroupedProduct {
  Product product;   // count: tokens; outputs: of all groups
  int groups;

  std::size_t input(int t, int n) const {
    return static_cast<std::size_t>(t) * groups + static_cast<std::size_t>(n / (product.outputs / groups));
  }
};

// Modes F and H.
template <class Backend> void multiply_groups(const Backend& backend, const Storage& storage, const GroupedProduct& g) {
  const Product& p = g.product;
  const SeenActivations x(backend, p, p.count * g.groups);
  visit_storage(storage, [&](const auto& weights) {
    for_rows(backend, p.outputs, p.work(), [&](int first, int last) {
      std::vector<float> code(static_cast<std::size_t>(p.columns));
      for (int n = first; n < last; ++n) {
        weights.codes(n, p.columns, code.data());
        for (int t = 0; t < p.count; ++t)
          p.y[static_cast<std::size_t>(t) * p.outputs + n] =
              scaled_dot(weights, n, code.data(), x.data() + g.input(t, n) * p.columns, p.columns);
      }
    });
  });
}

// Mode Q.
template <class Backend>
void multiply_groups_int8(const Backend& backend, const Storage& storage, const GroupedProduct& g) {
  const Product& p = g.product;
  std::vector<Int8Row> activations;
  for_rows(backend, 1, p.work(), [&](int, int) {
    for (int row = 0; row < p.count * g.groups; ++row)
      activations.emplace_back(p.x + static_cast<std::size_t>(row) * p.columns, p.columns);
  });
  for_rows(backend, p.outputs, p.work(), [&](int first, int last) {
    std::vector<float> values(static_cast<std::size_t>(p.columns));
    for (int n = first; n < last; ++n) {
      read_row(storage, n, p.columns, values.data());
      const Int8Row row(values.data(), p.columns);
      for (int t = 0; t < p.count; ++t)
        p.y[static_cast<std::size_t>(t) * p.outputs + n] = int8_dot(row, activations[g.input(t, n)], p.columns);
    }
  });
}

// x (Token, In) cut into groups -> (Token, Out). weight: Out rows, In / groups columns.
template <class Out, class Part, class In>
View<float, Token, Out> grouped_linear(const auto& ctx, const Weight<Out, Part>& weight, View<float, Token, In> x,
                                       int groups) {
  auto y = ctx.template make<float, Token, Out>(extent<Token>(x), weight.rows());   // (Token, Out)
  const GroupedProduct grouped{
      {x.data, y.data, extent<Token>(x), weight.columns(), weight.rows(), ctx.numerics}, groups};
  if (ctx.numerics == Numerics::int8) multiply_groups_int8(ctx.backend, weight.storage, grouped);
  else multiply_groups(ctx.backend, weight.storage, grouped);
  return y;
}

}  // namespace etalon
