#pragma once
// The library's operations as tasks to time, through their public functions, on any backend: what `etalon bench` and
// the benchmarks of tests/bench have in common.
//
// What an operation reads comes from the pool, so it is read from memory, as weights are. Its work is counted as
//   bytes        what it must read and write once, without scratch memory; of a matrix times one vector, the matrix
//   operations   of binary32: 2 for each fma, 1 for each other; comparisons and integers are not counted
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <etalon/ops/attend.hpp>
#include <etalon/ops/elementwise.hpp>
#include <etalon/ops/rms_norm.hpp>
#include <etalon/ops/route.hpp>

#include "measure.hpp"
#include "pool.hpp"

namespace etalon::command::bench {

// --- linear ----------------------------------------------------------------------------------------------------------
// A format: how its matrices look at the next place of the pool, and how many bytes they have.
struct Format {
  const char* name;
  Numerics numerics;
  std::function<Storage(Pool&, int rows, int columns)> next;
  double bytes_per_number;
};

template <class Number> Format plain_format(const char* name, Numerics numerics) {
  return {name, numerics, [](Pool& pool, int rows, int columns) -> Storage {
            return Plain<Number>{pool.next(sizeof(Number) * static_cast<std::size_t>(rows) * columns), columns};
          }, sizeof(Number)};
}

inline Storage next_e4m3(Pool& pool, int rows, int columns) {
  const std::byte* codes = pool.next(static_cast<std::size_t>(rows) * columns);
  const std::byte* scales = pool.next(sizeof(float) * static_cast<std::size_t>(rows / 128 + 1) * (columns / 128));
  return ScaledBlocks<E4m3, F32>{{codes, columns}, {scales, columns / 128}};
}
inline Storage next_mxfp4(Pool& pool, int rows, int columns) {
  const std::byte* codes = pool.next(static_cast<std::size_t>(rows) * columns / 2);
  return Mxfp4{codes, pool.next(static_cast<std::size_t>(rows) * columns / 32), columns / 2, columns / 32};
}

inline const std::vector<Format>& formats() {
  static const std::vector<Format> all = {
      plain_format<F32>("f32", Numerics::f32), plain_format<Bf16>("bf16", Numerics::bf16),
      plain_format<F16>("f16", Numerics::bf16), {"e4m3", Numerics::bf16, next_e4m3, 1.0 + 4.0 / (128 * 128)},
      {"mxfp4", Numerics::bf16, next_mxfp4, 0.5 + 1.0 / 32}, plain_format<Bf16>("bf16 as int8", Numerics::int8)};
  return all;
}

struct Shape {
  int tokens, rows, columns;

  double operations() const { return 2.0 * tokens * rows * columns; }
  double bytes(const Format& format) const {
    const double matrix = format.bytes_per_number * rows * columns;
    return tokens == 1 ? matrix : matrix + 1.0 * sizeof(float) * tokens * (rows + columns);
  }
};

// A matrix times one vector or several. Columns: a multiple of 128.
template <class Backend>
Task product_task(BenchOf<Backend>& bench, Pool& pool, const Format& format, const Shape& shape) {
  const auto run = [&bench, &pool, format, shape] {
    const Arena::Scope scope(bench.arena);
    const Weight<Hidden, Channel> matrix{{shape.rows, shape.columns}, format.next(pool, shape.rows, shape.columns)};
    const View<const float, Token, Channel> x{pool.next_floats(std::size_t(shape.tokens) * shape.columns),
                                              {shape.tokens, shape.columns}};
    float_sink = multiply(bench.context(), matrix, x, format.numerics)[0][0];
  };
  const bool one = shape.tokens == 1;
  return {one ? "matrix x vector" : "matrix x " + std::to_string(shape.tokens) + " vectors",
          format.name + (" " + std::to_string(shape.rows)) + " x " + std::to_string(shape.columns), bench.threads(),
          one ? Unit::bytes : Unit::operations, {shape.bytes(format), shape.operations()}, 0, run};
}

// --- the others ------------------------------------------------------------------------------------------------------
// The last tokens of so many positions: 32 heads of 128, of which 4 share keys and values. The softmax is not counted.
template <class Backend> Task attention_task(BenchOf<Backend>& bench, Pool& pool, int tokens, int positions) {
  constexpr int heads = 32, kv_heads = 8, dim = 128;
  const std::size_t numbers = static_cast<std::size_t>(positions) * kv_heads * dim;
  const auto run = [&bench, &pool, tokens, positions, numbers] {
    const Arena::Scope scope(bench.arena);
    const View<const float, Token, Head, HeadDim> q{reinterpret_cast<const float*>(pool.all()), {tokens, heads, dim}};
    const View<const float, Position, KvHead, HeadDim> keys{pool.next_kept(numbers), {positions, kv_heads, dim}};
    const View<const float, Position, KvHead, ValueDim> values{pool.next_kept(numbers), {positions, kv_heads, dim}};
    const auto ctx = bench.context();
    const auto out = ctx.template make<float, Token, Head, ValueDim>(tokens, heads, dim);
    attend(ctx, q, keys, values, {.scale = 0.088, .start = positions - tokens}, out);
    float_sink = out[0][0][0];
  };
  const double seen = tokens * (positions - (tokens - 1) / 2.0), ends = tokens == 1 ? 0 : 2.0 * tokens * heads * dim;
  return {"attention", (tokens == 1 ? "one token" : std::to_string(tokens) + " tokens") + ", positions: " +
          std::to_string(positions), bench.threads(), tokens == 1 ? Unit::bytes : Unit::operations,
          {sizeof(float) * (2.0 * static_cast<double>(numbers) + ends), 4.0 * heads * dim * seen}, 0, run};
}

inline std::string tokens_by(const char* name, int tokens, int width) {
  return name + (" " + std::to_string(tokens)) + " x " + std::to_string(width);
}

template <class Backend> Task norm_task(BenchOf<Backend>& bench, Pool& pool, int tokens, int channels) {
  const auto run = [&bench, &pool, tokens, channels] {
    const Arena::Scope scope(bench.arena);
    const RmsNorm<Channel> norm{{{channels}, Plain<F32>{pool.all(), channels}}};
    const View<const float, Token, Channel> x{pool.next_floats(std::size_t(tokens) * channels), {tokens, channels}};
    float_sink = rms_norm(bench.context(), norm, x)[0][0];
  };
  const double numbers = 1.0 * tokens * channels;   // an fma and two products for each
  return {"row by row", tokens_by("rms_norm", tokens, channels), bench.threads(), Unit::bytes,
          {2 * sizeof(float) * numbers, 4 * numbers}, 0, run};
}

template <class Backend> Task activation_task(BenchOf<Backend>& bench, Pool& pool, int tokens, int hidden) {
  const std::size_t numbers = std::size_t(tokens) * hidden;
  const auto gate = std::make_shared<std::vector<float>>(numbers);
  const auto prepare = [gate, &pool, numbers] {
    std::memcpy(gate->data(), pool.next_floats(numbers), numbers * sizeof(float));
  };
  const auto run = [gate, &bench, &pool, tokens, hidden, numbers] {
    const View<const float, Token, Hidden> up{pool.next_floats(numbers), {tokens, hidden}};
    activate(bench.context(), SwiGlu{}, View<float, Token, Hidden>{gate->data(), {tokens, hidden}}, up);
    float_sink = gate->front();
  };
  // For each number 21 for the exponential (math/exp.hpp), and a sum, a quotient and a product.
  const auto count = static_cast<double>(numbers);
  return {"row by row", tokens_by("swiglu", tokens, hidden), bench.threads(), Unit::bytes,
          {3 * sizeof(float) * count, 24 * count}, 0, run, prepare};
}

// DeepSeek-V3's rule for so many tokens and experts, the 8 best of the 4 best groups of 8.
template <class Backend> Task routing_task(BenchOf<Backend>& bench, Pool& pool, int tokens, int experts) {
  const auto run = [&bench, &pool, tokens, experts] {
    const Arena::Scope scope(bench.arena);
    const RoutingRule rule{.chosen = 8, .groups = 8, .kept_groups = 4, .scale = 2.5f};
    const View<const float, Token, Expert> logits{pool.next_floats(std::size_t(tokens) * experts), {tokens, experts}};
    const View<const float, Expert> bias{reinterpret_cast<const float*>(pool.all()), {experts}};
    float_sink = route(bench.context(), rule, logits, bias).weight[0][0];
  };
  const double count = 1.0 * tokens * experts;   // a sigmoid (23 operations) and the bias for each
  return {"row by row", tokens_by("route", tokens, experts) + " experts", bench.threads(), Unit::bytes,
          {3 * sizeof(float) * count, 24 * count}, 0, run};
}

}  // namespace etalon::command::bench
