// Tests of include/etalon/decoder.hpp, with layers so plain that their effect can be followed.
#include <etalon/decoder.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// Adds the sum of the first channel over all positions so far, in every channel.
struct Past {
  std::vector<float> first;
  bool can_go_back = true;
  int length() const { return static_cast<int>(first.size()); }
  void reserve(int) {}
  bool truncate(int positions) {
    first.resize(static_cast<std::size_t>(positions));
    return can_go_back;
  }
};
struct AddPast {
  using State = Past;
  State new_state() const { return {}; }
  void operator()(const auto& ctx, const Step& step, auto&& state, View<float, Token, Channel> stream) const {
    for (std::size_t s = 0; s < step.segments.size(); ++s)
      for (int row = step.segments[s].first; row < step.segments[s].first + step.segments[s].count; ++row) {
        state(s).first.push_back(stream[row][0]);
        const float total = sum(state(s).first.data(), state(s).length());
        for (int c = 0; c < 2; ++c) stream[row][c] += total;
      }
    ctx.show("out", stream);
  }
  void each_part(auto&&) {}
};

// Two layers, two channels, three tokens.
struct Example {
  Decoder<AddPast> decoder{{{3, 2}, {}}, {{}, {}}, rms_norm_of<Channel>(2, 0), {{3, 2}, {}}};
  Filled filled;
  Run<> run;

  Example() {
    filled.set(decoder.embedding, {1, 0, 0, 1, 2, 2});
    filled.set(decoder.norm.gain, {1, 10});
    filled.set(decoder.unembedding, {1, 0, 0, 1, 1, 1});
  }
  std::vector<float> hidden(const StepBuffer& buffer, std::vector<Decoder<AddPast>::State*> sequences) {
    return copied(decoder.hidden(run.ctx, buffer.step(), sequences));
  }
};

StepBuffer fed(const std::vector<int>& tokens, int start) {
  StepBuffer buffer;
  buffer.add(tokens, start);
  return buffer;
}

}  // namespace

TEST_CASE("a worked example: embed, two layers, final norm, unembed") {
  Example e;
  auto state = e.decoder.new_state();
  const auto hidden = e.hidden(fed({0, 2}, 0), {&state});
  // token 0: (1, 0) -> + 1 -> (2, 1) -> + 2 -> (4, 3);  token 2: (2, 2) -> + 3 -> (5, 5) -> + 7 -> (12, 12)
  CHECK(e.run.notes.floats["embed"] == std::vector<float>{1, 0, 2, 2});
  CHECK(e.run.notes.floats["layers.0.out"] == std::vector<float>{2, 1, 5, 5});
  CHECK(e.run.notes.floats["layers.1.out"] == std::vector<float>{4, 3, 12, 12});
  CHECK(hidden[0] == doctest::Approx(4 / std::sqrt(12.5)));
  CHECK(hidden[1] == doctest::Approx(30 / std::sqrt(12.5)));
  CHECK(hidden[3] == 10.0f);
  CHECK(e.run.notes.floats["final_norm"] == hidden);
  const auto logits = copied(e.decoder.logits(e.run.ctx, seen<Token, Channel>(hidden, 2, 2)));
  CHECK(logits[3] == 1.0f);
  CHECK(logits[4] == 10.0f);
  CHECK(logits[5] == 11.0f);
  CHECK(e.run.notes.floats["logits"] == logits);
}

TEST_CASE("a prompt in parts is the prompt") {
  Example e;
  auto whole = e.decoder.new_state(), parts = whole;
  const auto all = e.hidden(fed({0, 2, 1}, 0), {&whole});
  e.hidden(fed({0, 2}, 0), {&parts});
  const auto last = e.hidden(fed({1}, 2), {&parts});
  CHECK(same_bits({all.begin() + 4, all.end()}, last));
  CHECK(parts.length() == 3);
}

TEST_CASE("sequences of one step do not see each other") {
  Example e;
  auto first = e.decoder.new_state(), second = first, alone = first;
  const auto expected = e.hidden(fed({2, 1}, 0), {&alone});
  StepBuffer buffer;
  buffer.add(std::vector<int>{0, 0, 0}, 0);
  buffer.add(std::vector<int>{2, 1}, 0);
  const auto both = e.hidden(buffer, {&first, &second});
  CHECK(same_bits({both.begin() + 6, both.end()}, expected));
  CHECK(first.length() == 3);
  CHECK(second.length() == 2);
}

TEST_CASE("logits of some rows are those rows' logits") {
  Example e;
  const std::vector<float> hidden{1, 2, 3, 4, 5, 6};
  const auto all = copied(e.decoder.logits(e.run.ctx, seen<Token, Channel>(hidden, 3, 2)));
  const auto last = copied(e.decoder.logits(e.run.ctx, seen<Token, Channel>(hidden, 3, 2).rows(2, 1)));
  CHECK(same_bits({all.begin() + 6, all.end()}, last));
}

TEST_CASE("a sequence is cut back in all layers at once, or says that it cannot be") {
  Example e;
  auto state = e.decoder.new_state();
  e.hidden(fed({0, 2, 1}, 0), {&state});
  const auto saved = state;
  CHECK(state.truncate(1));
  CHECK(state.length() == 1);
  CHECK(state.layers[1].length() == 1);
  state = saved;
  state.layers[0].can_go_back = false;
  CHECK_FALSE(state.truncate(1));
  CHECK(SequenceState<Past>{}.length() == 0);
}
