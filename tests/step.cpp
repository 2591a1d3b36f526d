// Tests of include/etalon/step.hpp.
#include <etalon/step.hpp>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("by hand: a prompt's chunk, another sequence's next token, and a shifted one") {
  StepBuffer buffer;
  buffer.add(std::vector{10, 11, 12}, 5);
  buffer.add(std::vector{20}, 40);
  buffer.add(std::vector{30, 31}, 0, 1);
  const Step step = buffer.step();
  const std::vector<int> tokens(step.tokens.data, step.tokens.data + step.tokens.size());
  const std::vector<int> positions(step.positions.data, step.positions.data + step.positions.size());
  CHECK(tokens == std::vector{10, 11, 12, 20, 30, 31});
  CHECK(positions == std::vector{5, 6, 7, 40, 1, 2});
  REQUIRE(step.segments.size() == 3);
  CHECK((step.segments[0].first == 0 && step.segments[0].count == 3 && step.segments[0].start == 5));
  CHECK((step.segments[1].first == 3 && step.segments[1].count == 1 && step.segments[1].start == 40));
  CHECK((step.segments[2].first == 4 && step.segments[2].count == 2 && step.segments[2].start == 0));   // no shift here
}

TEST_CASE("an empty buffer is a step of no tokens; segments tile the rows") {
  CHECK(extent<Token>(StepBuffer().step().tokens) == 0);
  StepBuffer buffer;
  for (int n = 0; n < 20; ++n) buffer.add(std::vector<int>(static_cast<std::size_t>(n % 4), n), n);
  int next = 0;
  for (const Segment& segment : buffer.step().segments) {
    CHECK(segment.first == next);
    next += segment.count;
  }
  CHECK(next == extent<Token>(buffer.step().positions));
}
