// Tests of include/etalon/layers/moe.hpp.
#include <etalon/layers/moe.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// An expert that multiplies by a number, so that sums can be done by hand; counts its calls.
struct Times {
  float factor = 0.0f;   // 0: no expert
  int* calls = nullptr;

  explicit operator bool() const { return factor != 0.0f; }

  View<float, Token, Channel> operator()(const auto& ctx, const Step&, View<const float, Token, Channel> x) const {
    if (calls) ++*calls;
    auto y = ctx.template make<float, Token, Channel>(extent<Token>(x), extent<Channel>(x));
    for (std::size_t i = 0; i < y.size(); ++i) y.data[i] = factor * x.data[i];
    return y;
  }
  void each_part(auto&&) {}
};

// Four experts, which multiply by 1, 10, 100, 1000; the router reads the token's four channels as logits.
struct Example {
  Moe<Times> moe{{{{4, 4}, {}}, {}, {}}, {{1}, {10}, {100}, {1000}}, {}};
  Filled filled;

  Example() {
    moe.router.rule.chosen = 2;
    filled.set(moe.router.weight, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  }
  std::vector<float> output(const std::vector<float>& x) {
    Run<> run;
    return copied(moe(run.ctx, Step{}, seen<Token, Channel>(x, static_cast<int>(x.size()) / 4, 4)));
  }
};

}  // namespace

TEST_CASE("a worked example: two equal scores, half of one expert and half of the other") {
  Example e;
  const auto y = e.output({0, 3, 0, 3});   // experts 1 and 3, weights 1/2 each
  CHECK(y == std::vector<float>{0, 3 * 505.0f, 0, 3 * 505.0f});
}

TEST_CASE("the shared expert is added as it is: neither weighted nor scaled") {
  Example e;
  e.moe.router.rule.scale = 2.0f;
  e.moe.shared = Times{7};
  CHECK(e.output({0, 3, 0, 3})[1] == 3 * (2 * 505.0f + 7));
}

TEST_CASE("only experts that a token chose are computed, each once for all its tokens") {
  Example e;
  int calls = 0;
  for (Times& expert : e.moe.experts) expert.calls = &calls;
  e.output({0, 3, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7});   // three tokens, all to experts 1 and 3
  CHECK(calls == 2);
}

TEST_CASE("who else is in the step does not change a token's bits") {
  Moe<> moe{{{{6, 8}, {}}, {}, {}}, std::vector<GatedMlp<>>(6, gated_mlp_of(8, 12)), gated_mlp_of(8, 20)};
  moe.router.rule.chosen = 3;
  Filled filled;
  filled.set_all(moe, 3);
  Random random{4};
  const auto x = random.normals(8 * 9);
  Run<> run;
  const auto together = copied(moe(run.ctx, Step{}, seen<Token, Channel>(x, 9, 8)));
  for (std::size_t t = 0; t < 9; ++t) {
    const std::vector<float> row(x.begin() + 8 * t, x.begin() + 8 * (t + 1));
    const auto alone = copied(moe(run.ctx, Step{}, seen<Token, Channel>(row, 1, 8)));
    CHECK(same_bits(alone, {together.begin() + 8 * t, together.begin() + 8 * (t + 1)}));
  }
}

TEST_CASE("experts combine in ascending id: another order has other bits") {
  Example e;   // 1/3 + 10/3 + 100/3 of x, in binary32: the order shows in the last bit for some x
  e.moe.router.rule.chosen = 3;
  bool order_shows = false;
  for (float x = 1.0f; x < 40.0f; x += 0.37f) {
    const float third = divide(sigmoid(x), (sigmoid(x) + sigmoid(x)) + sigmoid(x)), y = e.output({x, x, x, -9})[0];
    const float ascending = fma(third, 100 * x, fma(third, 10 * x, third * x));
    const float descending = fma(third, x, fma(third, 10 * x, third * (100 * x)));
    CHECK(same_bits(y, ascending));
    order_shows = order_shows || !same_bits(ascending, descending);
  }
  CHECK(order_shows);
}

TEST_CASE("assignment lists each chosen expert's tokens in order, with their weights") {
  const std::vector<int> choice{0, 2, 1, 2};
  const std::vector<float> weight{0.25f, 0.75f, 0.5f, 0.125f};
  Routes routes;
  std::vector<int> ids = choice;
  std::vector<float> weights = weight;
  routes.choice = {ids.data(), {2, 2}};
  routes.weight = {weights.data(), {2, 2}};
  const auto assigned = assign(Reference{}, routes, 4);
  REQUIRE(assigned.size() == 3);   // nobody chose expert 3
  CHECK(assigned[2].expert == 2);
  CHECK(assigned[2].tokens == std::vector<int>{0, 1});
  CHECK(assigned[2].weights == std::vector<float>{0.75f, 0.125f});
}

TEST_CASE("experts go together as long as they see no more tokens than may be; one goes however many it sees") {
  std::vector<Assigned> assigned;
  for (const std::size_t tokens : {3u, 1u, 2u, 9u, 1u}) assigned.push_back({0, std::vector<int>(tokens), {}});
  const std::span<const Assigned> all = assigned;
  CHECK(batch_size(all, 0) == 1);
  CHECK(batch_size(all, 5) == 2);
  CHECK(batch_size(all, 6) == 3);
  CHECK(batch_size(all.subspan(3), 5) == 1);
  CHECK(batch_size(all.subspan(4), 5) == 1);
}

namespace {

// The reference, but for how many experts go together.
struct Together : Reference { int tokens = 0; };
int tokens_together(const Together& backend) { return backend.tokens; }

}  // namespace

TEST_CASE("how many experts go together does not change a bit") {
  Moe<> moe{{{{6, 8}, {}}, {}, {}}, std::vector<GatedMlp<>>(6, gated_mlp_of(8, 12)), {}};
  moe.router.rule.chosen = 3;
  Filled filled;
  filled.set_all(moe, 3);
  Random random{4};
  const auto numbers = random.normals(8 * 9);
  const auto x = seen<Token, Channel>(numbers, 9, 8);
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
    Run<> run(mode);
    const auto alone = copied(moe(run.ctx, Step{}, x));
    for (const int tokens : {5, 9, 1000}) {
      Together backend;
      backend.tokens = tokens;
      Arena arena;
      NoTrace nobody;
      CHECK(same_bits(copied(moe(Context<Together>{backend, mode, arena, nobody}, Step{}, x)), alone));
    }
  }
}
