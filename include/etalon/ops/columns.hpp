#pragma once
// Copies that rearrange the last axis: cut one block out of it, or put two blocks side by side.
#include <etalon/context.hpp>

namespace etalon {

// Channels first … first + count - 1 of the last axis, under the name Part. x (Row, Axis) -> (Row, Part)
template <class Part, class T, class Row, class Axis> requires Real<T>
View<float, Row, Part> columns(const auto& ctx, View<T, Row, Axis> x, int first, int count) {
  auto part = ctx.template make<float, Row, Part>(extent<Row>(x), count);
  for (int r = 0; r < extent<Row>(x); ++r)
    for (int c = 0; c < count; ++c) part[r][c] = x[r][first + c];
  return part;
}

// The same for each head. x (Row, Heads, Axis) -> (Row, Heads, Part)
template <class Part, class T, class Row, class Heads, class Axis> requires Real<T>
View<float, Row, Heads, Part> columns(const auto& ctx, View<T, Row, Heads, Axis> x, int first, int count) {
  auto part = ctx.template make<float, Row, Heads, Part>(extent<Row>(x), extent<Heads>(x), count);
  for (int r = 0; r < extent<Row>(x); ++r)
    for (int h = 0; h < extent<Heads>(x); ++h)
      for (int c = 0; c < count; ++c) part[r][h][c] = x[r][h][first + c];
  return part;
}

// [a | b] in each head, where b is shared by all heads. a (Row, Heads, A), b (Row, B) -> (Row, Heads, Both)
template <class Both, class Row, class Heads, class A, class B>
View<float, Row, Heads, Both> beside_shared(const auto& ctx, View<const float, Row, Heads, A> a,
                                            View<const float, Row, B> b) {
  const int left = extent<A>(a), right = extent<B>(b);
  auto both = ctx.template make<float, Row, Heads, Both>(extent<Row>(a), extent<Heads>(a), left + right);
  for (int r = 0; r < extent<Row>(a); ++r)
    for (int h = 0; h < extent<Heads>(a); ++h)
      for (int c = 0; c < left + right; ++c) both[r][h][c] = c < left ? a[r][h][c] : b[r][c - left];
  return both;
}

// [a | b] in each row. a (Row, A), b (Row, B) -> (Row, Both)
template <class Both, class Row, class A, class B>
View<float, Row, Both> beside(const auto& ctx, View<const float, Row, A> a, View<const float, Row, B> b) {
  const int left = extent<A>(a), right = extent<B>(b);
  auto both = ctx.template make<float, Row, Both>(extent<Row>(a), left + right);
  for (int r = 0; r < extent<Row>(a); ++r)
    for (int c = 0; c < left + right; ++c) both[r][c] = c < left ? a[r][c] : b[r][c - left];
  return both;
}

}  // namespace etalon
