// Tests of include/etalon/math/softmax.hpp.
#include <etalon/math/softmax.hpp>

#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

// A block's sum and what it stands for.
static double value_of(const SoftmaxSum& sum) { return std::ldexp(static_cast<double>(sum.total), sum.shift); }

static SoftmaxSum joined(const SoftmaxSum& a, const SoftmaxSum& b) {
  const Rescale factor = rescale(a, b);
  return {factor.shift, combine(factor, a.total, b.total)};
}

TEST_CASE("by hand: scores 0, 1, -1 weigh 1/2, 1, 1/4 under a shift of 1") {
  float t[] = {0.0f, 1.0f, -1.0f};
  const SoftmaxSum block = softmax_block(t, 3, 0, 3);
  CHECK(block.shift == 1);
  CHECK(block.total == 1.75f);
  CHECK(t[0] == 0.5f);
  CHECK(t[1] == 1.0f);
  CHECK(t[2] == 0.25f);
}

TEST_CASE("a half rounds to the even integer, so weights lie in [0, sqrt 2]") {
  float t[] = {0.5f, 1.5f};
  const SoftmaxSum block = softmax_block(t, 2, 0, 2);
  CHECK(block.shift == 2);                                     // 1.5 -> 2, 0.5 -> 0
  CHECK(ulps_off(t[0], std::sqrt(2.0) / 4.0) < 1.0);           // 2^0.5 * 2^(0 - 2)
  CHECK(ulps_off(t[1], std::sqrt(0.5)) < 1.0);                 // 2^-0.5 * 2^(2 - 2)
}

TEST_CASE("masked keys weigh nothing, whatever their score") {
  float t[] = {1e30f, 0.0f, 3.0f, float_of(0x7fc00000u)};
  const SoftmaxSum block = softmax_block(t, 4, 1, 3);
  CHECK(t[0] == 0.0f);
  CHECK(t[3] == 0.0f);
  CHECK(block.shift == 3);
  CHECK(block.total == 1.125f);
  float none[] = {1.0f, 2.0f};
  const SoftmaxSum empty = softmax_block(none, 2, 1, 1);
  CHECK(empty.total == 0.0f);
  const SoftmaxSum same = joined(block, empty), other = joined(empty, block);
  CHECK(same_bits(same.total, block.total));
  CHECK(same_bits(other.total, block.total));
  CHECK(same.shift == block.shift);
}

TEST_CASE("scores out of range count as the nearest in range, -inf and NaN as the lowest") {
  float t[] = {1e30f, -1e30f, -float_of(0x7f800000u), float_of(0x7fc00000u), float_of(0x7f800000u)};
  const SoftmaxSum block = softmax_block(t, 5, 0, 5);
  CHECK(block.shift == 1 << 21);
  CHECK(block.total == 2.0f);
  CHECK(t[0] == 1.0f);
  CHECK(t[1] == 0.0f);
  CHECK(t[2] == 0.0f);
  CHECK(t[3] == 0.0f);
  CHECK(t[4] == 1.0f);
}

TEST_CASE("one score makes the same sum as a block of it") {
  for (float score : {0.0f, -3.25f, 0.5f, 1e30f, -1e30f}) {
    float t[] = {score};
    const SoftmaxSum block = softmax_block(t, 1, 0, 1), one = softmax_of_one(score);
    CHECK(one.shift == block.shift);
    CHECK(same_bits(one.total, block.total));
  }
}

TEST_CASE("an even number added to all scores moves the shift and not one bit") {
  // An odd one would do so but for scores half-way between integers, which go to the even one.
  Random random;
  for (int trial = 0; trial < 200; ++trial) {
    const int n = 1 + random.below(32), add = 2 * (random.below(1000) - 500);
    std::vector<float> t(static_cast<std::size_t>(n)), moved(t.size());
    for (int j = 0; j < n; ++j) t[j] = std::ldexp(static_cast<float>(random.below(1 << 12)), -6), moved[j] = t[j] + add;
    const SoftmaxSum a = softmax_block(t.data(), n, 0, n), b = softmax_block(moved.data(), n, 0, n);
    REQUIRE(b.shift == a.shift + add);
    REQUIRE(same_bits(a.total, b.total));
    REQUIRE(same_bits(t, moved));
  }
}

TEST_CASE("the sum is that of 2^t to 32 roundings") {
  // Each term is within 0.8 ulp (its subnormal part counts as nothing), and 17 additions follow: under 18 * 2^-24.
  Random random;
  for (int trial = 0; trial < 500; ++trial) {
    const int n = 1 + random.below(32);
    std::vector<float> t(static_cast<std::size_t>(n));
    double truth = 0.0;
    for (float& x : t) x = 6.0f * random.normal(), truth += std::exp2(static_cast<double>(x));
    REQUIRE(std::fabs(value_of(softmax_block(t.data(), n, 0, n)) / truth - 1.0) < 18 * 0x1p-24);
  }
}

TEST_CASE("combining rounds once: rescaling is exact") {
  Random random;
  const auto holds = [](const SoftmaxSum& a, const SoftmaxSum& b, float total, int shift) {
    return total == static_cast<float>(std::ldexp(value_of(a) + value_of(b), -shift));   // the double sum is exact
  };
  int wrong = 0, caught = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    const SoftmaxSum a{random.below(20), 1.0f + random.uniform()}, b{random.below(20), 1.0f + random.uniform()};
    const SoftmaxSum both = joined(a, b);
    wrong += !holds(a, b, both.total, both.shift);
    // The planted fault: the usual online softmax, whose running maximum is a real number.
    const float m = a.shift + 0.3f, m_b = b.shift + 0.3f, most = std::max(m, m_b);
    const float usual = fma(a.total, etalon::exp((m - most) * 0.6931472f),
                            b.total * etalon::exp((m_b - most) * 0.6931472f));
    caught += !holds(a, b, usual, std::max(a.shift, b.shift));
  }
  CHECK(wrong == 0);
  CHECK(caught > 50);
}

TEST_CASE("softmax sums to 1 and agrees with double, for logits of any size") {
  Random random;
  for (float size : {0.1f, 3.0f, 100.0f, 1e5f}) {
    std::vector<float> x = random.normals(70);
    for (float& value : x) value *= size;
    const double largest = *std::max_element(x.begin(), x.end());
    double total = 0.0;
    std::vector<double> truth;
    for (float value : x) truth.push_back(std::exp(value - largest)), total += truth.back();
    softmax(x.data(), 70);
    // x * log2 e is rounded at a size of 1.44 x: an error of up to |x| * 2^-24 in the exponent.
    for (int i = 0; i < 70; ++i) REQUIRE(std::fabs(x[i] - truth[i] / total) < 1e-6 + size * 1e-6);
    CHECK(std::accumulate(x.begin(), x.end(), 0.0) == doctest::Approx(1.0).epsilon(1e-6));
  }
}

TEST_CASE("by hand: keys 1 and 3 of a block; a run of keys is a set too") {
  CHECK(keys_between(0, 32) == 0xffffffffu);
  CHECK(keys_between(1, 3) == 0b110u);
  CHECK(keys_between(5, 5) == 0u);
  CHECK((holds(0b1010u, 3) && !holds(0b1010u, 2)));
  float t[] = {100.0f, 0.0f, 100.0f, 1.0f, 100.0f};
  const SoftmaxSum block = softmax_block(t, 4, KeySet{0b1010});
  CHECK(block.shift == 1);
  CHECK(block.total == 1.5f);
  CHECK(std::vector<float>(t, t + 4) == std::vector<float>{0.0f, 0.5f, 0.0f, 1.0f});
}
