#pragma once
// An engine without a model: what follows depends on the sequence by a rule short enough to work out by hand.
//
//   next token = (3 * last + number of tokens) mod vocab; drafts are right unless the position is a multiple of `slip`
#include <etalon/engine.hpp>

namespace etalon::test {

class ScriptedEngine final : public Engine {
 public:
  static constexpr int vocab = 16;
  int slip = 3;                  // drafts at multiples of this are wrong
  bool can_go_back = true;       // whether truncate is possible
  std::vector<int> fed;          // tokens of each advance, how many
  int truncations = 0;

  explicit ScriptedEngine(int context = 64, int predictions = 1) {
    facts_.family = "scripted";
    facts_.vocab = vocab;
    facts_.context = context;
    facts_.predictions = predictions;
  }
  RunOptions& run_options() { return options_; }
  static int next(int last, int count) { return (3 * last + count) % vocab; }

  const ModelFacts& facts() const override { return facts_; }
  const RunOptions& options() const override { return options_; }
  RunMemory memory(const RunLength&) const override { return {}; }
  void reserve(const RunLength&) override {}
  int length() const override { return static_cast<int>(sequence_.size()); }

  View<const float, Token, Vocab> advance(std::span<const int> tokens, int rows) override {
    logits_.clear();
    const int first = static_cast<int>(tokens.size()) - rows;
    for (int i = 0; i < static_cast<int>(tokens.size()); ++i) {
      sequence_.push_back(tokens[static_cast<std::size_t>(i)]);
      if (i >= first) add_logits(next(sequence_.back(), length()));
    }
    fed.push_back(static_cast<int>(tokens.size()));
    return {logits_.data(), {rows, vocab}};
  }
  bool truncate(int positions) override {
    ++truncations;
    sequence_.resize(static_cast<std::size_t>(can_go_back ? positions : 0));
    return can_go_back;
  }
  View<const float, Vocab> draft(int token) override {
    logits_.clear();
    const int position = length() + 1;
    add_logits((next(token, position) + (position % slip == 0 ? 1 : 0)) % vocab);
    return {logits_.data(), {vocab}};
  }

 private:
  void add_logits(int likely) {
    for (int id = 0; id < vocab; ++id)
      logits_.push_back(id == likely ? 5.0f : id == (likely + 5) % vocab ? 4.0f : 0.0f);
  }

  ModelFacts facts_;
  RunOptions options_;
  std::vector<int> sequence_;
  std::vector<float> logits_;
};

}  // namespace etalon::test
