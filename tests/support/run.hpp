#pragma once
// What an operation needs to run in a test: a backend, an arena, a listener, and the Context that holds them.
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <etalon/context.hpp>
#include <etalon/ops/backend.hpp>
#include <etalon/weight.hpp>

namespace etalon::test {

// Writes down the name and the numbers of everything shown.
struct Notes {
  static constexpr bool on = true;
  std::vector<std::string> names;
  std::map<std::string, std::vector<float>> floats;
  std::map<std::string, std::vector<int>> integers;

  void operator()(const Shown& tensor) {
    std::size_t n = 1;
    for (int size : tensor.shape) n *= static_cast<std::size_t>(size);
    names.push_back(tensor.name);
    if (tensor.floats) floats[tensor.name].assign(tensor.floats, tensor.floats + n);
    else integers[tensor.name].assign(tensor.integers, tensor.integers + n);
  }
};

template <class Backend = Reference> struct Run {
  Backend backend;
  Arena arena;
  Notes notes;
  Context<Backend, Notes> ctx;

  explicit Run(Numerics numerics = Numerics::f32, Backend with = {})
      : backend(std::move(with)), ctx{backend, numerics, arena, notes} {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
};

// A view of a vector's numbers.
template <class... Axes> View<const float, Axes...> seen(const std::vector<float>& x, auto... extents) {
  return {x.data(), {extents...}};
}
template <class T, class... Axes> std::vector<std::remove_const_t<T>> copied(View<T, Axes...> x) {
  return {x.data, x.data + x.size()};
}

// A matrix of f32, row-major, as a storage format over the vector's bytes.
inline Plain<F32> stored(const std::vector<float>& values, int columns) {
  return {reinterpret_cast<const std::byte*>(values.data()), columns, 1};
}

}  // namespace etalon::test
