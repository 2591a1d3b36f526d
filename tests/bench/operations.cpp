// How long each operation takes, on Reference and Cpu side by side: meson test --benchmark -v -C build
//
// The cases are those of `etalon bench` in sizes that plain loops manage in milliseconds; `etalon bench` times large
// ones, on Cpu only, and says how near they come to the machine's limits.
#include "catch.hpp"

#include <etalon/cpu/cores.hpp>
#include <etalon/math/softmax.hpp>
#include <etalon/math/top_k.hpp>

#include "../../examples/etalon/bench/cases.hpp"

using namespace etalon;
using namespace etalon::command::bench;

namespace {

Pool& pool() {
  static Pool memory;
  return memory;
}

BenchOf<Reference> reference;
Bench one_thread{Cpu(1)}, all_threads{Cpu(usable_cores())};

void time_task(Task task, const std::string& backend) {
  BENCHMARK_ADVANCED(task.name + ", " + backend)(Catch::Benchmark::Chronometer meter) {
    if (task.prepare) task.prepare();
    meter.measure([&task] { task.run(); });
  };
}

std::string cpu_with(int threads) { return "cpu " + std::to_string(threads); }

// make: a task for a bench of any backend.
void side_by_side(const auto& make) {
  time_task(make(reference), "reference");
  time_task(make(one_thread), cpu_with(1));
  if (all_threads.threads() > 1) time_task(make(all_threads), cpu_with(all_threads.threads()));
}

// Something done to each of 64 rows of 1024 numbers.
void time_rows(const std::string& name, const auto& work_on_row) {
  constexpr int rows = 64, width = 1024;
  std::vector<float> numbers(std::size_t{rows} * width);
  side_by_side([&](auto& bench) {
    Task task{"rows", name, bench.threads()};
    task.prepare = [&] { std::memcpy(numbers.data(), pool().next_floats(numbers.size()), 4 * numbers.size()); };
    task.run = [&] {
      for_rows(bench.backend, rows, 20 * width, [&](int first, int last) {
        for (int t = first; t < last; ++t) work_on_row(numbers.data() + std::size_t(t) * width, width);
      });
      float_sink = numbers.front();
    };
    return task;
  });
}

}  // namespace

TEST_CASE("a matrix times a vector, by storage format") {
  for (const Format& format : formats())
    side_by_side([&](auto& bench) { return product_task(bench, pool(), format, {1, 1024, 2048}); });
}

TEST_CASE("a matrix times 16 vectors, by storage format") {
  for (const Format& format : formats())
    side_by_side([&](auto& bench) { return product_task(bench, pool(), format, {16, 512, 2048}); });
}

TEST_CASE("attention") {
  side_by_side([](auto& bench) { return attention_task(bench, pool(), 1, 1024); });
  side_by_side([](auto& bench) { return attention_task(bench, pool(), 16, 256); });
}

TEST_CASE("norm, activation, routing") {
  side_by_side([](auto& bench) { return norm_task(bench, pool(), 64, 2048); });
  side_by_side([](auto& bench) { return activation_task(bench, pool(), 64, 1024); });
  side_by_side([](auto& bench) { return routing_task(bench, pool(), 64, 256); });
}

TEST_CASE("softmax and the k largest, which are the same on every backend but for threads") {
  time_rows("softmax 64 x 1024", [](float* row, int n) { softmax(row, n); });
  time_rows("top 8 of 1024, 64 rows", [](float* row, int n) {
    int id[8];
    top_k(row, n, 8, id);
    row[0] = static_cast<float>(id[7]);
  });
}
