// The tasks on any machine, in the sizes of large models.
#include "operations.hpp"

#include <etalon/cpu/ceilings.hpp>

#include "cases.hpp"

namespace etalon::command::bench {

namespace {

volatile std::uint32_t word_sink;

Task read_task(Bench& bench, const Pool& pool, int streams) {
  constexpr std::size_t piece = std::size_t{2} << 20;
  const auto run = [&bench, &pool, streams] {
    for_rows(bench.backend, static_cast<int>(Pool::size / piece), std::int64_t{piece}, [&](int first, int last) {
      for (int i = first; i < last; ++i)
        word_sink = sum_of_words(bench.backend.isa, pool.all() + static_cast<std::size_t>(i) * piece, piece, streams);
    });
  };
  return {"ceiling", "read memory, streams: " + std::to_string(streams), bench.threads(), Unit::bytes,
          {Pool::size, 0}, 0, run};
}

Task fma_task(Bench& bench, Isa isa) {
  constexpr std::int64_t steps = 100000;
  const int pieces = 8 * bench.threads();
  const auto run = [&bench, isa, pieces] {
    for_rows(bench.backend, pieces, steps, [&](int first, int last) {
      for (int i = first; i < last; ++i) float_sink = run_fma_chains(isa, steps).result;
    });
  };
  return {"ceiling", std::string("f32 fma, ") + name_of(isa), bench.threads(), Unit::operations,
          {0, run_fma_chains(isa, steps).amount * pieces}, 0, run};
}

#if defined(ETALON_TILES)
// Products of tiles that stay in their registers, four sums in turns.
struct Bf16Tiles {
  static constexpr const char* name = "bf16 tiles, amx";
  static constexpr double operations = 2.0 * 16 * 16 * 32;
  template <int Sum, int A, int B> static void multiply() { multiply_bf16<Sum, A, B>(); }
};
struct Int8Tiles {
  static constexpr const char* name = "int8 tiles, amx";
  static constexpr double operations = 2.0 * 16 * 16 * 64;
  template <int Sum, int A, int B> static void multiply() { multiply_int8<Sum, A, B>(); }
};

template <class Kind> void multiply_tiles(int steps) {
  const TileScope scope(64);
  clear_tile<0>(), clear_tile<1>(), clear_tile<2>(), clear_tile<3>();
  clear_tile<4>(), clear_tile<5>(), clear_tile<6>(), clear_tile<7>();
  for (int i = 0; i < steps; ++i) {
    Kind::template multiply<0, 4, 6>(), Kind::template multiply<1, 4, 7>();
    Kind::template multiply<2, 5, 6>(), Kind::template multiply<3, 5, 7>();
  }
}

// Not in the group of ceilings: fractions are of f32 fma, on every machine.
template <class Kind> Task tile_task(Bench& bench) {
  constexpr int steps = 10000;
  const int pieces = 8 * bench.threads();
  const auto run = [&bench, pieces] {
    for_rows(bench.backend, pieces, 1000 * std::int64_t{steps}, [](int first, int last) {
      for (int i = first; i < last; ++i) multiply_tiles<Kind>(steps);
    });
  };
  return {"ceiling of tiles", Kind::name, bench.threads(), Unit::operations,
          {0, 4 * Kind::operations * steps * pieces}, 0, run};
}
#endif

}  // namespace

std::vector<Task> ceiling_tasks(Bench& bench, const Pool& pool) {
  const Isa own = bench.backend.isa;
  std::vector<Task> tasks;
  for (int streams : ceiling_streams) tasks.push_back(read_task(bench, pool, streams));
  for (Isa isa : {Isa::avx2, Isa::avx512})
    if (has_isa(isa) && (own == Isa::scalar || isa <= own)) tasks.push_back(fma_task(bench, isa));
#if defined(ETALON_TILES)
  if (own == Isa::amx) {
    tasks.push_back(tile_task<Bf16Tiles>(bench));
    tasks.push_back(tile_task<Int8Tiles>(bench));
  }
#endif
  return tasks;
}

std::vector<Task> operation_tasks(Bench& bench, Pool& pool) {
  const int share = bench.backend.isa == Isa::scalar ? 16 : 1;   // plain loops take as much longer
  std::vector<Task> tasks;
  for (const Format& format : formats())
    for (const Shape& shape : {Shape{1, 4096 / share, 4096}, Shape{1, 2048 / share, 7168}})
      tasks.push_back(product_task(bench, pool, format, shape));
  for (const Format& format : formats())
    tasks.push_back(product_task(bench, pool, format, {256, 2048 / share, 4096}));
  for (int positions : {1024, 8192, 32768}) tasks.push_back(attention_task(bench, pool, 1, positions));
  tasks.push_back(attention_task(bench, pool, 128 / share, 1024));
  tasks.push_back(norm_task(bench, pool, 256, 7168));
  tasks.push_back(activation_task(bench, pool, 256, 2048));
  tasks.push_back(routing_task(bench, pool, 256, 256));
  return tasks;
}

}  // namespace etalon::command::bench
