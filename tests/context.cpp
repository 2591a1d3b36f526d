// Tests of include/etalon/context.hpp.
#include <etalon/context.hpp>

#include <cstdint>

#include <doctest/doctest.h>

#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("numerics modes have names") {
  CHECK(std::string(name_of(Numerics::f32)) == "f32");
  CHECK(std::string(name_of(Numerics::bf16)) == "bf16");
  CHECK(std::string(name_of(Numerics::int8)) == "int8");
}

TEST_CASE("an arena hands out memory that is aligned, apart, and stays where it is") {
  Arena arena;
  std::vector<std::pair<float*, std::size_t>> taken;
  for (std::size_t n : {1, 0, 17, 300000, 5, 2000000, 3, 262144, 262143, 7}) {   // some larger than a block
    float* x = arena.take<float>(n);
    CHECK(reinterpret_cast<std::uintptr_t>(x) % 64 == 0);
    for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(taken.size());
    taken.push_back({x, n});
  }
  int changed = 0;
  for (std::size_t k = 0; k < taken.size(); ++k)
    for (std::size_t i = 0; i < taken[k].second; ++i) changed += taken[k].first[i] != static_cast<float>(k);
  CHECK(changed == 0);
}

TEST_CASE("a scope gives back what was taken in it, and only that") {
  Arena arena;
  float* kept = arena.take<float>(10);
  kept[0] = 42.0f;
  float* first = nullptr;
  for (int round = 0; round < 100; ++round) {
    const Arena::Scope scope(arena);
    float* x = arena.take<float>(1000);
    if (!first) first = x;
    CHECK(x == first);   // the same place every time: a loop of layers does not grow
    {
      const Arena::Scope inner(arena);
      arena.take<float>(500000)[499999] = 1.0f;   // goes to a further block
    }
    arena.take<float>(500000)[0] = 2.0f;
  }
  CHECK(kept[0] == 42.0f);
}

TEST_CASE("a tensor is shown under its layer's name, or plainly outside of layers") {
  Run run;
  auto x = run.ctx.make<float, Token, Channel>(2, 3);
  CHECK(extent<Channel>(x) == 3);
  for (std::size_t i = 0; i < x.size(); ++i) x.data[i] = static_cast<float>(i);
  run.ctx.show("embed", x);
  run.ctx.layer = 7;
  run.ctx.show("attn.q", x);
  CHECK(run.notes.names == std::vector<std::string>{"embed", "layers.7.attn.q"});
  CHECK(run.notes.floats["layers.7.attn.q"][5] == 5.0f);
}

TEST_CASE("with nobody listening, showing does nothing") {
  const Reference backend;
  Arena arena;
  NoTrace trace;
  const Context<Reference, NoTrace> ctx{backend, Numerics::f32, arena, trace};
  ctx.show("anything", View<const float, Token>{nullptr, {1000000}});   // would be read, were anyone listening
  CHECK(ctx.layer == -1);
}
