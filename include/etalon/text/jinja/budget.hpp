#pragma once
// What one rendering may use: steps bound its time, bytes bound its memory, depth bounds its stack.
//
// Limits are far above what real templates need (a conversation of a megabyte takes about 0.1 % of them), so that a
// template that loops or doubles without end stops in seconds, with a message.
#include <cstddef>
#include <cstdint>

#include "etalon/text/jinja/failure.hpp"

namespace etalon::text::jinja {

struct Limits {
  std::uint64_t steps = 10'000'000;           // expressions evaluated, passes of loops, items compared
  std::uint64_t bytes = std::uint64_t{1} << 30;  // of text and lists, counted when made, never given back
  std::size_t output = std::size_t{256} << 20;   // bytes of the rendered text
  int depth = 1500;                           // evaluations inside each other (about 200 macro calls)
};

class Budget {
 public:
  explicit Budget(Limits limits = {}) : limits_(limits) {}

  void step(std::uint64_t count = 1) {
    steps_ += count;
    if (steps_ > limits_.steps || count > limits_.steps) {
      fail("at most " + std::to_string(limits_.steps) + " steps", "more", "look for a loop without end");
    }
  }
  // Before something of this size is made.
  void make(std::uint64_t bytes) {
    if (bytes > limits_.bytes || (bytes_ += bytes) > limits_.bytes) {
      fail("at most " + std::to_string(limits_.bytes) + " bytes of text and lists in one rendering", "more",
           "look for text that is repeated or doubled");
    }
  }
  void make_times(std::uint64_t bytes, std::uint64_t times) {
    if (times != 0 && bytes > limits_.bytes / times) make(limits_.bytes + 1);
    make(bytes * times);
  }
  void output(std::size_t size) const {
    if (size > limits_.output) fail("at most " + std::to_string(limits_.output) + " bytes of output", "more");
  }

  // Counts one level of evaluation for as long as it lives.
  class Level {
   public:
    explicit Level(Budget& budget) : budget_(budget) {
      if (++budget_.depth_ > budget_.limits_.depth) {
        --budget_.depth_;
        fail("at most " + std::to_string(budget_.limits_.depth) + " evaluations inside each other", "one more",
             "look for a macro that calls itself without end");
      }
    }
    ~Level() { --budget_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Budget& budget_;
  };

 private:
  Limits limits_;
  std::uint64_t steps_ = 0, bytes_ = 0;
  int depth_ = 0;
};

}  // namespace etalon::text::jinja
