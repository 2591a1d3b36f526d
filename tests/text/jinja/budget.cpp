// Limits of time, memory, output and depth.
#include <etalon/text/jinja/budget.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("each limit stops at its own number") {
  Budget budget({.steps = 10, .bytes = 100, .output = 5, .depth = 2});
  CHECK_NOTHROW(budget.step(10));
  CHECK_THROWS_AS(budget.step(), Failure);
  CHECK_NOTHROW(budget.make(100));
  CHECK_THROWS_AS(budget.make(1), Failure);
  CHECK_NOTHROW(budget.output(5));
  CHECK_THROWS_AS(budget.output(6), Failure);
  const Budget::Level one(budget), two(budget);
  CHECK_THROWS_AS((Budget::Level{budget}), Failure);
  CHECK_THROWS_AS((Budget::Level{budget}), Failure);  // a refused level does not count
}

TEST_CASE("a product that overflows is refused before it is computed") {
  Budget budget;
  CHECK_THROWS_AS(budget.make_times(std::uint64_t{1} << 40, std::uint64_t{1} << 40), Failure);
  Budget other;
  CHECK_NOTHROW(other.make_times(std::uint64_t{1} << 40, 0));
}
