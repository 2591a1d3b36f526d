#pragma once
// The router of a mixture of experts: one linear layer whose outputs compete, and the rule of that competition.
//
//   logits = W x + b (always in mode F);  rule: math/routing.hpp
//   hash layers: the choice is read from a table by token id, the weights still come from the scores
#include <vector>

#include <etalon/ops/route.hpp>
#include <etalon/step.hpp>

namespace etalon {

struct Router {
  Weight<Expert, Channel> weight;
  Weight<Expert> correction;           // steers the choice, never the weights
  RoutingRule rule;
  Weight<Expert> bias{};               // part of the logits
  Weight<Vocab, Choice> by_token{};    // expert ids of each token id

  Routes operator()(const auto& ctx, const Step& step, View<const float, Token, Channel> x) const {
    auto logits = multiply(ctx, weight, x, Numerics::f32);                      // (Token, Expert)
    if (bias) add_bias(ctx, logits, bias);
    return route(ctx, rule, logits, correction ? values_of(ctx, correction) : View<const float, Expert>{},
                 by_token ? choices(ctx, step) : View<const int, Token, Choice>{});
  }

  // The table's rows for the step's tokens. (Token, Choice)
  View<const int, Token, Choice> choices(const auto& ctx, const Step& step) const {
    auto fixed = ctx.template make<int, Token, Choice>(extent<Token>(step.tokens), rule.chosen);
    for_rows(ctx.backend, extent<Token>(step.tokens), rule.chosen, [&](int first, int last) {
      std::vector<float> row(static_cast<std::size_t>(rule.chosen));
      for (int t = first; t < last; ++t) {
        read_row(by_token.storage, step.tokens[t], rule.chosen, row.data());
        for (int i = 0; i < rule.chosen; ++i) fixed[t][i] = static_cast<int>(row[static_cast<std::size_t>(i)]);
      }
    });
    return fixed;
  }

  void each_part(auto&& part) {
    part("weight", weight);
    part("bias", bias);
    part("correction", correction);
    part("by_token", by_token);
  }
};

}  // namespace etalon
