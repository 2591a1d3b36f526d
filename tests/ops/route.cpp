// Tests of include/etalon/ops/route.hpp. The rule itself is tested in tests/math/routing.cpp.
#include <etalon/ops/route.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("by hand: two tokens, three experts, one chosen") {
  Run run;
  const std::vector<float> logits{0, 1, -1, 2, 0, 3};
  const Routes routes = route(run.ctx, {.chosen = 1}, seen<Token, Expert>(logits, 2, 3), {});
  CHECK(copied(routes.choice) == std::vector{1, 2});
  CHECK(copied(routes.weight) == std::vector<float>{1, 1});   // renormalised over one
}

TEST_CASE("everything a router decides is shown, under the names of a trace") {
  Run run;
  const std::vector<float> logits{0, 1, -1, 2}, bias{10, 0, 0, 0};
  route(run.ctx, {.chosen = 2}, seen<Token, Expert>(logits, 1, 4), seen<Expert>(bias, 4));
  CHECK(run.notes.names == std::vector<std::string>{"router.logits", "router.scores", "router.selection",
                                                    "router.choice", "router.weight", "router.margin"});
  CHECK(run.notes.floats["router.logits"] == logits);
  CHECK(run.notes.floats["router.scores"][0] == 0.5f);
  CHECK(run.notes.floats["router.selection"][0] == 10.5f);   // the bias shows here, and not in the scores
  CHECK(run.notes.integers["router.choice"] == std::vector{0, 3});
  CHECK(run.notes.floats["router.margin"].size() == 1);
}

TEST_CASE("a fixed choice is taken as it is, in ascending order, weighed by its scores") {
  Run run;
  const std::vector<float> logits{0, 5, 5, 0};
  const int fixed[] = {3, 0};
  const Routes routes = route(run.ctx, {.chosen = 2}, seen<Token, Expert>(logits, 1, 4), {}, {fixed, {1, 2}});
  CHECK(copied(routes.choice) == std::vector{0, 3});
  CHECK(copied(routes.weight) == std::vector<float>{0.5f, 0.5f});
}

TEST_CASE("each token is its own, and threads change nothing") {
  Random random;
  const std::vector<float> logits = random.normals(100 * 64), bias = random.normals(64);
  const RoutingRule rule{.chosen = 6, .groups = 8, .kept_groups = 3, .scale = 2.5f};
  Run run;
  const Routes all = route(run.ctx, rule, seen<Token, Expert>(logits, 100, 64), seen<Expert>(bias, 64));
  for (int threads : {2, 3, 8}) {
    Run parallel(Numerics::f32, Cpu(threads));
    const Routes same = route(parallel.ctx, rule, seen<Token, Expert>(logits, 100, 64), seen<Expert>(bias, 64));
    CHECK(copied(same.choice) == copied(all.choice));
    CHECK(same_bits(copied(same.weight), copied(all.weight)));
  }
  for (int t = 0; t < 100; t += 9) {
    const Routes one = route(run.ctx, rule, seen<Token, Expert>(logits, 100, 64).rows(t, 1), seen<Expert>(bias, 64));
    CHECK(copied(one.choice) == copied(all.choice.rows(t, 1)));
    CHECK(same_bits(copied(one.weight), copied(all.weight.rows(t, 1))));
  }
}
