// Tests of include/etalon/ops/rms_norm.hpp.
#include <etalon/ops/rms_norm.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

// One row in double.
static std::vector<double> norm_in_double(const float* x, const std::vector<float>& gain, double epsilon) {
  double mean = 0.0;
  for (std::size_t i = 0; i < gain.size(); ++i) mean += static_cast<double>(x[i]) * x[i];
  mean /= static_cast<double>(gain.size());
  std::vector<double> y;
  for (std::size_t i = 0; i < gain.size(); ++i) y.push_back(x[i] / std::sqrt(mean + epsilon) * gain[i]);
  return y;
}

TEST_CASE("by hand: (3, 4) has mean square 12.5; with epsilon 3.5 it is divided by 4") {
  Run run;
  const std::vector<float> x{3, 4}, gain{1, 10};
  const RmsNorm<Channel> norm{{{2}, stored(gain, 2)}, 3.5f};
  CHECK(copied(rms_norm(run.ctx, norm, seen<Token, Channel>(x, 1, 2))) == std::vector<float>{0.75f, 10.0f});
  CHECK(inverse_rms(x.data(), 2, 3.5f) == 0.25f);
}

TEST_CASE("by hand: a zero-centred gain is 1 more than stored; a unit norm has none; heads are rows of their own") {
  Run run;
  const std::vector<float> x{3, 4, 6, 8}, gain{0, 9};
  RmsNorm<Channel> norm{{{2}, stored(gain, 2)}, 3.5f, true};
  CHECK(copied(rms_norm(run.ctx, norm, seen<Token, Channel>(x, 2, 2).rows(0, 1))) == std::vector<float>{0.75f, 10.0f});
  const auto unit = unit_rms_norm(run.ctx, seen<Token, Channel>(x, 2, 2).rows(0, 1), 3.5f);
  CHECK(copied(unit) == std::vector<float>{0.75f, 1.0f});
  norm.epsilon = 0.0f;   // (3, 4) and (6, 8) have one direction, so one unit norm
  const std::vector<float> heads = copied(rms_norm(run.ctx, norm, seen<Token, Head, Channel>(x, 1, 2, 2)));
  CHECK(heads[0] == heads[2]);
  CHECK(heads[1] == heads[3]);
  CHECK(heads == copied(rms_norm(run.ctx, norm, seen<Token, Channel>(x, 2, 2))));
}

TEST_CASE("agrees with double to a few roundings; a wrong norm does not") {
  // Relative: the dot's error over 300 squares of one sign is under 12 roundings (a chain of 16, ten blocks, in part),
  // halved by the root; division, epsilon, root, reciprocal and two products add six halves. In all under 12 * 2^-24.
  Random random;
  const std::vector<float> x = random.normals(50 * 300), gain = random.normals(300);
  const RmsNorm<KvLatent> norm{{{300}, stored(gain, 300)}, 1e-3f};
  Run run;
  const auto y = rms_norm(run.ctx, norm, seen<Token, KvLatent>(x, 50, 300));
  int planted = 0;
  for (int t = 0; t < 50; ++t) {
    const std::vector<double> truth = norm_in_double(&x[t * 300], gain, 1e-3);
    const std::vector<double> without_epsilon = norm_in_double(&x[t * 300], gain, 0.0);
    for (int c = 0; c < 300; ++c) {
      REQUIRE(std::fabs(y[t][c] - truth[c]) <= 12 * 0x1p-24 * std::fabs(truth[c]));
      planted += std::fabs(y[t][c] - without_epsilon[c]) > 12 * 0x1p-24 * std::fabs(truth[c]);
    }
  }
  CHECK(planted > 10000);
}

TEST_CASE("a power of two in the row scales out exactly where epsilon is 0; a row of zeros stays zero") {
  Random random;
  std::vector<float> x = random.normals(64);
  const std::vector<float> gain(64, 1.0f);
  const RmsNorm<Channel> norm{{{64}, stored(gain, 64)}, 0.0f};
  Run run;
  const std::vector<float> y = copied(rms_norm(run.ctx, norm, seen<Token, Channel>(x, 1, 64)));
  for (float& value : x) value *= 16.0f;
  CHECK(same_bits(copied(rms_norm(run.ctx, norm, seen<Token, Channel>(x, 1, 64))), y));
  const std::vector<float> nothing(64, 0.0f);
  const RmsNorm<Channel> usual{{{64}, stored(gain, 64)}, 1e-6f};
  CHECK(same_bits(copied(rms_norm(run.ctx, usual, seen<Token, Channel>(nothing, 1, 64))), nothing));
}

TEST_CASE("each row is its own, and threads change nothing") {
  Random random;
  const std::vector<float> x = random.normals(100 * 500), gain = random.normals(500);
  const RmsNorm<Channel> norm{{{500}, stored(gain, 500)}, 1e-6f};
  Run run;
  const std::vector<float> together = copied(rms_norm(run.ctx, norm, seen<Token, Channel>(x, 100, 500)));
  std::vector<float> apart;
  for (int t = 0; t < 100; ++t) {
    const std::vector<float> row = copied(rms_norm(run.ctx, norm, seen<Token, Channel>(x, 100, 500).rows(t, 1)));
    apart.insert(apart.end(), row.begin(), row.end());
  }
  CHECK(same_bits(together, apart));
  for (int threads : {2, 3, 8}) {
    Run parallel(Numerics::f32, Cpu(threads));
    CHECK(same_bits(copied(rms_norm(parallel.ctx, norm, seen<Token, Channel>(x, 100, 500))), together));
  }
}
