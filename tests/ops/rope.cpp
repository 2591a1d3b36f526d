// Tests of include/etalon/ops/rope.hpp.
#include <etalon/ops/rope.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

static std::vector<float> turned(const Rope& rope_, std::vector<float> x, int heads, int width, int first,
                                 const std::vector<int>& positions, int threads = 1) {
  Run run(Numerics::f32, Cpu(threads));
  const int tokens = static_cast<int>(positions.size());
  rope(run.ctx, rope_, View<float, Token, Head, HeadDim>{x.data(), {tokens, heads, width}}, first,
       View<const int, Token>{positions.data(), {tokens}});
  return x;
}

static double inner(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

TEST_CASE("by hand: which channels turn together") {
  // A quarter turn a position for the first pair, none for the second.
  const double quarter = 1.5707963267948966;
  const std::vector<float> x{1, 2, 3, 4};
  const auto near = [](const std::vector<float>& a, std::vector<float> b) {
    for (int i = 0; i < 4; ++i)
      if (std::fabs(a[i] - b[i]) > 1e-6) return false;
    return true;
  };
  const std::vector<float> neighbours = turned({{quarter, 0.0}, 1.0, RopePairs::neighbours}, x, 1, 4, 0, {1});
  const std::vector<float> halves = turned({{quarter, 0.0}, 1.0, RopePairs::halves}, x, 1, 4, 0, {1});
  CHECK(near(neighbours, {-2, 1, 3, 4}));   // (1, 2) -> (-2, 1)
  CHECK(near(halves, {-3, 2, 1, 4}));       // (1, 3) -> (-3, 1)
  CHECK_FALSE(near(halves, neighbours));    // planted: the other pairing
}

TEST_CASE("channels outside the rotated ones stay, and position 0 turns nothing") {
  Random random;
  const std::vector<float> x = random.normals(2 * 3 * 10);
  const Rope two{{1.0, 0.1}, 1.0, RopePairs::neighbours};
  CHECK(same_bits(turned(two, x, 3, 10, 6, {0, 0}), x));
  const std::vector<float> y = turned(two, x, 3, 10, 6, {5, 9});
  for (int row = 0; row < 6; ++row)
    for (int c = 0; c < 10; ++c) CHECK(same_bits(y[row * 10 + c], x[row * 10 + c]) == (c < 6));
}

TEST_CASE("agrees with the definition in double; the attention factor multiplies") {
  Random random;
  const std::vector<double> frequencies{1.0, 0.3, 0.01};
  const std::vector<float> x = random.normals(6);
  const std::vector<float> y = turned({frequencies, 1.25, RopePairs::halves}, x, 1, 6, 0, {1234});
  for (int i = 0; i < 3; ++i) {
    const double c = 1.25 * std::cos(1234 * frequencies[i]), s = 1.25 * std::sin(1234 * frequencies[i]);
    CHECK(std::fabs(y[i] - (x[i] * c - x[i + 3] * s)) < 1e-6);
    CHECK(std::fabs(y[i + 3] - (x[i + 3] * c + x[i] * s)) < 1e-6);
  }
}

TEST_CASE("length is kept, and a query and a key meet by their distance alone") {
  Random random;
  Rope rope_{{}, 1.0, RopePairs::neighbours};
  for (int i = 0; i < 16; ++i) rope_.frequencies.push_back(std::pow(10000.0, -i / 16.0));
  const std::vector<float> q = random.normals(32), k = random.normals(32);
  const double near = inner(turned(rope_, q, 1, 32, 0, {17}), turned(rope_, k, 1, 32, 0, {10}));
  const double far = inner(turned(rope_, q, 1, 32, 0, {100007}), turned(rope_, k, 1, 32, 0, {100000}));
  const double other = inner(turned(rope_, q, 1, 32, 0, {18}), turned(rope_, k, 1, 32, 0, {10}));
  CHECK(std::fabs(near - far) < 1e-4);
  CHECK(std::fabs(near - other) > 1e-2);
  CHECK(inner(turned(rope_, q, 1, 32, 0, {99}), turned(rope_, q, 1, 32, 0, {99})) ==
        doctest::Approx(inner(q, q)).epsilon(1e-6));
}

TEST_CASE("turning back undoes a turn to a few roundings") {
  Random random;
  const Rope two{{1.0, 0.1}, 1.0, RopePairs::halves};
  const std::vector<float> x = random.normals(3 * 4);
  std::vector<float> y = x;
  const int positions[] = {0, 77, 100000};
  Run run;
  const View<float, Token, Head, HeadDim> view{y.data(), {3, 1, 4}};
  rope(run.ctx, two, view, 0, View<const int, Token>{positions, {3}});
  CHECK(std::fabs(y[4] - x[4]) > 1e-3);
  rope_back(run.ctx, two, view, 0, View<const int, Token>{positions, {3}});
  for (int i = 0; i < 12; ++i) CHECK(std::fabs(y[i] - x[i]) < 1e-6);
}

TEST_CASE("tokens together, apart and on several threads: the same bits") {
  Random random;
  Rope rope_{{1.0, 0.5, 0.25, 0.125}, 1.1, RopePairs::halves};
  const std::vector<float> x = random.normals(300 * 16);
  std::vector<int> positions;
  for (int t = 0; t < 300; ++t) positions.push_back(random.below(1 << 17));
  const std::vector<float> together = turned(rope_, x, 2, 8, 0, positions);
  for (int threads : {2, 8}) CHECK(same_bits(turned(rope_, x, 2, 8, 0, positions, threads), together));
  for (int t = 0; t < 300; t += 37) {
    const std::vector<float> row(x.begin() + 16 * t, x.begin() + 16 * t + 16);
    CHECK(same_bits(turned(rope_, row, 2, 8, 0, {positions[t]}),
                    {together.begin() + 16 * t, together.begin() + 16 * t + 16}));
  }
}
