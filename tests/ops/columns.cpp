// Tests of include/etalon/ops/columns.hpp.
#include <etalon/ops/columns.hpp>

#include <doctest/doctest.h>

#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("by hand: columns 1 and 2 of a 2 x 4 matrix") {
  Run run;
  const std::vector<float> x{0, 1, 2, 3, 10, 11, 12, 13};
  const auto part = columns<KvLatent>(run.ctx, seen<Token, Channel>(x, 2, 4), 1, 2);
  CHECK(copied(part) == std::vector<float>{1, 2, 11, 12});
  static_assert(std::is_same_v<decltype(part), const View<float, Token, KvLatent>>);
}

TEST_CASE("by hand: the last column of each head") {
  Run run;
  const std::vector<float> x{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};   // 2 rows, 2 heads, 3
  const auto last = columns<RopeDim>(run.ctx, seen<Token, Head, HeadDim>(x, 2, 2, 3), 2, 1);
  CHECK(copied(last) == std::vector<float>{2, 5, 8, 11});
}

TEST_CASE("a cut into two and the parts side by side are what was cut") {
  Run run;
  std::vector<float> x(60);
  for (int i = 0; i < 60; ++i) x[i] = static_cast<float>(i);
  const auto whole = seen<Token, Channel>(x, 4, 15);
  const auto left = columns<NopeDim>(run.ctx, whole, 0, 9), right = columns<NopeDim>(run.ctx, whole, 9, 6);
  const auto both = beside<Channel>(run.ctx, read_only(left), read_only(renamed<Token, RopeDim>(right)));
  CHECK(copied(both) == x);
  // Planted: the parts the other way round.
  CHECK(copied(beside<Channel>(run.ctx, read_only(right), read_only(renamed<Token, RopeDim>(left)))) != x);
}

TEST_CASE("by hand: a shared part stands beside every head's own") {
  Run run;
  const std::vector<float> own{1, 2, 3, 4}, shared{8, 9};   // 1 row, 2 heads of 2; one shared pair
  const auto both = beside_shared<HeadDim>(run.ctx, seen<Token, Head, NopeDim>(own, 1, 2, 2),
                                           seen<Token, RopeDim>(shared, 1, 2));
  CHECK(copied(both) == std::vector<float>{1, 2, 8, 9, 3, 4, 8, 9});
}
