#pragma once
// Observation: every intermediate tensor has a name, and a trace is whoever listens to them.
//
//   ctx.show("attn.q", q)   is heard as   ("layers.3.attn.q", floats, shape, axis names)
//
// A listener is any struct with `static constexpr bool on = true` and a call operator taking a Shown. NoTrace is the
// one that does not listen: with it a `show` leaves no instruction behind. The file format is docs/design.md's and
// lives in io/trace_file.hpp.
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <etalon/view.hpp>

namespace etalon {

// One tensor, as a listener hears it. The numbers are valid during the call only.
struct Shown {
  std::string name;
  const float* floats = nullptr;      // one of the two is set
  const int* integers = nullptr;
  std::vector<int> shape;
  std::vector<std::string> axes;
};

struct NoTrace { static constexpr bool on = false; };

// A listener, or none.
template <class T> concept Listener = std::is_same_v<std::remove_const_t<decltype(T::on)>, bool>;

template <class T, class... Axes> Shown shown(std::string name, View<T, Axes...> x) {
  static_assert(std::is_same_v<std::remove_const_t<T>, float> || std::is_same_v<std::remove_const_t<T>, int>);
  Shown tensor;
  tensor.name = std::move(name);
  if constexpr (std::is_same_v<std::remove_const_t<T>, float>) tensor.floats = x.data;
  else tensor.integers = x.data;
  tensor.shape.assign(x.shape, x.shape + x.rank);
  tensor.axes = {Axes::name...};
  return tensor;
}

}  // namespace etalon
