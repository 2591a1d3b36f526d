// Tests of include/etalon/layers/gqa.hpp. The families that use it are compared with golden files in tests/families.
#include <etalon/layers/gqa.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// Two query heads of width 2 share one key/value head; two channels; no rotation (frequency 0).
struct Example {
  Gqa gqa{{2, 1, 2}, linear_of<Joined<Head, HeadDim>, Channel>(4, 2), linear_of<Joined<KvHead, HeadDim>, Channel>(2, 2),
          linear_of<Joined<KvHead, HeadDim>, Channel>(2, 2), linear_of<Channel, Joined<Head, HeadDim>>(2, 4),
          {{0.0}, 1.0, RopePairs::halves}};
  Filled filled;

  Example() {
    filled.set(gqa.q.weight, {0, 0, 0, 0, 40, 0, 0, 40});   // head 0 asks nothing, head 1 asks for what it is
    filled.set(gqa.k.weight, {1, 0, 0, 1});
    filled.set(gqa.v.weight, {1, 0, 0, 1});
    filled.set(gqa.out.weight, {1, 0, 0, 0, 0, 0, 0, 1});   // channel 0 from head 0, channel 1 from head 1
  }

  // The rows of x as one sequence, so many at a time.
  std::vector<float> run(const std::vector<float>& x, int at_once) const {
    Run<> run;
    auto state = gqa.new_state();
    std::vector<float> all;
    const int rows = static_cast<int>(x.size()) / 2;
    for (int first = 0; first < rows; first += at_once) {
      const int n = std::min(at_once, rows - first);
      StepBuffer buffer;
      buffer.add(std::vector<int>(static_cast<std::size_t>(n), 0), first);
      const std::vector<float> part(x.begin() + 2 * first, x.begin() + 2 * (first + n));
      const auto y = copied(gqa(run.ctx, buffer.step(), [&](std::size_t) -> auto& { return state; },
                                seen<Token, Channel>(part, n, 2)));
      all.insert(all.end(), y.begin(), y.end());
    }
    return all;
  }
};

const std::vector<float> three = {4, 0, 0, 4, 2, 0};

}  // namespace

TEST_CASE("a worked example: a head that asks nothing averages, a head that asks finds its match") {
  const auto y = Example().run(three, 3);
  CHECK(y[0] == 4.0f);                       // the first token sees itself alone
  CHECK(y[2] == doctest::Approx(2.0));       // channel 0, head 0: the mean of 4 and 0
  CHECK(y[4] == doctest::Approx(2.0));       // the mean of 4, 0 and 2
  CHECK(y[3] == 4.0f);                       // channel 1, head 1: its own key is by far the best
}

TEST_CASE("a step at a time gives the bits of all at once, with and without a window") {
  std::vector<float> x;
  for (int i = 0; i < 120; ++i) x.push_back(static_cast<float>(i * 37 % 23) / 8.0f - 1.0f);
  for (int window : {0, 1, 5, 33}) {
    Example e;
    e.gqa.window = window;
    const auto whole = e.run(x, 60);
    for (int at_once : {1, 7, 32}) CHECK(e.run(x, at_once) == whole);
  }
}

TEST_CASE("a window hides what lies before it") {
  Example e;
  e.gqa.window = 1;
  const auto y = e.run(three, 3);
  CHECK(y[2] == 0.0f);   // the second token sees itself alone
  CHECK(y[4] == 2.0f);
}

TEST_CASE("a sink takes its share: a large one leaves nothing, a very low one everything") {
  Example e;
  e.gqa.sinks = {{2}, {}};
  e.filled.set(e.gqa.sinks, {60.0f, -60.0f});
  const auto y = e.run(three, 3);
  CHECK(std::abs(y[4]) < 1e-20f);
  CHECK(y[3] == 4.0f);
}

TEST_CASE("norms of heads make the scores blind to a key's length") {
  Example e;
  e.gqa.k_norm = rms_norm_of<HeadDim>(2, 0.0f);
  e.filled.set(e.gqa.k_norm.gain, {1, 1});
  const auto y = e.run({1, 1, 3, 3}, 2);   // parallel keys: head 1 cannot tell them apart
  CHECK(y[3] == doctest::Approx(2.0));
}

TEST_CASE("the output gate multiplies each head by the sigmoid of its other half") {
  Example e;
  e.gqa.q = linear_of<Joined<Head, HeadDim>, Channel>(8, 2);
  e.gqa.gated = true;   // rows of each head: q q gate gate
  e.filled.set(e.gqa.q.weight, {0, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 40, 0, 0, 0, 0});
  const auto y = e.run(three, 3);
  CHECK(y[0] == 2.0f);   // 4 * sigmoid(0)
}
