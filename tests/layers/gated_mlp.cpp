// Tests of include/etalon/layers/gated_mlp.hpp.
#include <etalon/layers/gated_mlp.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// Runs an MLP over rows of channels.
template <class Mlp> std::vector<float> output(const Mlp& mlp, const std::vector<float>& x, int tokens) {
  Run<> run;
  return copied(mlp(run.ctx, Step{}, seen<Token, Channel>(x, tokens, static_cast<int>(x.size()) / tokens)));
}

}  // namespace

TEST_CASE("a worked example: one channel, two hidden") {
  GatedMlp<> mlp = gated_mlp_of(1, 2);
  Filled filled;
  filled.set(mlp.gate.weight, {2.0f, -1.0f});
  filled.set(mlp.up.weight, {3.0f, 4.0f});
  filled.set(mlp.down.weight, {0.5f, 10.0f});
  // x = 1: hidden = (silu(2) * 3, silu(-1) * 4), y = 0.5 of the first + 10 of the second
  const auto y = output(mlp, {1.0f}, 1);
  CHECK(y[0] == doctest::Approx(0.5 * 3 * 1.7615942 + 10 * 4 * -0.26894142).epsilon(1e-6));
  // Planted fault: silu on up instead of gate.
  CHECK(y[0] != doctest::Approx(0.5 * 2 * 2.8577224 + 10 * -1 * 3.9280552).epsilon(1e-3));
}

TEST_CASE("what combines the halves is a parameter") {
  struct Sum { float operator()(float gate, float up) const { return gate + up; } };
  GatedMlp<Sum> mlp = gated_mlp_of<Sum>(1, 1);
  Filled filled;
  filled.set(mlp.gate.weight, {2.0f});
  filled.set(mlp.up.weight, {3.0f});
  filled.set(mlp.down.weight, {7.0f});
  CHECK(output(mlp, {1.0f}, 1)[0] == 35.0f);
}

TEST_CASE("each token is computed as if it were alone") {
  GatedMlp<> mlp = gated_mlp_of(5, 40);
  Filled filled;
  filled.set_all(mlp, 1);
  Random random{2};
  const auto x = random.normals(15);
  const auto together = output(mlp, x, 3);
  for (std::size_t t = 0; t < 3; ++t) {
    const std::vector<float> row(x.begin() + 5 * t, x.begin() + 5 * (t + 1));
    CHECK(same_bits(output(mlp, row, 1), {together.begin() + 5 * t, together.begin() + 5 * (t + 1)}));
  }
}

TEST_CASE("its parts go by the names gate, up, down") {
  GatedMlp<> mlp = gated_mlp_of(2, 3);
  std::vector<std::string> paths;
  each_weight(mlp, [&](const std::string& path, AnyWeight weight) {
    paths.push_back(path + " " + std::to_string(weight.rows()));
  });
  CHECK(paths == std::vector<std::string>{"gate.weight 3", "up.weight 3", "down.weight 2"});
}

TEST_CASE("several networks side by side have the bits of each alone, in every mode") {
  std::vector<GatedMlp<>> networks{gated_mlp_of(40, 24), gated_mlp_of(40, 7), gated_mlp_of(40, 24)};
  Filled filled;
  for (std::size_t i = 0; i < networks.size(); ++i) filled.set_all(networks[i], i);
  Random random(5);
  const auto numbers = random.normals(2 * 40);
  const auto x = seen<Token, Channel>(numbers, 2, 40);
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
    Run<> run(mode);
    const std::vector<NetworkInput<GatedMlp<>>> all{{&networks[0], x}, {&networks[1], x.rows(1, 1)}, {&networks[2], x}};
    const auto outputs = outputs_of(run.ctx, Step{}, all);
    for (std::size_t i = 0; i < networks.size(); ++i)
      CHECK(same_bits(copied(outputs[i]), copied(networks[i](run.ctx, Step{}, all[i].x))));
    CHECK_FALSE(same_bits(copied(outputs[0]), copied(outputs[2])));
  }
}
