// Tests of include/etalon/layers/layer.hpp, with parts so plain that their effect can be followed.
#include <etalon/layers/layer.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// Hands the stream itself to the sub-layer and adds its result: a residual without norm.
struct Bare {
  void operator()(const auto& ctx, const SubLayerNames& names, View<float, Token, Channel> stream,
                  auto&& sub_layer) const {
    const auto y = sub_layer(read_only(stream));
    ctx.show(names.out, y);
    add(ctx, stream, y);
  }
  void each_part(auto&& part) { part("bare"); }
};

// Adds up what its sequence has seen so far.
struct Seen {
  std::vector<float> past;
  int length() const { return static_cast<int>(past.size()); }
  bool truncate(int positions) { past.resize(static_cast<std::size_t>(positions)); return true; }
  void reserve(int) {}
};
struct RunningSum {
  using State = Seen;
  State new_state() const { return {}; }
  View<float, Token, Channel> operator()(const auto& ctx, const Step& step, auto&& state,
                                         View<const float, Token, Channel> x) const {
    auto y = ctx.template make<float, Token, Channel>(extent<Token>(x), 1);
    for (std::size_t s = 0; s < step.segments.size(); ++s)
      for (int i = 0; i < step.segments[s].count; ++i) {
        const int row = step.segments[s].first + i;
        state(s).past.push_back(x[row][0]);
        y[row][0] = sum(state(s).past.data(), state(s).length());
      }
    return y;
  }
  void each_part(auto&& part) { part("mixer"); }
};
struct Tenfold {
  View<float, Token, Channel> operator()(const auto& ctx, const Step&, View<const float, Token, Channel> x) const {
    auto y = ctx.template make<float, Token, Channel>(extent<Token>(x), 1);
    for (int t = 0; t < extent<Token>(x); ++t) y[t][0] = 10.0f * x[t][0];
    return y;
  }
  void each_part(auto&& part) { part("ffn"); }
};

using Example = Layer<RunningSum, Tenfold, Bare>;

}  // namespace

TEST_CASE("first the mixer, then the network, which sees what the mixer added") {
  const Example layer{};
  Run<> run;
  auto state = layer.new_state();
  Numbers stream{{1.0f, 2.0f}};
  StepBuffer buffer;
  buffer.add(std::vector<int>{0, 0}, 0);
  layer(run.ctx, buffer.step(), [&](std::size_t) -> auto& { return state; }, stream.view<Token, Channel>(2, 1));
  // mixer: 1, then 1 + 2; stream 2, 5; network: 20, 50; stream 22, 55
  CHECK(stream.values == std::vector<float>{22.0f, 55.0f});
  CHECK(run.notes.names == std::vector<std::string>{"attn.out", "ffn.out", "out"});
  CHECK(run.notes.floats["out"] == stream.values);
}

TEST_CASE("each segment of a step has its own state") {
  const Example layer{};
  Run<> run;
  std::vector<Seen> states(2);
  states[1].past = {100.0f};
  Numbers stream{{1.0f, 2.0f}};
  StepBuffer buffer;
  buffer.add(std::vector<int>{0}, 0);
  buffer.add(std::vector<int>{0}, 1);
  layer(run.ctx, buffer.step(), [&](std::size_t s) -> auto& { return states[s]; }, stream.view<Token, Channel>(2, 1));
  CHECK(stream.values == std::vector<float>{11 * (1 + 1.0f), 11 * (2 + 102.0f)});
  CHECK(states[0].length() == 1);
  CHECK(states[1].length() == 2);
}

TEST_CASE("parts are listed in the order in which they work") {
  Example layer{};
  std::vector<std::string> names;
  layer.each_part([&](const char* name, auto&) { names.push_back(name); });
  CHECK(names == std::vector<std::string>{"attn_residual", "attn", "ffn_residual", "ffn"});
}
