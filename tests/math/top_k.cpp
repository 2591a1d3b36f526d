// Tests of include/etalon/math/top_k.hpp.
#include <etalon/math/top_k.hpp>

#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

static std::vector<int> chosen(const std::vector<float>& value, int k) {
  std::vector<int> id(static_cast<std::size_t>(k), -1);
  top_k(value.data(), static_cast<int>(value.size()), k, id.data());
  return id;
}

// The same by a sort. prefer_low: which of two equal values comes first.
static std::vector<int> sorted(const std::vector<float>& value, int k, bool prefer_low) {
  std::vector<int> id(value.size());
  std::iota(id.begin(), id.end(), 0);
  if (!prefer_low) std::reverse(id.begin(), id.end());
  std::stable_sort(id.begin(), id.end(), [&](int a, int b) { return value[a] > value[b]; });
  id.resize(static_cast<std::size_t>(k));
  return id;
}

TEST_CASE("by hand: value descending, ties to the lower id") {
  const std::vector<float> value{1.0f, 3.0f, 2.0f, 3.0f, 3.0f};
  CHECK(chosen(value, 0).empty());
  CHECK(chosen(value, 1) == std::vector{1});
  CHECK(chosen(value, 2) == std::vector{1, 3});
  CHECK(chosen(value, 5) == std::vector{1, 3, 4, 2, 0});
  CHECK(arg_max(value.data(), 5) == 1);
}

TEST_CASE("the order is total: -inf, negative, -0, +0, positive, +inf, NaN of either sign") {
  const float inf = float_of(0x7f800000u), nan_up = float_of(0x7fc00000u), nan_down = float_of(0xffc00000u);
  const std::vector<float> rising{-inf, -2.0f, -0x1p-149f, -0.0f, 0.0f, 0x1p-149f, 2.0f, inf, nan_up};
  for (std::size_t i = 0; i + 1 < rising.size(); ++i) CHECK(sortable(rising[i]) < sortable(rising[i + 1]));
  CHECK(sortable(nan_up) == sortable(nan_down));
  CHECK(chosen({-inf, -inf, -inf}, 3) == std::vector{0, 1, 2});
  CHECK(chosen({1.0f, nan_down, inf}, 3) == std::vector{1, 2, 0});
}

TEST_CASE("agrees with a stable sort on values with many ties") {
  Random random;
  for (int trial = 0; trial < 500; ++trial) {
    const int n = 1 + random.below(64), k = random.below(n + 1);
    std::vector<float> value(static_cast<std::size_t>(n));
    for (float& x : value) x = static_cast<float>(random.below(9)) - 3.5f;
    REQUIRE(chosen(value, k) == sorted(value, k, true));
    REQUIRE(arg_max(value.data(), n) == sorted(value, 1, true)[0]);
  }
}

TEST_CASE("a wrong rule is caught: ties to the higher id") {
  const std::vector<float> value{1.0f, 3.0f, 3.0f};
  CHECK(chosen(value, 2) == sorted(value, 2, true));
  CHECK(chosen(value, 2) != sorted(value, 2, false));
}
