// The tasks on any machine. What an operation reads comes from the pool, so it is read from memory, as weights are.
#include "operations.hpp"

#include <algorithm>
#include <cstring>

#include <etalon/cpu/ceilings.hpp>
#include <etalon/ops/attend.hpp>
#include <etalon/ops/elementwise.hpp>
#include <etalon/ops/rms_norm.hpp>

namespace etalon::command::bench {

namespace {

// Written, so that no compiler leaves work out.
volatile float float_sink;
volatile std::uint32_t word_sink;

Task read_task(Bench& bench, const Pool& pool, int streams) {
  constexpr std::size_t piece = std::size_t{2} << 20;
  const auto run = [&bench, &pool, streams] {
    for_rows(bench.cpu, static_cast<int>(Pool::size / piece), std::int64_t{piece}, [&](int first, int last) {
      for (int i = first; i < last; ++i)
        word_sink = sum_of_words(bench.cpu.isa, pool.all() + static_cast<std::size_t>(i) * piece, piece, streams);
    });
  };
  return {"ceiling", "read memory, streams: " + std::to_string(streams), bench.threads(), Unit::bytes, Pool::size, 0,
          run};
}

Task fma_task(Bench& bench, Isa isa) {
  constexpr std::int64_t steps = 100000;
  const int pieces = 8 * bench.threads();
  const auto run = [&bench, isa, pieces] {
    for_rows(bench.cpu, pieces, steps, [&](int first, int last) {
      for (int i = first; i < last; ++i) float_sink = run_fma_chains(isa, steps).result;
    });
  };
  return {"ceiling", std::string("f32 fma, ") + name_of(isa), bench.threads(), Unit::operations,
          run_fma_chains(isa, steps).amount * pieces, 0, run};
}

// --- linear ----------------------------------------------------------------------------------------------------------
using Matrix = Weight<Hidden, Channel>;

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

Storage next_e4m3(Pool& pool, int rows, int columns) {
  const std::byte* codes = pool.next(static_cast<std::size_t>(rows) * columns);
  const std::byte* scales = pool.next(sizeof(float) * static_cast<std::size_t>(rows / 128 + 1) * (columns / 128));
  return ScaledBlocks<E4m3, F32>{{codes, columns}, {scales, columns / 128}};
}
Storage next_mxfp4(Pool& pool, int rows, int columns) {
  const std::byte* codes = pool.next(static_cast<std::size_t>(rows) * columns / 2);
  return Mxfp4{codes, pool.next(static_cast<std::size_t>(rows) * columns / 32), columns / 2, columns / 32};
}

const std::vector<Format>& formats() {
  static const std::vector<Format> all = {
      plain_format<F32>("f32", Numerics::f32), plain_format<Bf16>("bf16", Numerics::bf16),
      plain_format<F16>("f16", Numerics::bf16), {"e4m3", Numerics::bf16, next_e4m3, 1.0 + 4.0 / (128 * 128)},
      {"mxfp4", Numerics::bf16, next_mxfp4, 0.5 + 1.0 / 32}, plain_format<Bf16>("bf16 as int8", Numerics::int8)};
  return all;
}

struct Shape { int tokens, rows, columns; };

std::string product_name(const Format& format, const Shape& shape) {
  return format.name + std::string(" ") + std::to_string(shape.rows) + " x " + std::to_string(shape.columns);
}

std::function<void()> multiply_run(Bench& bench, Pool& pool, const Format& format, Shape shape) {
  return [&bench, &pool, format, shape] {
    const Arena::Scope scope(bench.arena);
    const Matrix matrix{{shape.rows, shape.columns}, format.next(pool, shape.rows, shape.columns)};
    const View<const float, Token, Channel> x{pool.next_floats(std::size_t(shape.tokens) * shape.columns),
                                              {shape.tokens, shape.columns}};
    float_sink = multiply(bench.context(), matrix, x, format.numerics)[0][0];
  };
}

void add_products(std::vector<Task>& tasks, Bench& bench, Pool& pool) {
  const int share = bench.cpu.isa == Isa::scalar ? 16 : 1;   // plain loops take as much longer
  for (const Format& format : formats())
    for (const Shape& shape : {Shape{1, 4096 / share, 4096}, Shape{1, 2048 / share, 7168}})
      tasks.push_back({"matrix x vector", product_name(format, shape), bench.threads(), Unit::bytes,
                       format.bytes_per_number * shape.rows * shape.columns, 0,
                       multiply_run(bench, pool, format, shape)});
  const Shape shape{256, 2048 / share, 4096};
  for (const Format& format : formats())
    tasks.push_back({"matrix x 256 vectors", product_name(format, shape), bench.threads(), Unit::operations,
                     2.0 * shape.tokens * shape.rows * shape.columns, 0, multiply_run(bench, pool, format, shape)});
}

// --- the others ------------------------------------------------------------------------------------------------------
// One token's attention: 32 heads of 128, of which 4 share keys and values.
void add_attention(std::vector<Task>& tasks, Bench& bench, Pool& pool, int positions) {
  constexpr int heads = 32, kv_heads = 8, dim = 128;
  const std::size_t numbers = static_cast<std::size_t>(positions) * kv_heads * dim;
  const auto run = [&bench, &pool, positions, numbers] {
    const Arena::Scope scope(bench.arena);
    const View<const float, Token, Head, HeadDim> q{reinterpret_cast<const float*>(pool.all()), {1, heads, dim}};
    const View<const float, Position, KvHead, HeadDim> keys{pool.next_floats(numbers), {positions, kv_heads, dim}};
    const View<const float, Position, KvHead, ValueDim> values{pool.next_floats(numbers), {positions, kv_heads, dim}};
    const auto ctx = bench.context();
    const auto out = ctx.make<float, Token, Head, ValueDim>(1, heads, dim);
    attend(ctx, q, keys, values, {.scale = 0.088, .start = positions - 1}, out);
    float_sink = out[0][0][0];
  };
  tasks.push_back({"attention", "one token, positions: " + std::to_string(positions), bench.threads(), Unit::bytes,
                   2.0 * sizeof(float) * static_cast<double>(numbers), 0, run});
}

void add_norm(std::vector<Task>& tasks, Bench& bench, Pool& pool) {
  constexpr int tokens = 256, channels = 7168;
  const auto run = [&bench, &pool] {
    const Arena::Scope scope(bench.arena);
    const RmsNorm<Channel> norm{{{channels}, Plain<F32>{pool.all(), channels}}};
    const View<const float, Token, Channel> x{pool.next_floats(std::size_t{tokens} * channels), {tokens, channels}};
    float_sink = rms_norm(bench.context(), norm, x)[0][0];
  };
  tasks.push_back({"row by row", "rms_norm 256 x 7168", bench.threads(), Unit::bytes,
                   2.0 * sizeof(float) * tokens * channels, 0, run});
}

void add_activation(std::vector<Task>& tasks, Bench& bench, Pool& pool) {
  constexpr int tokens = 256, hidden = 2048;
  constexpr std::size_t numbers = std::size_t{tokens} * hidden;
  const auto gate = std::make_shared<std::vector<float>>(numbers);
  const auto prepare = [gate, &pool] { std::memcpy(gate->data(), pool.next_floats(numbers), numbers * sizeof(float)); };
  const auto run = [gate, &bench, &pool] {
    const View<const float, Token, Hidden> up{pool.next_floats(numbers), {tokens, hidden}};
    activate(bench.context(), SwiGlu{}, View<float, Token, Hidden>{gate->data(), {tokens, hidden}}, up);
    float_sink = gate->front();
  };
  tasks.push_back({"row by row", "swiglu 256 x 2048", bench.threads(), Unit::bytes,
                   3.0 * sizeof(float) * static_cast<double>(numbers), 0, run, prepare});
}

}  // namespace

Pool::Pool() : bytes_(size / sizeof(std::uint64_t)) {
  std::uint64_t state = 0x9e3779b97f4a7c15u;
  for (std::uint64_t& word : bytes_) {   // xorshift: Marsaglia 2003
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    word = (state & 0x8787878787878787u) | 0x3838383838383838u;   // exponents of numbers between 2^-15 and 2
  }
}

const std::byte* Pool::next(std::size_t bytes) {
  const std::size_t aligned = (bytes + 63) / 64 * 64;
  if (at_ + aligned > size) at_ = 0;
  const std::byte* found = all() + at_;
  at_ += aligned;
  return found;
}

std::vector<Task> ceiling_tasks(Bench& bench, const Pool& pool) {
  std::vector<Task> tasks;
  for (int streams : ceiling_streams) tasks.push_back(read_task(bench, pool, streams));
  for (Isa isa : all_isas)
    if (isa != Isa::scalar && has_isa(isa) && (bench.cpu.isa == Isa::scalar || isa <= bench.cpu.isa))
      tasks.push_back(fma_task(bench, isa));
  return tasks;
}

std::vector<Task> operation_tasks(Bench& bench, Pool& pool) {
  std::vector<Task> tasks;
  add_products(tasks, bench, pool);
  for (int positions : {1024, 8192, 32768}) add_attention(tasks, bench, pool, positions);
  add_norm(tasks, bench, pool);
  add_activation(tasks, bench, pool);
  return tasks;
}

}  // namespace etalon::command::bench
