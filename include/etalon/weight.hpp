#pragma once
// A named, shaped slot for the numbers of a checkpoint, in whatever format they are stored.
//
// The shape is set when a model is built from its configuration; the storage when it is bound to a checkpoint
// (io/bind.hpp), and nothing is copied: it points into the mapped file. Formats are a run-time choice made once per
// matrix (visit_storage), because one checkpoint mixes them; layers never see them.
#include <cassert>
#include <cstdint>
#include <type_traits>
#include <variant>

#include <etalon/formats/mxfp4.hpp>
#include <etalon/formats/plain.hpp>
#include <etalon/formats/scaled_blocks.hpp>
#include <etalon/view.hpp>

namespace etalon {

using Storage = std::variant<std::monostate, Plain<F32>, Plain<Bf16>, Plain<F16>, Plain<E4m3>, Plain<E5m2>,
                             ScaledBlocks<E4m3, F32>, ScaledBlocks<E4m3, Bf16>, ScaledBlocks<E4m3, E8m0>,
                             ScaledBlocks<E5m2, F32>, ScaledBlocks<I8, F32>, ScaledBlocks<I8, Bf16>, Mxfp4,
                             Plain<I64>, Plain<I32>>;

// Weight<Out, In> is a matrix of `rows` x `columns`; Weight<Axis> a vector, one row. One that a family lacks has no
// shape: `if (bias)` asks.
template <class... Axes> struct Weight {
  static constexpr int rank = static_cast<int>(sizeof...(Axes));
  static_assert(rank == 1 || rank == 2);
  int shape[rank] = {};
  Storage storage;
  int ids_below = 0;   // its numbers are ids from 0 up to this, which binding checks, not parameters; 0: any numbers

  int rows() const { return rank == 1 ? 1 : shape[0]; }
  int columns() const { return shape[rank - 1]; }
  std::int64_t count() const { return static_cast<std::int64_t>(rows()) * columns(); }
  bool bound() const { return storage.index() != 0; }
  explicit operator bool() const { return columns() > 0; }
};

// A weight of whatever axes, seen without them, for what treats all alike: binding, counting, drawing. One type, so
// that such code is compiled once and not once for each combination of axes. It points to the weight.
struct AnyWeight {
  template <class... Axes>
  AnyWeight(Weight<Axes...>& weight)
      : rank(Weight<Axes...>::rank), shape(weight.shape), storage(weight.storage), ids_below(weight.ids_below) {}

  int rank;
  int* shape;
  Storage& storage;
  int& ids_below;

  int rows() const { return rank == 1 ? 1 : shape[0]; }
  int columns() const { return shape[rank - 1]; }
  std::int64_t count() const { return static_cast<std::int64_t>(rows()) * columns(); }
};

// Calls f with the storage as what it is. A weight used before it was bound is a programmer's error.
template <class F> void visit_storage(const Storage& storage, F&& f) {
  assert(storage.index() != 0 && "a weight was used before it was bound");
  std::visit([&](const auto& bound) {
    if constexpr (!std::is_same_v<std::decay_t<decltype(bound)>, std::monostate>) f(bound);
  }, storage);
}

// The numbers of one row, decoded, scales included.
inline void read_row(const Storage& storage, int row, int columns, float* out) {
  visit_storage(storage, [&](const auto& bound) { bound.values(row, columns, out); });
}

// y = W x + b: the matrix and, where the family has one, the bias.
template <class Out, class In> struct Linear {
  Weight<Out, In> weight;
  Weight<Out> bias{};

  explicit operator bool() const { return static_cast<bool>(weight); }
  void each_part(auto&& part) {
    part("weight", weight);
    part("bias", bias);
  }
};

template <class Out, class In> Linear<Out, In> linear_of(int out, int in, bool with_bias = false) {
  return {{{out, in}, {}}, {{with_bias ? out : 0}, {}}};
}

}  // namespace etalon
