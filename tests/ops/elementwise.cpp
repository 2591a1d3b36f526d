// Tests of include/etalon/ops/elementwise.hpp.
#include <etalon/ops/elementwise.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>
#include <etalon/math/activation.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("by hand: add is in place, number by number") {
  Run run;
  std::vector<float> x{1, 2, 3, 4};
  const std::vector<float> y{10, 20, 30, 40};
  add(run.ctx, View<float, Token, Channel>{x.data(), {2, 2}}, seen<Token, Channel>(y, 2, 2));
  CHECK(x == std::vector<float>{11, 22, 33, 44});
}

TEST_CASE("by hand: the embedding is the token's row, as often as the token stands there") {
  Run run;
  const std::vector<float> table{0, 1, 10, 11, 20, 21};
  const Weight<Vocab, Channel> weight{{3, 2}, stored(table, 2)};
  const int tokens[] = {2, 0, 2};
  const auto x = embed(run.ctx, weight, View<const int, Token>{tokens, {3}});
  CHECK(copied(x) == std::vector<float>{20, 21, 0, 1, 20, 21});
}

TEST_CASE("by hand: gather picks rows, scatter_add gives them back weighted") {
  Run run;
  const std::vector<float> x{0, 1, 10, 11, 20, 21};
  const std::vector<int> rows{2, 0};
  const auto some = gather(run.ctx, seen<Token, Channel>(x, 3, 2), rows);
  CHECK(copied(some) == std::vector<float>{20, 21, 0, 1});
  auto y = zeros<Token, Channel>(run.ctx, 3, 2);
  CHECK(copied(y) == std::vector<float>(6, 0.0f));
  scatter_add(run.ctx, y, rows, {0.5f, 2.0f}, read_only(some));
  CHECK(copied(y) == std::vector<float>{0, 2, 0, 0, 10, 10.5f});
}

TEST_CASE("by hand: a gate of 0 lets half through") {
  Run run;
  std::vector<float> x{2, 4, 6, 8}, by{0, 100, 0, -100};
  using Heads = View<float, Token, Head, ValueDim>;
  gate(run.ctx, Heads{x.data(), {1, 2, 2}}, Heads{by.data(), {1, 2, 2}});
  CHECK(x == std::vector<float>{1, 4, 3, 0});
  const std::vector<float> share{0, 100}, y{10, 20, 30, 40};
  add_gated(run.ctx, View<float, Token, Channel>{x.data(), {2, 2}}, seen<Token, One>(share, 2, 1),
            seen<Token, Channel>(y, 2, 2));
  CHECK(x == std::vector<float>{6, 14, 33, 40});   // half of (10, 20), all of (30, 40)
}

TEST_CASE("an expert's output joins by one fma: product and sum are rounded together") {
  Run run;
  const float a = 1.0f + 0x1p-12f;   // a * a - 1 = 2^-11 + 2^-24
  const std::vector<float> x{a};
  auto y = zeros<Token, Channel>(run.ctx, 1, 1);
  y[0][0] = -1.0f;
  scatter_add(run.ctx, y, {0}, {a}, seen<Token, Channel>(x, 1, 1));
  volatile float product = a * a;
  CHECK(y[0][0] == 0x1.0008p-11f);
  CHECK(y[0][0] != product - 1.0f);   // planted: rounded twice
}

TEST_CASE("an activation sees gate first and up second, and threads change nothing") {
  Random random;
  const std::vector<float> gate = random.normals(40 * 301), up = random.normals(gate.size());
  std::vector<float> expected(gate.size());
  for (std::size_t i = 0; i < gate.size(); ++i) expected[i] = SwiGlu{}(gate[i], up[i]);
  for (int threads : {1, 3}) {
    Run run(Numerics::f32, Cpu(threads));
    std::vector<float> x = gate;
    activate(run.ctx, SwiGlu{}, View<float, Token, Hidden>{x.data(), {40, 301}}, seen<Token, Hidden>(up, 40, 301));
    CHECK(same_bits(x, expected));
  }
  std::vector<float> exchanged(gate.size());
  for (std::size_t i = 0; i < gate.size(); ++i) exchanged[i] = SwiGlu{}(up[i], gate[i]);
  CHECK_FALSE(same_bits(exchanged, expected));
}
