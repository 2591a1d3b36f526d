#pragma once
// How a router turns one token's logits into k experts and their weights. The rules of all families are rows of one
// table; these are its columns:
//
//   score      s = sigmoid(logit) | softmax over all logits | sqrt(softplus(logit)) | the logit itself
//   bias       selection = s + bias where the checkpoint has a correction: it steers the choice, never the weights
//   groups     experts form groups of consecutive ids; a group scores the sum of its two best selections, or its best;
//              only the best groups stay, selection = `masked` in the others
//   choice     top-k of selection, ties to the lower id; or read from a table by token id (hash layers)
//   weights    s of the chosen, / (sum + epsilon) where renormalised, * scale; where the score is the logit, softmax
//              over the chosen
//
// Sources: Jiang et al. 2024 (Mixtral), section 2.1; DeepSeek-AI 2024 (DeepSeek-V2 2.1.3, V3 2.1.2); gpt-oss;
// DeepSeek-V4; the values of a row stand on the family's page. Orders, ties and softmax: docs/arithmetic.md, R5 and R6.
// The choice is written in ascending expert id, the order of combination.
#include <etalon/math/activation.hpp>
#include <etalon/math/dot.hpp>
#include <etalon/math/softmax.hpp>
#include <etalon/math/top_k.hpp>

namespace etalon {

inline constexpr int max_expert_groups = 64;

enum class RouterScore { sigmoid, softmax, sqrt_softplus, logit };
enum class GroupScore { two_best, best };

struct RoutingRule {
  int chosen = 1;                  // k
  int groups = 1, kept_groups = 1;
  bool renormalise = true;
  float epsilon = 1e-20f;          // added to the sum that renormalises
  float scale = 1.0f;              // multiplies the weights
  RouterScore score = RouterScore::sigmoid;
  GroupScore group_score = GroupScore::two_best;
  float masked = float_of(0xff800000u);   // selection in groups that are not kept: -inf, or 0
};

// One token's row of every array a router fills. All are (Expert) but choice and weight, (Choice).
struct RoutedToken { float *scores, *selection; int* choice; float* weight; float* margin; };

ETALON_HD inline void score_experts(RouterScore kind, const float* logits, int experts, float* scores) {
  for (int e = 0; e < experts; ++e)
    scores[e] = kind == RouterScore::sigmoid ? sigmoid(logits[e])
              : kind == RouterScore::sqrt_softplus ? square_root(softplus(logits[e])) : logits[e];
  if (kind == RouterScore::softmax) softmax(scores, experts);
}

// Sum of the two largest of n values (the only one, where n is 1).
ETALON_HD inline float two_best(const float* value, int n) {
  int best[2] = {};
  top_k(value, n, n < 2 ? n : 2, best);
  return n < 2 ? value[best[0]] : value[best[0]] + value[best[1]];
}

// Sets selection to the masked value outside the kept groups.
ETALON_HD inline void mask_groups(const RoutingRule& rule, int experts, float* selection) {
  float score[max_expert_groups] = {};
  int kept[max_expert_groups] = {};
  const int size = experts / rule.groups;
  for (int g = 0; g < rule.groups; ++g) {
    const float* group = selection + g * size;
    score[g] = rule.group_score == GroupScore::two_best ? two_best(group, size) : group[arg_max(group, size)];
  }
  top_k(score, rule.groups, rule.kept_groups, kept);
  for (int g = 0; g < rule.groups; ++g) {
    bool keep = false;
    for (int i = 0; i < rule.kept_groups; ++i) keep = keep || kept[i] == g;
    for (int e = g * size; !keep && e < (g + 1) * size; ++e) selection[e] = rule.masked;
  }
}

// Insertion sort of a few ids into ascending order.
ETALON_HD inline void ascending(int* id, int n) {
  for (int i = 1; i < n; ++i)
    for (int j = i; j > 0 && id[j - 1] > id[j]; --j) {
      const int swapped = id[j];
      id[j] = id[j - 1];
      id[j - 1] = swapped;
    }
}

// k-th minus (k+1)-th selection: how close the choice was. +inf where no other expert could have been chosen.
ETALON_HD inline float selection_margin(const float* selection, int experts, const int* ranked, int chosen) {
  const int last = ranked[chosen - 1];
  float margin = float_of(0x7f800000u);
  for (int e = 0; e < experts; ++e)
    if (ranks_before(selection[last], last, selection[e], e)) {
      const float gap = selection[last] - selection[e];
      if (gap < margin) margin = gap;
    }
  return margin;
}

// Weights of the chosen experts, whose ids are ascending.
ETALON_HD inline void weigh(const RoutingRule& rule, const float* scores, const int* choice, float* weight) {
  for (int i = 0; i < rule.chosen; ++i) weight[i] = scores[choice[i]];
  if (rule.score == RouterScore::logit) softmax(weight, rule.chosen);
  const bool divides = rule.renormalise && rule.score != RouterScore::logit;
  const float total = divides ? sum(weight, rule.chosen) + rule.epsilon : 1.0f;
  for (int i = 0; i < rule.chosen; ++i) weight[i] = divide(weight[i], total) * rule.scale;
}

// logits (Expert); bias (Expert), or null; fixed (Choice), the choice of a hash layer, or null.
ETALON_HD inline void route_token(const RoutingRule& rule, const float* logits, const float* bias, int experts,
                                  RoutedToken out, const int* fixed = nullptr) {
  score_experts(rule.score, logits, experts, out.scores);
  for (int e = 0; e < experts; ++e) out.selection[e] = bias ? out.scores[e] + bias[e] : out.scores[e];
  *out.margin = float_of(0x7f800000u);
  if (fixed) {
    for (int i = 0; i < rule.chosen; ++i) out.choice[i] = fixed[i];
  } else {
    if (rule.groups > 1) mask_groups(rule, experts, out.selection);
    top_k(out.selection, experts, rule.chosen, out.choice);
    *out.margin = selection_margin(out.selection, experts, out.choice, rule.chosen);
  }
  ascending(out.choice, rule.chosen);
  weigh(rule, out.scores, out.choice, out.weight);
}

}  // namespace etalon
