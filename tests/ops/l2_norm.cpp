// Tests of include/etalon/ops/l2_norm.hpp.
#include <etalon/ops/l2_norm.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("by hand: (3, 4) with epsilon 0 becomes (0.6, 0.8); with 11 it is divided by 6; a factor comes last") {
  Run<> run;
  const std::vector<float> x{3, 4, 6, 8};
  const auto seen_x = seen<Token, KeyHead, HeadDim>(x, 1, 2, 2);
  CHECK(copied(l2_norm(run.ctx, seen_x, 0.0f)) == std::vector<float>{3 * 0.2f, 4 * 0.2f, 6 * 0.1f, 8 * 0.1f});
  CHECK(copied(l2_norm(run.ctx, seen_x, 11.0f))[0] == 3 * divide(1.0f, 6.0f));
  CHECK(copied(l2_norm(run.ctx, seen_x, 11.0f, 4.0f))[0] == 3 * divide(1.0f, 6.0f) * 4);
}

TEST_CASE("lengths are 1 to a few roundings") {
  Random random;
  const std::vector<float> x = random.normals(20 * 3 * 50);
  Run<> run;
  const auto y = l2_norm(run.ctx, seen<Token, KeyHead, HeadDim>(x, 20, 3, 50), 0.0f);
  for (int t = 0; t < 20; ++t)
    for (int h = 0; h < 3; ++h) {
      double length = 0.0;
      for (int c = 0; c < 50; ++c) length += static_cast<double>(y[t][h][c]) * y[t][h][c];
      REQUIRE(std::fabs(length - 1.0) < 20 * 0x1p-24);   // dot under 8 roundings, then two more on each square
    }
}

TEST_CASE("zeros stay zeros, and threads change nothing") {
  const std::vector<float> nothing(12, 0.0f);
  Run<> run;
  CHECK(same_bits(copied(l2_norm(run.ctx, seen<Token, KeyHead, HeadDim>(nothing, 2, 2, 3), 1e-6f)), nothing));
  Random random;
  const std::vector<float> x = random.normals(300 * 4 * 64);
  const auto view = seen<Token, KeyHead, HeadDim>(x, 300, 4, 64);
  Run<Cpu> threads(Numerics::f32, Cpu(3));
  CHECK(same_bits(copied(l2_norm(run.ctx, view, 1e-6f, 0.3f)), copied(l2_norm(threads.ctx, view, 1e-6f, 0.3f))));
}
