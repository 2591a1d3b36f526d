#pragma once
// Routing: for each token, the k experts that will see it, and how much each one's answer counts.
//
// The rule itself, one token at a time, is math/routing.hpp. Logits are computed in mode F whatever the context's mode
// (docs/arithmetic.md, R6): a rounding here would flip choices.
#include <etalon/context.hpp>
#include <etalon/math/routing.hpp>
#include <etalon/ops/linear.hpp>
#include <etalon/ops/rms_norm.hpp>

namespace etalon {

// What a router decides for the tokens of a step.
struct Routes {
  View<int, Token, Choice> choice;      // expert ids, ascending
  View<float, Token, Choice> weight;    // what each chosen expert's output is multiplied by
};

// logits (Token, Expert); bias (Expert) and fixed (Token, Choice) empty where there is none. Shows everything a trace
// names under router.
inline Routes route(const auto& ctx, const RoutingRule& rule, View<const float, Token, Expert> logits,
                    View<const float, Expert> bias, View<const int, Token, Choice> fixed = {}) {
  const int tokens = extent<Token>(logits), experts = extent<Expert>(logits);
  auto scores = ctx.template make<float, Token, Expert>(tokens, experts);       // (Token, Expert)
  auto selection = ctx.template make<float, Token, Expert>(tokens, experts);    // (Token, Expert)
  auto choice = ctx.template make<int, Token, Choice>(tokens, rule.chosen);     // (Token, Choice)
  auto weight = ctx.template make<float, Token, Choice>(tokens, rule.chosen);   // (Token, Choice)
  auto margin = ctx.template make<float, Token>(tokens);                        // (Token)
  for_rows(ctx.backend, tokens, 40 * std::int64_t{experts}, [&](int first, int last) {
    for (int t = first; t < last; ++t)
      route_token(rule, logits[t].data, bias.data, experts,
                  {scores[t].data, selection[t].data, choice[t].data, weight[t].data, &margin[t]},
                  fixed.data ? fixed[t].data : nullptr);
  });
  ctx.show("router.logits", logits);
  ctx.show("router.scores", scores);
  ctx.show("router.selection", selection);
  ctx.show("router.choice", choice);
  ctx.show("router.weight", weight);
  ctx.show("router.margin", margin);
  return {choice, weight};
}

}  // namespace etalon
