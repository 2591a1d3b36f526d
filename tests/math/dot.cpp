// Tests of include/etalon/math/dot.hpp.
#include <etalon/math/dot.hpp>

#include <algorithm>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon::test;
using etalon::dot;

// The rule as the contract states it, on padded copies.
static float dot_by_the_rule(std::vector<float> a, std::vector<float> b) {
  while (a.size() % 32 != 0) a.push_back(0.0f), b.push_back(0.0f);
  float c = 0.0f;
  for (std::size_t first = 0; first < a.size(); first += 32) {
    float even = 0.0f, odd = 0.0f;
    for (std::size_t k = first; k < first + 32; k += 2) even = std::fma(a[k], b[k], even);
    for (std::size_t k = first + 1; k < first + 32; k += 2) odd = std::fma(a[k], b[k], odd);
    c += even + odd;
  }
  return c;
}

static float sequential(const float* a, const float* b, int n) {
  float c = 0.0f;
  for (int k = 0; k < n; ++k) c = std::fma(a[k], b[k], c);
  return c;
}

static double exact(const std::vector<float>& a, const std::vector<float>& b) {
  long double c = 0.0L;
  for (std::size_t k = 0; k < a.size(); ++k) c += static_cast<long double>(a[k]) * b[k];
  return static_cast<double>(c);
}

TEST_CASE("by hand: even places add up apart from odd ones") {
  // even: 2^24, then 2^24 + 1 = 2^24 (tie to even); odd: 1, then 1 + 1 = 2; together 2^24 + 2.
  // One chain would lose all three ones.
  const float a[] = {0x1p24f, 1.0f, 1.0f, 1.0f}, ones[] = {1.0f, 1.0f, 1.0f, 1.0f};
  CHECK(dot(a, ones, 4) == 0x1p24f + 2.0f);
  CHECK(sequential(a, ones, 4) == 0x1p24f);
  CHECK(etalon::sum(a, 4) == 0x1p24f + 2.0f);
  const float b[] = {1.0f, 2.0f, 3.0f}, c[] = {4.0f, 5.0f, 6.0f};
  CHECK(dot(b, c, 3) == 32.0f);
  CHECK(same_bits(dot(b, c, 0), 0.0f));
}

TEST_CASE("every length agrees with the rule, on ordinary, cancelling and subnormal numbers") {
  Random random;
  for (int n = 0; n <= 200; ++n) {
    for (float scale : {1.0f, 0x1p-74f}) {   // 2^-148: products are subnormal
      std::vector<float> a = random.normals(static_cast<std::size_t>(n)), b = random.normals(a.size());
      for (float& x : a) x *= scale;
      for (float& x : b) x *= scale;
      for (int k = 8; k < n; k += 3) a[k] = -a[k - 7];
      REQUIRE(same_bits(dot(a.data(), b.data(), n), dot_by_the_rule(a, b)));
      REQUIRE(same_bits(etalon::sum(a.data(), n), dot_by_the_rule(a, std::vector<float>(a.size(), 1.0f))));
    }
  }
}

TEST_CASE("zero padding, zeros of either sign and split blocks change nothing") {
  Random random;
  std::vector<float> a = random.normals(77), b = random.normals(77);
  const float value = dot(a.data(), b.data(), 77);
  a.resize(160, -0.0f);
  b.resize(160, 3.0f);
  CHECK(same_bits(dot(a.data(), b.data(), 160), value));
  // Blocks may be computed apart and added left to right.
  float c = 0.0f;
  for (int first = 0; first < 160; first += 32) c += etalon::dot_of_block(&a[first], &b[first], 32);
  CHECK(same_bits(c, value));
  const float minus[] = {-0.0f, -0.0f}, ones[] = {1.0f, 1.0f};
  CHECK(same_bits(dot(minus, ones, 2), 0.0f));   // a sum that starts at +0 never becomes -0
}

// How many leaves of the tree of additions lie under the node where k = i < j first meet.
static int leaves_below_meeting(int i, int j) {
  if (i / 32 != j / 32) return 32 * (j / 32 + 1);     // the running sum after j's block
  if (i % 2 != j % 2) return 32;                      // even + odd of one block
  return j % 32 / 2 + 1;                              // the chain up to j
}

// Ones, with +2^60 at i and -2^60 at j: a one that is added to a sum holding 2^60 is lost, so the result counts the
// ones outside the node where i and j meet (and those in a sibling that comes whole to 0 with it).
template <class Dot> static int wrong_meetings(Dot product) {
  const std::vector<float> ones(96, 1.0f);
  int wrong = 0;
  for (int i = 0; i < 96; ++i) {
    for (int j = i + 1; j < 96; ++j) {
      std::vector<float> a = ones;
      a[i] = 0x1p60f;
      a[j] = -0x1p60f;
      wrong += product(a.data(), ones.data(), 96) != static_cast<float>(96 - leaves_below_meeting(i, j));
    }
  }
  return wrong;
}

TEST_CASE("the order of additions is the contract's: swamping reveals every node of the tree") {
  CHECK(wrong_meetings([](const float* a, const float* b, int n) { return dot(a, b, n); }) == 0);
  CHECK(wrong_meetings([](const float* a, const float*, int n) { return etalon::sum(a, n); }) == 0);
}

TEST_CASE("wrong orders are caught: one chain; even and odd over the whole length; blocks of 16") {
  CHECK(wrong_meetings(sequential) > 1000);
  CHECK(wrong_meetings([](const float* a, const float* b, int n) {
    float chain[2] = {0.0f, 0.0f};
    for (int k = 0; k < n; ++k) chain[k % 2] = std::fma(a[k], b[k], chain[k % 2]);
    return chain[0] + chain[1];
  }) > 1000);
  CHECK(wrong_meetings([](const float* a, const float* b, int n) {
    float c = 0.0f;
    for (int first = 0; first < n; first += 16) c += etalon::dot_of_block(a + first, b + first, 16);
    return c;
  }) > 1000);
}

TEST_CASE("the error grows several times more slowly than one chain's") {
  Random random;
  double ours = 0.0, chain = 0.0;
  for (int i = 0; i < 200; ++i) {
    const std::vector<float> a = random.normals(4096), b = random.normals(4096);
    const double truth = exact(a, b);
    ours += std::pow(dot(a.data(), b.data(), 4096) - truth, 2);
    chain += std::pow(sequential(a.data(), b.data(), 4096) - truth, 2);
  }
  CHECK(std::sqrt(ours / 200) < 20e-6);
  CHECK(std::sqrt(chain / ours) > 3.0);
}
