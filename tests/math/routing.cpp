// Tests of include/etalon/math/routing.hpp.
#include <etalon/math/routing.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

struct Decision {
  std::vector<float> scores, selection, weight;
  std::vector<int> choice;
  float margin = 0.0f;
};

static Decision decide(const RoutingRule& rule, const std::vector<float>& logits, const std::vector<float>& bias = {}) {
  const std::size_t k = static_cast<std::size_t>(rule.chosen);
  Decision d{std::vector<float>(logits.size()), std::vector<float>(logits.size()), std::vector<float>(k),
             std::vector<int>(k), 0.0f};
  route_token(rule, logits.data(), bias.empty() ? nullptr : bias.data(), static_cast<int>(logits.size()),
              {d.scores.data(), d.selection.data(), d.choice.data(), d.weight.data(), &d.margin});
  return d;
}

// The logit whose sigmoid is s.
static float logit(double s) { return static_cast<float>(std::log(s / (1.0 - s))); }
static std::vector<float> logits_of(const std::vector<double>& scores) {
  std::vector<float> x;
  for (double s : scores) x.push_back(logit(s));
  return x;
}

// Ids in order of value, the largest first, equal ones by id.
static std::vector<int> ranked(const std::vector<double>& value) {
  std::vector<int> id(value.size());
  std::iota(id.begin(), id.end(), 0);
  std::stable_sort(id.begin(), id.end(), [&](int a, int b) { return value[a] > value[b]; });
  return id;
}

// DeepSeek-V3's gate in double, after its published description: sets and sorts instead of scans and masks.
struct Restated {
  std::vector<int> choice;
  std::vector<double> weight;
  // The smallest gap at which the choice of groups or of experts could turn.
  double closest = std::numeric_limits<double>::infinity();
};

static Restated restate(const RoutingRule& rule, const std::vector<float>& logits, const std::vector<float>& bias) {
  std::vector<double> score, steered;
  for (std::size_t e = 0; e < logits.size(); ++e) {
    score.push_back(1.0 / (1.0 + std::exp(-static_cast<double>(logits[e]))));
    steered.push_back(score[e] + bias[e]);
  }
  const std::size_t size = logits.size() / rule.groups;
  std::vector<double> group_score;
  for (int g = 0; g < rule.groups; ++g) {
    std::vector<double> members(steered.begin() + g * size, steered.begin() + (g + 1) * size);
    std::sort(members.rbegin(), members.rend());
    group_score.push_back(members[0] + members[1]);
  }
  Restated r;
  const std::vector<int> groups = ranked(group_score);
  if (rule.kept_groups < rule.groups)
    r.closest = group_score[groups[rule.kept_groups - 1]] - group_score[groups[rule.kept_groups]];
  std::vector<int> eligible;
  for (int id : ranked(steered))
    if (std::find(groups.begin(), groups.begin() + rule.kept_groups, id / static_cast<int>(size)) <
        groups.begin() + rule.kept_groups) eligible.push_back(id);
  r.closest = std::min(r.closest, steered[eligible[rule.chosen - 1]] - steered[eligible[rule.chosen]]);
  r.choice.assign(eligible.begin(), eligible.begin() + rule.chosen);
  std::sort(r.choice.begin(), r.choice.end());
  double total = 1e-20;
  for (int id : r.choice) total += score[id];
  for (int id : r.choice) r.weight.push_back(score[id] / total * rule.scale);
  return r;
}

TEST_CASE("by hand: four experts, two chosen, weights are their share of the chosen scores") {
  const Decision d = decide({.chosen = 2, .scale = 2.5f}, logits_of({0.1, 0.6, 0.3, 0.2}));
  CHECK(d.choice == std::vector{1, 2});
  CHECK(d.weight[0] == doctest::Approx(2.5 * 0.6 / 0.9).epsilon(1e-6));
  CHECK(d.weight[1] == doctest::Approx(2.5 * 0.3 / 0.9).epsilon(1e-6));
  CHECK(d.margin == doctest::Approx(0.1).epsilon(1e-6));   // 0.3 - 0.2
  const Decision raw = decide({.chosen = 2, .renormalise = false}, logits_of({0.1, 0.6, 0.3, 0.2}));
  CHECK(same_bits(raw.weight[0], raw.scores[1]));
}

TEST_CASE("by hand: a group counts by its two best, and the best expert of a dropped group is lost") {
  // groups (0.9, 0.1), (0.6, 0.5), (0.4, 0.3): 1.0, 1.1, 0.7. The group of expert 0 is dropped.
  const Decision d = decide({.chosen = 1, .groups = 3, .kept_groups = 1}, logits_of({0.9, 0.1, 0.6, 0.5, 0.4, 0.3}));
  CHECK(d.choice == std::vector{2});
  CHECK(d.selection[0] == -std::numeric_limits<float>::infinity());
  CHECK(d.selection[2] == d.scores[2]);
  CHECK(d.margin == doctest::Approx(0.1).epsilon(1e-6));   // within the group kept
}

TEST_CASE("the bias steers the choice, not the weight") {
  const std::vector<float> logits = logits_of({0.5, 0.4, 0.3});
  const Decision plain = decide({.chosen = 2}, logits), steered = decide({.chosen = 2}, logits, {0.0f, -1.0f, 0.0f});
  CHECK(plain.choice == std::vector{0, 1});
  CHECK(steered.choice == std::vector{0, 2});
  CHECK(steered.weight[0] == doctest::Approx(0.5 / 0.8).epsilon(1e-6));
  CHECK(steered.weight[1] == doctest::Approx(0.3 / 0.8).epsilon(1e-6));
  const Decision all = decide({.chosen = 3}, logits), same = decide({.chosen = 3}, logits, {3.0f, -2.0f, 1.0f});
  CHECK(same_bits(all.weight, same.weight));
}

TEST_CASE("ties go to the lower id, among experts and among groups") {
  const Decision d = decide({.chosen = 2}, {0.0f, 1.0f, 1.0f, 1.0f});
  CHECK(d.choice == std::vector{1, 2});
  CHECK(d.margin == 0.0f);
  CHECK(decide({.chosen = 2, .groups = 3, .kept_groups = 1}, std::vector<float>(6, 0.5f)).choice == std::vector{0, 1});
}

TEST_CASE("no other expert could have been chosen: the margin is infinite") {
  CHECK(decide({.chosen = 3}, {0.0f, 1.0f, 2.0f}).margin == infinity);
  CHECK(decide({.chosen = 2, .groups = 2, .kept_groups = 1}, {0.0f, 1.0f, 2.0f, 3.0f}).margin == infinity);
}

TEST_CASE("groups of one expert, and experts steered to -inf") {
  CHECK(decide({.chosen = 1, .groups = 3, .kept_groups = 2}, {0.0f, 2.0f, 1.0f}).choice == std::vector{1});
  const float low = -std::numeric_limits<float>::infinity();
  CHECK(decide({.chosen = 2}, {5.0f, 4.0f, 3.0f}, {low, 0.0f, 0.0f}).choice == std::vector{1, 2});
}

TEST_CASE("by hand: the scores of the other families") {
  // softmax of (ln 1, ln 2, ln 5) = (1, 2, 5) / 8; two chosen, renormalised or not.
  const std::vector<float> logits{0.0f, 0.693147181f, 1.60943791f};
  RoutingRule rule{.chosen = 2, .renormalise = false, .score = RouterScore::softmax};
  CHECK(decide(rule, logits).scores[2] == doctest::Approx(0.625).epsilon(1e-6));
  CHECK(decide(rule, logits).weight[0] == doctest::Approx(0.25).epsilon(1e-6));
  rule.renormalise = true;
  CHECK(decide(rule, logits).weight[0] == doctest::Approx(2.0 / 7.0).epsilon(1e-6));
  rule.score = RouterScore::logit;   // softmax over the chosen: the same 2/7 and 5/7
  const Decision d = decide(rule, logits);
  CHECK(d.scores == logits);
  CHECK(d.weight[0] == doctest::Approx(2.0 / 7.0).epsilon(1e-6));
  CHECK(d.weight[1] == doctest::Approx(5.0 / 7.0).epsilon(1e-6));
  rule.score = RouterScore::sqrt_softplus;
  const std::vector<float> five = decide({.score = RouterScore::sqrt_softplus}, {-3, -1, 0, 1, 3}).scores;
  const double expected[] = {0.22042539, 0.55969785, 0.83255461, 1.14597630, 1.74602043};
  for (int i = 0; i < 5; ++i) CHECK(five[i] == doctest::Approx(expected[i]).epsilon(2e-7));
}

TEST_CASE("by hand: a group may count by its best alone, and dropped groups may be masked with 0") {
  // groups (0.9, 0.1) and (0.6, 0.5): the best is in the first, the two best in the second.
  const std::vector<float> logits = logits_of({0.9, 0.1, 0.6, 0.5});
  RoutingRule rule{.chosen = 1, .groups = 2, .kept_groups = 1, .group_score = GroupScore::best, .masked = 0.0f};
  CHECK(decide(rule, logits).choice == std::vector{0});
  CHECK(same_bits(decide(rule, logits).selection[2], 0.0f));
  rule.group_score = GroupScore::two_best;
  CHECK(decide(rule, logits).choice == std::vector{2});
  // Masked with 0, an expert outside the kept group wins over one inside that the bias put below 0.
  rule.chosen = 2;
  rule.kept_groups = 1;
  CHECK(decide(rule, logits, {0.0f, 0.0f, 0.0f, -0.55f}).choice == std::vector{0, 1});
  CHECK(decide(rule, logits, {-1.0f, -1.0f, 0.0f, -0.55f}).choice == std::vector{0, 2});
}

TEST_CASE("agrees with a restatement in double on thousands of tokens; faults do not") {
  Random random;
  const RoutingRule rule{.chosen = 8, .groups = 8, .kept_groups = 4, .scale = 2.5f};
  int close_calls = 0, turned_by_bias_in_weight = 0, turned_without_groups = 0;
  for (int token = 0; token < 2000; ++token) {
    const std::vector<float> logits = random.normals(64);
    std::vector<float> bias = random.normals(64);
    for (float& b : bias) b *= 0.1f;
    const Restated r = restate(rule, logits, bias);
    if (r.closest < 1e-6) {   // where float may rightly choose otherwise
      ++close_calls;
      continue;
    }
    const Decision d = decide(rule, logits, bias);
    REQUIRE(d.choice == r.choice);
    for (int i = 0; i < 8; ++i) REQUIRE(std::fabs(d.weight[i] - r.weight[i]) < 1e-6);
    // Planted: the weight taken from the steered score; the groups ignored.
    turned_by_bias_in_weight += std::fabs(d.selection[d.choice[0]] - d.scores[d.choice[0]]) > 1e-3;
    turned_without_groups += decide({.chosen = 8, .scale = 2.5f}, logits, bias).choice != r.choice;
  }
  CHECK(close_calls < 20);
  CHECK(turned_by_bias_in_weight > 1500);
  CHECK(turned_without_groups > 1000);
}
