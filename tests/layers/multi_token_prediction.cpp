// Tests of include/etalon/layers/multi_token_prediction.hpp. Against another implementation:
// tests/models/storyteller.cpp.
#include <etalon/layers/multi_token_prediction.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// A layer that adds the token's position and keeps only a count.
struct Counted {
  int positions = 0;
  int length() const { return positions; }
  bool truncate(int to) { positions = to; return true; }
  void reserve(int) {}
};
struct AddPosition {
  using State = Counted;
  State new_state() const { return {}; }
  void operator()(const auto&, const Step& step, auto&& state, View<float, Token, Channel> stream) const {
    for (int t = 0; t < extent<Token>(stream); ++t)
      for (int c = 0; c < 2; ++c) stream[t][c] += static_cast<float>(step.positions[t]);
    state(0).positions += extent<Token>(stream);
  }
  void each_part(auto&&) {}
};

// Two channels, three tokens. Norms with epsilon 0 and gain 1.
struct Example {
  MultiTokenPrediction<AddPosition> module{{{3, 2}, {}}, rms_norm_of<Channel>(2, 0), rms_norm_of<Channel>(2, 0),
                                           linear_of<Channel, Concat<Channel, Channel>>(2, 4), {},
                                           rms_norm_of<Channel>(2, 0), {{3, 2}, {}}};
  Filled filled;
  Run<> run;

  Example() {
    filled.set_all(module, 1);
    filled.set(module.embedding, {3, 4, 1, 1, 0, 2});
    for (auto* norm : {&module.embedding_norm, &module.hidden_norm, &module.norm}) filled.set(norm->gain, {1, 1});
    filled.set(module.merge.weight, {1, 0, 0, 0, 0, 0, 0, 1});   // embedding's first channel, hidden's second
  }
  std::vector<float> hidden(const std::vector<int>& tokens, const std::vector<float>& main, Counted& state) {
    StepBuffer buffer;
    buffer.add(tokens, state.length(), 1);
    const auto past = seen<Token, Channel>(main, static_cast<int>(tokens.size()), 2);
    return copied(module.hidden(run.ctx, buffer.step(), state, past));
  }
};

}  // namespace

TEST_CASE("a worked example: the embedding stands first, both halves are normed, then layer and norm") {
  Example e;
  Counted state = e.module.new_state();
  // token 0: (3, 4) / sqrt(12.5); main hidden (1, -7) / 5; merged (0.8485, -1.4); layer adds position 1: (1.8485, -0.4)
  const auto z = e.hidden({0}, {1, -7}, state);
  const double first = 3 / std::sqrt(12.5) + 1, second = -1.4 + 1;
  const double size = std::sqrt((first * first + second * second) / 2);
  CHECK(z[0] == doctest::Approx(first / size));
  CHECK(z[1] == doctest::Approx(second / size));
  CHECK(state.length() == 1);
}

TEST_CASE("its rows stand one position later than the main model's, and go on from its own state") {
  Example e;
  Counted whole, parts;
  const auto all = e.hidden({0, 1, 2}, {1, 2, 3, 4, 5, 6}, whole);
  const auto head = e.hidden({0}, {1, 2}, parts);
  const auto tail = e.hidden({1, 2}, {3, 4, 5, 6}, parts);
  CHECK(same_bits({all.begin(), all.begin() + 2}, head));
  CHECK(same_bits({all.begin() + 2, all.end()}, tail));
}

TEST_CASE("its logits are its own head's") {
  Example e;
  e.filled.set(e.module.unembedding, {1, 0, 0, 1, 2, 3});
  const std::vector<float> z{5, 7};
  CHECK(copied(e.module.logits(e.run.ctx, seen<Token, Channel>(z, 1, 2))) == std::vector<float>{5, 7, 31});
}

TEST_CASE("its weights are listed by the names that families map to a checkpoint's") {
  PredictingModel<AddPosition> model;
  model.predictions.push_back(Example().module);
  std::vector<std::string> paths;
  each_weight(model, [&](const std::string& path, AnyWeight) {
    if (path.starts_with("predictions")) paths.push_back(path);
  });
  CHECK(paths == std::vector<std::string>{"predictions.0.embedding", "predictions.0.embedding_norm.weight",
                                          "predictions.0.hidden_norm.weight", "predictions.0.merge.weight",
                                          "predictions.0.norm.weight", "predictions.0.unembedding"});
}
