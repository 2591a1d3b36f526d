// Tests of include/etalon/layers/router.hpp. The rule itself: tests/math/routing.cpp.
#include <etalon/layers/router.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// Four experts on two channels; expert e's logit is W[e] . x.
struct Example {
  Router router{{{4, 2}, {}}, {}, {}};
  Filled filled;

  Example() {
    router.rule.chosen = 2;
    filled.set(router.weight, {1, 0, 0, 1, -1, 0, 0, -1});
  }
};

struct Found { std::vector<int> choice; std::vector<float> weight; };

Found routed(const Router& router, Run<>& run, const std::vector<float>& x, const std::vector<int>& tokens = {0}) {
  StepBuffer buffer;
  buffer.add(tokens, 0);
  const int rows = static_cast<int>(tokens.size());
  const Routes routes = router(run.ctx, buffer.step(), seen<Token, Channel>(x, rows, 2));
  return {copied(routes.choice), copied(routes.weight)};
}

}  // namespace

TEST_CASE("a worked example: the two largest logits, by ascending id, weights that sum to 1") {
  Example e;
  Run<> run;
  const Found found = routed(e.router, run, {-2.0f, 1.0f});   // logits -2, 1, 2, -1
  CHECK(found.choice == std::vector<int>{1, 2});
  CHECK(run.notes.floats["router.logits"] == std::vector<float>{-2, 1, 2, -1});
  CHECK(found.weight[0] == doctest::Approx(0.7310586 / (0.7310586 + 0.8807971)));   // sigmoids of 1 and 2
  CHECK(found.weight[1] == doctest::Approx(0.8807971 / (0.7310586 + 0.8807971)));
}

TEST_CASE("the correction steers the choice, never the weights") {
  Example e;
  Run<> run;
  e.router.correction = Weight<Expert>{{4}, {}};
  e.filled.set(e.router.correction, {10, 0, 0, 0});
  const Found found = routed(e.router, run, {-2.0f, 1.0f});
  CHECK(found.choice == std::vector<int>{0, 2});
  CHECK(found.weight[0] == doctest::Approx(0.1192029 / (0.1192029 + 0.8807971)));   // sigmoids of -2 and 2, no 10
}

TEST_CASE("a bias is part of the logits") {
  Example e;
  Run<> run;
  e.router.bias = Weight<Expert>{{4}, {}};
  e.filled.set(e.router.bias, {0, 0, 0, 5});
  const Found found = routed(e.router, run, {-2.0f, 1.0f});
  CHECK(found.choice == std::vector<int>{2, 3});
  CHECK(run.notes.floats["router.logits"] == std::vector<float>{-2, 1, 2, 4});
}

TEST_CASE("logits are computed from activations as they are, whatever the mode") {
  Example e;
  const std::vector<float> x{1.00001f, 1.00002f};   // one and the same in bf16
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
    Run<> run(mode);
    routed(e.router, run, x);
    CHECK(run.notes.floats["router.logits"] == std::vector<float>{x[0], x[1], -x[0], -x[1]});
  }
}

TEST_CASE("a hash layer's choice is its table's row for the token, ascending; the weights still come from the scores") {
  Example e;
  Run<> run;
  e.router.by_token = Weight<Vocab, Choice>{{3, 2}, {}};
  e.filled.set(e.router.by_token, {0, 1, 3, 0, 2, 3});
  const Found found = routed(e.router, run, {-2, 1, -2, 1}, {1, 2});
  CHECK(found.choice == std::vector<int>{0, 3, 2, 3});
  CHECK(found.weight[0] == doctest::Approx(0.1192029 / (0.1192029 + 0.2689414)));   // sigmoids of -2 and -1
}

TEST_CASE("only the parts that are there have names") {
  Example e;
  std::vector<std::string> paths;
  const auto note = [&](const std::string& path, AnyWeight) { paths.push_back(path); };
  each_weight(e.router, note);
  CHECK(paths == std::vector<std::string>{"weight"});
  e.router.correction = Weight<Expert>{{4}, {}};
  paths.clear();
  each_weight(e.router, note);
  CHECK(paths == std::vector<std::string>{"weight", "correction"});
}
