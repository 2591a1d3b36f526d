// Tests of include/etalon/ops/rope_frequencies.hpp. The anchors were computed in double from the published formulas, by
// another program; they are given to nine figures.
#include <etalon/ops/rope_frequencies.hpp>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;

static RopeScaling yarn(double theta, double factor, double beta_fast = 32.0, double beta_slow = 1.0) {
  RopeScaling scaling;
  scaling.kind = RopeKind::yarn;
  scaling.theta = theta;
  scaling.factor = factor;
  scaling.original_max_position = 4096;
  scaling.beta_fast = beta_fast;
  scaling.beta_slow = beta_slow;
  return scaling;
}

static bool near(double got, double anchor, double relative = 5e-9) { return std::fabs(got / anchor - 1.0) < relative; }

TEST_CASE("plain: theta^(-2i/d), and linear divides it") {
  const std::vector<double> plain = rope_frequencies({}, 64);
  REQUIRE(plain.size() == 32);
  CHECK(plain[0] == 1.0);
  for (int i = 0; i < 32; ++i) CHECK(near(plain[i], std::pow(10000.0, -i / 32.0), 1e-14));
  CHECK(near(plain[8], 0.1, 1e-15));
  RopeScaling linear;
  linear.kind = RopeKind::linear;
  linear.factor = 4.0;
  const std::vector<double> divided = rope_frequencies(linear, 64);
  for (int i = 0; i < 32; ++i) CHECK(divided[i] == plain[i] / 4.0);
  CHECK(rope_attention_factor({}) == 1.0);
  CHECK(rope_attention_factor(linear) == 1.0);
}

TEST_CASE("yarn of DeepSeek-V3: d 64, base 10000, factor 40, 4096 positions") {
  const RopeScaling scaling = yarn(10000.0, 40.0);
  CHECK(near(yarn_index(scaling, 64, 32.0), 10.472241, 5e-8));
  CHECK(near(yarn_index(scaling, 64, 1.0), 22.513441, 5e-8));
  const std::vector<double> f = rope_frequencies(scaling, 64);
  CHECK(f[0] == 1.0);
  CHECK(near(f[1], 0.749894209));
  CHECK(near(f[8], 0.1));
  CHECK(near(f[10], 0.0562341325));
  CHECK(near(f[12], 0.0268793601));
  CHECK(near(f[16], 0.0055));
  CHECK(near(f[20], 0.000790569415));
  CHECK(near(f[24], 2.5e-05));
  CHECK(near(f[31], 3.33380358e-06));
}

TEST_CASE("yarn of gpt-oss: the ramp's ends are not rounded to whole numbers") {
  RopeScaling scaling = yarn(150000.0, 32.0);
  scaling.truncate = false;
  CHECK(near(yarn_index(scaling, 64, 32.0), 8.092779116, 1e-9));
  CHECK(near(yarn_index(scaling, 64, 1.0), 17.398024502, 1e-9));
  const std::vector<double> f = rope_frequencies(scaling, 64);
  CHECK(near(f[1], 0.689044306));
  CHECK(near(f[8], 0.0508132748));
  CHECK(near(f[10], 0.0193350011));
  CHECK(near(f[12], 0.00679495949));
  CHECK(near(f[16], 0.000456483919));
  CHECK(near(f[31], 3.02351143e-07));
  CHECK(near(rope_attention_factor(scaling), 1.34657359));
  scaling.truncate = true;   // planted: the same check catches it
  CHECK_FALSE(near(rope_frequencies(scaling, 64)[10], 0.0193350011));
}

TEST_CASE("yarn of DeepSeek-V4's compressed layers, and of Kimi-K2, whose ramp is one step") {
  RopeScaling v4 = yarn(160000.0, 16.0);
  v4.original_max_position = 65536;
  const std::vector<double> f = rope_frequencies(v4, 64);
  CHECK(near(f[8], 0.05));
  CHECK(near(f[16], 0.002265625));
  CHECK(near(f[20], 0.000296977778));
  CHECK(near(f[24], 1.953125e-05));
  CHECK(near(f[31], 5.68052904e-07));
  const RopeScaling k2 = yarn(50000.0, 32.0, 1.0, 1.0);
  CHECK(near(yarn_index(k2, 64, 1.0), 19.164575, 5e-8));
  const std::vector<double> g = rope_frequencies(k2, 64);
  CHECK(near(g[16], 0.00447213595));      // kept
  CHECK(near(g[19], std::pow(50000.0, -19.0 / 32.0), 1e-14));
  CHECK(near(g[20], 3.61404677e-05));     // divided by 32
}

TEST_CASE("llama3: d 128, base 500000, factor 8, bounds 1 and 4 of 8192 positions") {
  RopeScaling scaling;
  scaling.kind = RopeKind::llama3;
  scaling.theta = 5e5;
  scaling.factor = 8.0;
  scaling.original_max_position = 8192;
  const std::vector<double> f = rope_frequencies(scaling, 128);
  CHECK(near(f[28], 0.00321144599));
  CHECK(near(f[29], 0.00216657076));
  CHECK(near(f[32], 0.000524846161));
  CHECK(near(f[35], 9.55621235e-05));
  CHECK(near(f[36], 7.78465527e-05));
  CHECK(near(f[63], 3.06892599e-07));
}

TEST_CASE("the magnitude g and the attention factor") {
  CHECK(near(yarn_magnitude(40.0, 1.0), 1.36888795));
  CHECK(near(yarn_magnitude(40.0, 0.707), 1.26080378));
  CHECK(near(yarn_magnitude(32.0, 1.0), 1.34657359));
  CHECK(near(yarn_magnitude(64.0, 1.0), 1.41588831));
  CHECK(yarn_magnitude(1.0, 1.0) == 1.0);
  CHECK(yarn_magnitude(0.5, 1.0) == 1.0);
  RopeScaling scaling = yarn(10000.0, 40.0);
  CHECK(near(rope_attention_factor(scaling), 1.36888795));   // none given: g(s, 1)
  scaling.mscale = scaling.mscale_all_dim = 1.0;
  CHECK(rope_attention_factor(scaling) == 1.0);              // DeepSeek-V3: both 1 cancel
  scaling.mscale_all_dim = 0.707;
  CHECK(near(rope_attention_factor(scaling), 1.36888795 / 1.26080378));
  scaling.mscale_all_dim = 0.0;                              // 0 counts as not given
  CHECK(near(rope_attention_factor(scaling), 1.36888795));
  scaling.attention_factor = 0.9;
  CHECK(rope_attention_factor(scaling) == 0.9);
}

TEST_CASE("every stretch lies between the plain frequency and the divided one, and falls with i") {
  for (double factor : {2.0, 8.0, 40.0}) {
    for (RopeKind kind : {RopeKind::yarn, RopeKind::llama3}) {
      RopeScaling scaling = yarn(10000.0, factor);
      scaling.kind = kind;
      const std::vector<double> f = rope_frequencies(scaling, 128), plain = rope_frequencies({}, 128);
      for (int i = 0; i < 64; ++i) {
        CHECK(f[i] <= plain[i] * (1 + 1e-15));
        CHECK(f[i] >= plain[i] / factor * (1 - 1e-15));
        if (i > 0) CHECK(f[i] < f[i - 1]);
      }
    }
  }
  CHECK(rope_of(yarn(10000.0, 40.0), 64, RopePairs::halves).frequencies == rope_frequencies(yarn(10000.0, 40.0), 64));
}
