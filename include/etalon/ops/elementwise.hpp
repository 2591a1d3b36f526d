#pragma once
// Operations that look at one number, or one row, at a time: add, gate, embed, gather, scatter.
#include <algorithm>
#include <cstddef>
#include <vector>

#include <etalon/context.hpp>
#include <etalon/math/activation.hpp>
#include <etalon/ops/backend.hpp>
#include <etalon/weight.hpp>

namespace etalon {

// Calls change(i) for the index of every number of x. work: operations of one.
template <class... Axes> void for_numbers(const auto& ctx, View<float, Axes...> x, int work, auto&& change) {
  const std::size_t stride = x.stride();
  for_rows(ctx.backend, x.shape[0], work * static_cast<std::int64_t>(stride), [&](int first, int last) {
    for (std::size_t i = first * stride; i < last * stride; ++i) change(i);
  });
}

// x += y. Both (Row, Axis).
template <class T, class Row, class Axis> requires Real<T>
void add(const auto& ctx, View<float, Row, Axis> x, View<T, Row, Axis> y) {
  for_numbers(ctx, x, move_work, [&](std::size_t i) { x.data[i] = x.data[i] + y.data[i]; });
}

// y[i] = fma(factor, x[i], y[i]) for i < n.
template <class Backend> void add_scaled(const Backend&, float factor, const float* x, float* y, int n) {
  for (int i = 0; i < n; ++i) y[i] = fma(factor, x[i], y[i]);
}

// x[t] = fma(sigmoid(gate[t]), y[t], x[t]) in each row.
inline void add_gated(const auto& ctx, View<float, Token, Channel> x, View<const float, Token, One> gate,
                      View<const float, Token, Channel> y) {
  const int n = extent<Channel>(x);
  for_rows(ctx.backend, extent<Token>(x), std::int64_t{move_work} * n, [&](int first, int last) {
    for (int t = first; t < last; ++t) add_scaled(ctx.backend, sigmoid(gate[t][0]), y[t].data, x[t].data, n);
  });
}

// gate[i] = activation(gate[i], up[i]) for i < n.
template <class Backend, class Activation>
void activate_numbers(const Backend&, const Activation& activation, float* gate, const float* up, int n) {
  for (int i = 0; i < n; ++i) gate[i] = activation(gate[i], up[i]);
}

// gate = activation(gate, up), in place. Both (Token, Hidden).
template <class Activation>
void activate(const auto& ctx, const Activation& activation, View<float, Token, Hidden> gate,
              View<const float, Token, Hidden> up) {
  const int n = extent<Hidden>(gate);
  for_rows(ctx.backend, extent<Token>(gate), 20 * std::int64_t{n}, [&](int first, int last) {
    for (int t = first; t < last; ++t) activate_numbers(ctx.backend, activation, gate[t].data, up[t].data, n);
  });
}

// x = x * sigmoid(gate), in place. Both (Token, Heads, Axis).
template <class Heads, class Axis>
void gate(const auto& ctx, View<float, Token, Heads, Axis> x, View<float, Token, Heads, Axis> by) {
  for_numbers(ctx, x, 20, [&](std::size_t i) { x.data[i] = x.data[i] * sigmoid(by.data[i]); });
}

// x = x * silu(gate), in place. Both (Token, Heads, Axis).
template <class Heads, class Axis>
void gate_with_silu(const auto& ctx, View<float, Token, Heads, Axis> x, View<const float, Token, Heads, Axis> by) {
  for_numbers(ctx, x, 20, [&](std::size_t i) { x.data[i] = x.data[i] * silu(by.data[i]); });
}

// The rows of the embedding table for the given ids. -> (Token, Channel). Ids are valid (checked on the way in).
inline View<float, Token, Channel> embed(const auto& ctx, const Weight<Vocab, Channel>& table,
                                         View<const int, Token> tokens) {
  auto x = ctx.template make<float, Token, Channel>(extent<Token>(tokens), table.columns());   // (Token, Channel)
  for_rows(ctx.backend, extent<Token>(tokens), table.columns(), [&](int first, int last) {
    for (int t = first; t < last; ++t) read_row(table.storage, tokens[t], table.columns(), x[t].data);
  });
  return x;
}

template <class... Axes> View<float, Axes...> zeros(const auto& ctx, auto... extents) {
  auto x = ctx.template make<float, Axes...>(extents...);
  for_numbers(ctx, x, move_work, [&](std::size_t i) { x.data[i] = 0.0f; });
  return x;
}

// The given rows of x, side by side. -> (Token, Channel)
inline View<float, Token, Channel> gather(const auto& ctx, View<const float, Token, Channel> x,
                                          const std::vector<int>& rows) {
  const int n = extent<Channel>(x);
  auto some = ctx.template make<float, Token, Channel>(static_cast<int>(rows.size()), n);
  for_rows(ctx.backend, extent<Token>(some), std::int64_t{move_work} * n, [&](int first, int last) {
    for (int i = first; i < last; ++i) std::copy_n(x[rows[i]].data, n, some[i].data);
  });
  return some;
}

// y[rows[i]] = fma(weight[i], x[i], y[rows[i]]): an expert's outputs go back to the tokens that chose it.
inline void scatter_add(const auto& ctx, View<float, Token, Channel> y, const std::vector<int>& rows,
                        const std::vector<float>& weight, View<const float, Token, Channel> x) {
  const int n = extent<Channel>(x);
  for_rows(ctx.backend, extent<Token>(x), std::int64_t{move_work} * n, [&](int first, int last) {
    for (int i = first; i < last; ++i) add_scaled(ctx.backend, weight[i], x[i].data, y[rows[i]].data, n);
  });
}

}  // namespace etalon
