#pragma once
// What is computed in one go: some tokens of one sequence (a prompt, a chunk of it, one new token), or of several.
//
// A step's tokens lie side by side on the Token axis; segments say which rows belong to which sequence and where in it
// they stand. Every module works row by row but the mixers, which read and extend the state of each segment's sequence.
// It is handed down with the tensor, for layers that need token ids (hash routing) or positions (rotary embeddings).
#include <cstddef>
#include <span>
#include <vector>

#include <etalon/view.hpp>

namespace etalon {

// Rows first … first + count - 1 of the step are positions start … start + count - 1 of one sequence.
struct Segment { int first, count, start; };

struct Step {
  View<const int, Token> tokens;
  View<const int, Token> positions;
  std::span<const Segment> segments;
};

// Owns what a Step points to.
class StepBuffer {
 public:
  // Adds a segment: the next tokens of a sequence whose state already holds `start` of them. Rotary positions count
  // from start + shift: a prediction module's sequence, say, begins with the second token.
  void add(std::span<const int> tokens, int start, int shift = 0) {
    segments_.push_back({static_cast<int>(tokens_.size()), static_cast<int>(tokens.size()), start});
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    for (std::size_t i = 0; i < tokens.size(); ++i) positions_.push_back(start + shift + static_cast<int>(i));
  }
  Step step() const {
    const int n = static_cast<int>(tokens_.size());
    return {{tokens_.data(), {n}}, {positions_.data(), {n}}, segments_};
  }

 private:
  std::vector<int> tokens_, positions_;
  std::vector<Segment> segments_;
};

}  // namespace etalon
