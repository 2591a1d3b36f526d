// Tests of include/etalon/ops/planner.hpp.
#include <etalon/ops/planner.hpp>

#include <doctest/doctest.h>

#include <etalon/layers/moe.hpp>

#include "support/filled.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

GatedMlp<> network(Filled& filled) {
  GatedMlp<> mlp = gated_mlp_of<>(24, 100);
  filled.set_all(mlp, 7, 0.5f);
  return mlp;
}
std::size_t taken(const auto& backend, Arena& arena, const auto& layer, Numerics mode, const float* x) {
  NoTrace nobody;
  const Context<std::decay_t<decltype(backend)>> ctx{backend, mode, arena, nobody};
  StepBuffer buffer;
  buffer.add(std::vector<int>(50), 0);
  layer(ctx, buffer.step(), View<const float, Token, Channel>{x, {50, 24}});
  return arena.peak();
}

}  // namespace

TEST_CASE("a step takes the memory that it takes on a backend that computes, and reads and writes none") {
  Filled filled;
  const auto mlp = network(filled);
  const std::vector<float> x = Random{2}.normals(50 * 24);
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
    Arena real, counting(Arena::Kind::counting);
    const std::size_t expected = taken(Reference{}, real, mlp, mode, x.data());
    CHECK(expected > 50 * 100 * 4 * 2);
    CHECK(taken(Planner{}, counting, mlp, mode, reinterpret_cast<const float*>(64)) == expected);
  }
}

TEST_CASE("nothing is kept, and no row is gone through") {
  Kept kept;
  keep(Planner{}, kept, reinterpret_cast<const float*>(64), 1000);
  CHECK(kept.empty());
  for_rows(Planner{}, 10, 10, [](int, int) { CHECK(false); });
  keep(Reference{}, kept, std::vector<float>{1, 2}.data(), 2);
  CHECK(kept == Kept{1, 2});
}

TEST_CASE("what a product would round takes no memory in a plan: here a terabyte") {
  const Product huge{reinterpret_cast<const float*>(64), nullptr, 1 << 24, 1 << 14, 1, Numerics::bf16};
  CHECK_NOTHROW(SeenActivations(Planner{}, huge, huge.count));
}

TEST_CASE("where tokens choose experts, each is supposed to see its share") {
  const Routes routes{{nullptr, {6, 2}}, {nullptr, {6, 2}}};
  const auto assigned = assign(Planner{}, routes, 5);
  CHECK(assigned.size() == 5);
  for (const Assigned& to : assigned) CHECK(to.tokens.size() == 3);   // 12 choices among 5
  const auto few = assign(Planner{}, routes, 100);
  CHECK(few.size() == 12);
  for (const Assigned& to : few) CHECK(to.tokens.size() == 1);
}
