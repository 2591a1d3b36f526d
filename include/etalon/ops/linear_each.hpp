#pragma once
// Several linear layers, none of which needs another's result, as one operation: y_i = W_i x_i + b_i.
//
// The numbers are those of ops/linear.hpp, layer by layer. It is for a backend with threads, which shares out the rows
// of all layers as one loop (cpu/linear_each.hpp): the products of one token with small experts are too short to be
// shared out one by one.
#include <span>
#include <tuple>
#include <vector>

#include <etalon/ops/linear.hpp>

namespace etalon {

// All products, in any order.
template <class Backend>
void multiply_each(const Backend& backend, std::span<const StoredProduct> products) {
  for (const StoredProduct& one : products) multiply_one(backend, one);
}

// A layer and what it is applied to.
template <class Row, class Out, class In> struct LayerInput {
  const Linear<Out, In>* layer;
  View<const float, Row, In> x;
};

// The outputs of all layers, in the context's mode: (Row, Out) each.
template <class Row, class Out, class In>
std::vector<View<float, Row, Out>> linear_each(const auto& ctx, const std::vector<LayerInput<Row, Out, In>>& layers) {
  std::vector<View<float, Row, Out>> outputs;
  for (const auto& [layer, x] : layers)
    outputs.push_back(ctx.template make<float, Row, Out>(extent<Row>(x), layer->weight.rows()));   // (Row, Out)
  std::vector<StoredProduct> products;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& [layer, x] = layers[i];
    products.push_back({&layer->weight.storage, product_of(layer->weight, x, outputs[i], ctx.numerics)});
  }
  multiply_each(ctx.backend, std::span<const StoredProduct>(products));
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (layers[i].layer->bias) add_bias(ctx, outputs[i], layers[i].layer->bias);
  return outputs;
}

// Several layers of one input, whatever their axes: x (Row, In) -> (Row, Out) each.
//   auto [queries, keys] = linear_each(ctx, x, query_layer, key_layer);
template <class Row, class In, class... Outs>
std::tuple<View<float, Row, Outs>...> linear_each(const auto& ctx, View<const float, Row, In> x,
                                                  const Linear<Outs, In>&... layers) {
  const std::tuple outputs{ctx.template make<float, Row, Outs>(extent<Row>(x), layers.weight.rows())...};
  std::apply([&](const auto&... y) {
    const StoredProduct products[] = {{&layers.weight.storage, product_of(layers.weight, x, y, ctx.numerics)}...};
    multiply_each(ctx.backend, std::span<const StoredProduct>(products));
    ((layers.bias ? add_bias(ctx, y, layers.bias) : void()), ...);
  }, outputs);
  return outputs;
}

}  // namespace etalon
