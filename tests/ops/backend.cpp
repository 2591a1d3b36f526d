// Tests of include/etalon/ops/backend.hpp.
#include <etalon/ops/backend.hpp>

#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace etalon;

static std::vector<std::pair<int, int>> ranges(int count) {
  std::vector<std::pair<int, int>> seen;
  for_rows(Reference{}, count, 1, [&](int first, int last) { seen.push_back({first, last}); });
  return seen;
}

TEST_CASE("the reference takes all rows at once, in the caller's thread; no rows are no call") {
  CHECK(ranges(7) == std::vector<std::pair<int, int>>{{0, 7}});
  CHECK(ranges(1) == std::vector<std::pair<int, int>>{{0, 1}});
  CHECK(ranges(0).empty());
}
