#pragma once
// Copies that rearrange the last axis: cut one block out of it, or put two blocks side by side.
#include <algorithm>

#include <etalon/context.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

// Rows of numbers, `stride` apart.
template <class T> struct NumberRows {
  T* data;
  std::size_t stride;

  T* operator[](int row) const { return data + static_cast<std::size_t>(row) * stride; }
};

// The first `width` numbers of each row of `from` go to the same row of `to`; from's row is row / shared.
void copy_rows(const auto& ctx, int rows, int width, const NumberRows<const float>& from, const NumberRows<float>& to,
               int shared = 1) {
  for_rows(ctx.backend, rows, width, [&](int first, int last) {
    for (int r = first; r < last; ++r) std::copy_n(from[r / shared], width, to[r]);
  });
}

// Channels first … first + count - 1 of the last axis, under the name Part. x (Row, Axis) -> (Row, Part)
template <class Part, class T, class Row, class Axis> requires Real<T>
View<float, Row, Part> columns(const auto& ctx, View<T, Row, Axis> x, int first, int count) {
  auto part = ctx.template make<float, Row, Part>(extent<Row>(x), count);
  copy_rows(ctx, extent<Row>(x), count, {x.data + first, x.stride()}, {part.data, part.stride()});
  return part;
}

// The same for each head. x (Row, Heads, Axis) -> (Row, Heads, Part)
template <class Part, class T, class Row, class Heads, class Axis> requires Real<T>
View<float, Row, Heads, Part> columns(const auto& ctx, View<T, Row, Heads, Axis> x, int first, int count) {
  const int heads = extent<Heads>(x), width = extent<Axis>(x);
  auto part = ctx.template make<float, Row, Heads, Part>(extent<Row>(x), heads, count);
  copy_rows(ctx, extent<Row>(x) * heads, count, {x.data + first, static_cast<std::size_t>(width)},
            {part.data, static_cast<std::size_t>(count)});
  return part;
}

// [a | b] in each head, where b is shared by all heads. a (Row, Heads, A), b (Row, B) -> (Row, Heads, Both)
template <class Both, class Row, class Heads, class A, class B>
View<float, Row, Heads, Both> beside_shared(const auto& ctx, View<const float, Row, Heads, A> a,
                                            View<const float, Row, B> b) {
  const int left = extent<A>(a), right = extent<B>(b), heads = extent<Heads>(a), rows = extent<Row>(a) * heads;
  const auto width = static_cast<std::size_t>(left + right);
  auto both = ctx.template make<float, Row, Heads, Both>(extent<Row>(a), heads, left + right);
  copy_rows(ctx, rows, left, {a.data, static_cast<std::size_t>(left)}, {both.data, width});
  copy_rows(ctx, rows, right, {b.data, b.stride()}, {both.data + left, width}, heads);
  return both;
}

// [a | b] in each row. a (Row, A), b (Row, B) -> (Row, Both)
template <class Both, class Row, class A, class B>
View<float, Row, Both> beside(const auto& ctx, View<const float, Row, A> a, View<const float, Row, B> b) {
  const int left = extent<A>(a), right = extent<B>(b);
  auto both = ctx.template make<float, Row, Both>(extent<Row>(a), left + right);
  copy_rows(ctx, extent<Row>(a), left, {a.data, a.stride()}, {both.data, both.stride()});
  copy_rows(ctx, extent<Row>(a), right, {b.data, b.stride()}, {both.data + left, both.stride()});
  return both;
}

}  // namespace etalon
