#pragma once
// A window on numbers whose axes are named in its type: row-major, dense, owning nothing.
//
//   View<float, Token, Channel> x;   x[t][c]   extent<Channel>(x)
//
// Passing a view with other axes, or the same in another order, does not compile. A View does not own its numbers:
// those of a step live in the context's arena (context.hpp), weights in the mapped checkpoint, caches in their state.
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <etalon/axes.hpp>
#include <etalon/math/guard.hpp>

namespace etalon {

namespace detail {
// The index of Axis among Axes; a compile error when it is not there exactly once.
template <class Axis, class... Axes> consteval int axis_index() {
  static_assert((static_cast<int>(std::is_same_v<Axis, Axes>) + ... + 0) == 1, "this view has no such axis");
  int index = 0, found = 0;
  ((std::is_same_v<Axis, Axes> ? found = index++ : index++), ...);
  return found;
}
template <class Last, class... Axes> consteval bool last_is() {
  bool last = false;
  ((last = std::is_same_v<Last, Axes>), ...);
  return last;
}
}  // namespace detail

template <class T, class... Axes> struct View;

namespace detail {
template <class T, class First, class... Rest> struct Dropped { using type = View<T, Rest...>; };
}  // namespace detail

template <class T, class... Axes> struct View {
  static_assert(sizeof...(Axes) > 0);
  static constexpr int rank = static_cast<int>(sizeof...(Axes));
  using value_type = T;

  T* data = nullptr;
  int shape[rank] = {};

  // How many numbers there are.
  ETALON_HD constexpr std::size_t size() const {
    std::size_t n = 1;
    for (int axis = 0; axis < rank; ++axis) n *= static_cast<std::size_t>(shape[axis]);
    return n;
  }
  // How many numbers one step along the first axis skips.
  ETALON_HD constexpr std::size_t stride() const {
    std::size_t n = 1;
    for (int axis = 1; axis < rank; ++axis) n *= static_cast<std::size_t>(shape[axis]);
    return n;
  }
  // x[i] drops the first axis: a View of the others, or the number itself.
  ETALON_HD constexpr decltype(auto) operator[](int i) const {
    if constexpr (rank == 1) {
      return static_cast<T&>(data[i]);
    } else {
      typename detail::Dropped<T, Axes...>::type row{data + static_cast<std::size_t>(i) * stride()};
      for (int axis = 1; axis < rank; ++axis) row.shape[axis - 1] = shape[axis];
      return row;
    }
  }
  // Rows first, first + 1, …, first + count - 1 of the first axis.
  ETALON_HD constexpr View rows(int first, int count) const {
    View part = *this;
    part.data = data + static_cast<std::size_t>(first) * stride();
    part.shape[0] = count;
    return part;
  }
  // Reading access converts by itself. (A template, because nvcc warns of a conversion from a type to itself.)
  template <class U> requires(!std::is_const_v<T> && std::is_same_v<U, const T>)
  ETALON_HD constexpr operator View<U, Axes...>() const {
    View<U, Axes...> same{data};
    for (int axis = 0; axis < rank; ++axis) same.shape[axis] = shape[axis];
    return same;
  }
};

// How long an axis is.
template <class Axis, class T, class... Axes> ETALON_HD constexpr int extent(const View<T, Axes...>& x) {
  return x.shape[detail::axis_index<Axis, Axes...>()];
}

// float or const float: what an operation may read.
template <class T> concept Real = std::same_as<std::remove_const_t<T>, float>;

template <class T, class... Axes> View<const T, Axes...> read_only(View<T, Axes...> x) { return x; }

// (…, Joined<A, B>) seen as (…, A, B); a is the length of A. No data moves.
template <class T, class A, class B, class Row>
View<T, Row, A, B> split(View<T, Row, Joined<A, B>> x, int a) {
  return {x.data, {x.shape[0], a, x.shape[1] / a}};
}
// (Row, A, B) seen as (Row, Joined<A, B>).
template <class T, class Row, class A, class B> View<T, Row, Joined<A, B>> join(View<T, Row, A, B> x) {
  return {x.data, {x.shape[0], x.shape[1] * x.shape[2]}};
}
// The same numbers under other axis names: for an axis that plays a second role (a value of MLA is also a latent).
template <class... To, class T, class... From> View<T, To...> renamed(View<T, From...> x) {
  static_assert(sizeof...(To) == sizeof...(From));
  View<T, To...> same{x.data};
  for (int axis = 0; axis < same.rank; ++axis) same.shape[axis] = x.shape[axis];
  return same;
}

}  // namespace etalon
