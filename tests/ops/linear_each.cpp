// Tests of include/etalon/ops/linear_each.hpp.
#include <etalon/ops/linear_each.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("a worked example: two layers of one input, one with a bias") {
  auto double_it = linear_of<Hidden, Channel>(1, 1, true);
  auto spread_it = linear_of<Head, Channel>(2, 1);
  Filled filled;
  filled.set(double_it.weight, {2.0f});
  filled.set(double_it.bias, {0.5f});
  filled.set(spread_it.weight, {3.0f, -1.0f});
  Run<> run;
  const std::vector<float> x{1.0f, 10.0f};
  const auto [a, b] = linear_each(run.ctx, seen<Token, Channel>(x, 2, 1), double_it, spread_it);
  CHECK(copied(a) == std::vector<float>{2.5f, 20.5f});
  CHECK(copied(b) == std::vector<float>{3.0f, -1.0f, 30.0f, -10.0f});
}

TEST_CASE("every layer has the bits that it has alone, in every mode, with inputs that are the same and others") {
  std::vector<Linear<Hidden, Channel>> layers{
      linear_of<Hidden, Channel>(7, 45, true), linear_of<Hidden, Channel>(3, 45), linear_of<Hidden, Channel>(7, 45)};
  Filled filled;
  for (std::size_t i = 0; i < layers.size(); ++i) filled.set_all(layers[i], i);
  Random random(3);
  const auto x = random.normals(2 * 45), other = random.normals(2 * 45);
  const auto first = seen<Token, Channel>(x, 2, 45), second = seen<Token, Channel>(other, 2, 45);
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
    Run<> run(mode);
    const std::vector<LayerInput<Token, Hidden, Channel>> given{{&layers[0], first}, {&layers[1], first},
                                                                {&layers[2], second}};
    const auto together = linear_each(run.ctx, given);
    const auto [a, b] = linear_each(run.ctx, first, layers[0], layers[1]);
    for (std::size_t i = 0; i < given.size(); ++i)
      CHECK(same_bits(copied(together[i]), copied(linear(run.ctx, layers[i], given[i].x))));
    CHECK(same_bits(copied(a), copied(together[0])));
    CHECK(same_bits(copied(b), copied(together[1])));
    // Planted fault: the third layer with the input of the one before it.
    CHECK_FALSE(same_bits(copied(together[2]), copied(linear(run.ctx, layers[2], first))));
  }
}

TEST_CASE("no layers: no outputs") {
  Run<> run;
  CHECK(linear_each(run.ctx, std::vector<LayerInput<Token, Hidden, Channel>>{}).empty());
}
