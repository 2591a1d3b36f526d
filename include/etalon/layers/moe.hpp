#pragma once
// Mixture of experts: each token is seen by the k experts its router chose, and by the shared expert if there is one.
//
//   y = sum over chosen e, ascending, of w_e E_e(x)  +  E_shared(x)
//   some families let a gate weigh the shared expert: + sigmoid(w . x) E_shared(x)
//
// Shazeer et al. 2017; fine-grained and shared experts: Dai et al. 2024 (DeepSeekMoE), section 3. The tokens of one
// expert are computed together, so its weights are read once; the order of combination (docs/arithmetic.md, R6) makes
// that invisible in the result.
#include <vector>

#include <etalon/layers/gated_mlp.hpp>
#include <etalon/layers/router.hpp>
#include <etalon/ops/planner.hpp>

namespace etalon {

// Which tokens an expert sees, and with what weight each.
struct Assigned {
  std::vector<int> tokens;
  std::vector<float> weights;
};

inline std::vector<Assigned> assign(const Reference&, const Routes& routes, int experts) {
  std::vector<Assigned> assigned(static_cast<std::size_t>(experts));
  for (int t = 0; t < extent<Token>(routes.choice); ++t)
    for (int i = 0; i < extent<Choice>(routes.choice); ++i) {
      Assigned& to = assigned[static_cast<std::size_t>(routes.choice[t][i])];
      to.tokens.push_back(t);
      to.weights.push_back(routes.weight[t][i]);
    }
  return assigned;
}
// To plan for: every expert is chosen as often as any other.
inline std::vector<Assigned> assign(const Planner&, const Routes& routes, int experts) {
  const auto all = static_cast<std::size_t>(experts), some = (routes.choice.size() + all - 1) / all;
  return std::vector<Assigned>(all, {std::vector<int>(some), std::vector<float>(some)});
}

template <class Expert = GatedMlp<>> struct Moe {
  Router router;
  std::vector<Expert> experts;
  std::optional<Expert> shared;
  std::optional<Linear<One, Channel>> shared_gate{};

  // x (Token, Channel) -> the same shape.
  View<float, Token, Channel> operator()(const auto& ctx, const Step& step, View<const float, Token, Channel> x) const {
    auto y = zeros<Token, Channel>(ctx, extent<Token>(x), extent<Channel>(x));  // (Token, Channel)
    const Arena::Scope scope(ctx.arena);
    const auto assigned = assign(ctx.backend, router(ctx, step, x), static_cast<int>(experts.size()));
    for (std::size_t e = 0; e < experts.size(); ++e) {
      const Assigned& to = assigned[e];
      if (to.tokens.empty()) continue;
      const Arena::Scope expert_scope(ctx.arena);
      auto some = gather(ctx, x, to.tokens);                                    // (Token, Channel)
      scatter_add(ctx, y, to.tokens, to.weights, experts[e](ctx, step, some));
    }
    if (shared && shared_gate) add_gated(ctx, y, linear(ctx, *shared_gate, x), (*shared)(ctx, step, x));
    else if (shared) add(ctx, y, (*shared)(ctx, step, x));
    return y;
  }

  void each_part(auto&& part) {
    part("router", router);
    part("experts", experts);
    if (shared) part("shared", *shared);
    if (shared_gate) part("shared_gate", *shared_gate);
  }
};

}  // namespace etalon
