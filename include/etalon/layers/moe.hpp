#pragma once
// Mixture of experts: each token is seen by the k experts its router chose, and by the shared expert if there is one.
//
//   y = sum over chosen e, ascending, of w_e E_e(x)  +  E_shared(x)
//   some families let a gate weigh the shared expert: + sigmoid(w . x) E_shared(x)
//
// Shazeer et al. 2017; fine-grained and shared experts: Dai et al. 2024 (DeepSeekMoE), section 3. The tokens of one
// expert are computed together, so its weights are read once; one token's experts are computed side by side, so that
// threads have enough to share. The order of combination (docs/arithmetic.md, R6) makes both invisible in the result.
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

// The experts of a step's only token, in ascending order as routes have them, and what each counts.
struct Chosen {
  int expert;
  float weight;
};

inline std::vector<Chosen> chosen_by(const Reference&, const Routes& routes) {
  std::vector<Chosen> chosen;
  for (int i = 0; i < extent<Choice>(routes.choice); ++i)
    chosen.push_back({routes.choice[0][i], routes.weight[0][i]});
  return chosen;
}
// To plan for: as many as there will be, whichever.
inline std::vector<Chosen> chosen_by(const Planner&, const Routes& routes) {
  return std::vector<Chosen>(static_cast<std::size_t>(extent<Choice>(routes.choice)), {0, 0.0f});
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
    const Routes routes = router(ctx, step, x);
    if constexpr (requires { outputs_of(ctx, std::vector<const Expert*>{}, x); }) {
      if (extent<Token>(x) == 1) return add_side_by_side(ctx, routes, x, y), y;
    }
    add_expert_by_expert(ctx, step, routes, x, y);
    if (shared) add_shared(ctx, x, (*shared)(ctx, step, x), y);
    return y;
  }

  void each_part(auto&& part) {
    part("router", router);
    part("experts", experts);
    if (shared) part("shared", *shared);
    if (shared_gate) part("shared_gate", *shared_gate);
  }

 private:
  void add_expert_by_expert(const auto& ctx, const Step& step, const Routes& routes,
                            View<const float, Token, Channel> x, View<float, Token, Channel> y) const {
    const auto assigned = assign(ctx.backend, routes, static_cast<int>(experts.size()));
    for (std::size_t e = 0; e < experts.size(); ++e) {
      const Assigned& to = assigned[e];
      if (to.tokens.empty()) continue;
      const Arena::Scope expert_scope(ctx.arena);
      auto some = gather(ctx, x, to.tokens);                                    // (Token, Channel)
      scatter_add(ctx, y, to.tokens, to.weights, experts[e](ctx, step, some));
    }
  }

  // One token.
  void add_side_by_side(const auto& ctx, const Routes& routes, View<const float, Token, Channel> x,
                        View<float, Token, Channel> y) const {
    const std::vector<Chosen> chosen = chosen_by(ctx.backend, routes);
    std::vector<const Expert*> networks;
    for (const Chosen& one : chosen) networks.push_back(&experts[static_cast<std::size_t>(one.expert)]);
    if (shared) networks.push_back(&*shared);
    const auto outputs = outputs_of(ctx, networks, x);                          // (Token, Channel) each
    for (std::size_t i = 0; i < chosen.size(); ++i) scatter_add(ctx, y, {0}, {chosen[i].weight}, outputs[i]);
    if (shared) add_shared(ctx, x, outputs.back(), y);
  }

  void add_shared(const auto& ctx, View<const float, Token, Channel> x, View<const float, Token, Channel> output,
                  View<float, Token, Channel> y) const {
    if (shared_gate) add_gated(ctx, y, linear(ctx, *shared_gate, x), output);
    else add(ctx, y, output);
  }
};

}  // namespace etalon
