#pragma once
// Mixture of experts: each token is seen by the k experts its router chose, and by the shared expert if there is one.
//
//   y = sum over chosen e, ascending, of w_e E_e(x)  +  E_shared(x)
//   some families let a gate weigh the shared expert: + sigmoid(w . x) E_shared(x)
//
// Shazeer et al. 2017; fine-grained and shared experts: Dai et al. 2024 (DeepSeekMoE), section 3. The tokens of one
// expert are computed together, so its weights are read once; small experts are computed side by side, so that threads
// have enough to share. The order of combination (docs/arithmetic.md, R6) makes both invisible in the result.
#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <etalon/layers/gated_mlp.hpp>
#include <etalon/layers/router.hpp>
#include <etalon/ops/planner.hpp>

namespace etalon {

// Which tokens an expert sees, and with what weight each.
struct Assigned {
  std::size_t expert;
  std::vector<int> tokens;
  std::vector<float> weights;
};

// Those experts that are chosen by a token, in ascending order.
inline std::vector<Assigned> assign(const Reference&, const Routes& routes, int experts) {
  std::vector<Assigned> assigned(static_cast<std::size_t>(experts));
  for (std::size_t e = 0; e < assigned.size(); ++e) assigned[e].expert = e;
  for (int t = 0; t < extent<Token>(routes.choice); ++t)
    for (int i = 0; i < extent<Choice>(routes.choice); ++i) {
      Assigned& to = assigned[static_cast<std::size_t>(routes.choice[t][i])];
      to.tokens.push_back(t);
      to.weights.push_back(routes.weight[t][i]);
    }
  std::vector<Assigned> chosen;
  for (Assigned& to : assigned)
    if (!to.tokens.empty()) chosen.push_back(std::move(to));
  return chosen;
}
// To plan for: every expert is chosen as often as any other, or some of them once.
inline std::vector<Assigned> assign(const Planner&, const Routes& routes, int experts) {
  const std::size_t choices = routes.choice.size();
  if (choices == 0) return {};
  const std::size_t chosen = std::min(static_cast<std::size_t>(experts), choices);
  const std::size_t some = (choices + chosen - 1) / chosen;
  return std::vector<Assigned>(chosen, {0, std::vector<int>(some), std::vector<float>(some)});
}

// How many of the experts can be computed together: the first, and others as long as they see at most `most` tokens.
inline std::size_t batch_size(std::span<const Assigned> assigned, std::size_t most) {
  std::size_t count = 0, tokens = 0;
  do tokens += assigned[count++].tokens.size();
  while (count < assigned.size() && tokens + assigned[count].tokens.size() <= most);
  return count;
}

// E(x) of several experts of a kind that has no faster way: one by one.
template <class Expert>
std::vector<View<float, Token, Channel>> outputs_of(const auto& ctx, const Step& step,
                                                    const std::vector<NetworkInput<Expert>>& inputs) {
  std::vector<View<float, Token, Channel>> outputs;
  for (const auto& [expert, x] : inputs) outputs.push_back((*expert)(ctx, step, x));   // (Token, Channel)
  return outputs;
}

template <class Expert = GatedMlp<>> struct Moe {
  Router router;
  std::vector<Expert> experts;
  Expert shared{};
  Linear<One, Channel> shared_gate{};

  // x (Token, Channel) -> the same shape.
  View<float, Token, Channel> operator()(const auto& ctx, const Step& step, View<const float, Token, Channel> x) const {
    auto y = zeros<Token, Channel>(ctx, extent<Token>(x), extent<Channel>(x));  // (Token, Channel)
    const Arena::Scope scope(ctx.arena);
    const Routes routes = router(ctx, step, x);
    const auto assigned = assign(ctx.backend, routes, static_cast<int>(experts.size()));
    if (extent<Token>(x) == 1) return add_side_by_side(ctx, step, assigned, x, y), y;
    add_in_batches(ctx, step, assigned, x, y);
    if (shared) add_shared(ctx, x, shared(ctx, step, x), y);
    return y;
  }

  void each_part(auto&& part) {
    part("router", router);
    part("experts", experts);
    part("shared", shared);
    part("shared_gate", shared_gate);
  }

 private:
  using Input = NetworkInput<Expert>;

  void add_in_batches(const auto& ctx, const Step& step, std::span<const Assigned> left,
                      View<const float, Token, Channel> x, View<float, Token, Channel> y) const {
    const auto most = static_cast<std::size_t>(std::min(tokens_together(ctx.backend), extent<Token>(x)));
    while (!left.empty()) {
      const std::size_t count = batch_size(left, most);
      add_batch(ctx, step, left.first(count), x, y);
      left = left.subspan(count);
    }
  }

  void add_batch(const auto& ctx, const Step& step, std::span<const Assigned> batch,
                 View<const float, Token, Channel> x, View<float, Token, Channel> y) const {
    std::vector<int> tokens;
    for (const Assigned& to : batch) tokens.insert(tokens.end(), to.tokens.begin(), to.tokens.end());
    const Arena::Scope scope(ctx.arena);
    auto some = gather(ctx, x, tokens);                                         // (Token, Channel), expert by expert
    std::vector<Input> inputs;
    int row = 0;
    for (const Assigned& to : batch) {
      const int count = static_cast<int>(to.tokens.size());
      inputs.push_back({&experts[to.expert], some.rows(row, count)});
      row += count;
    }
    const auto outputs = outputs_of(ctx, step, inputs);                         // (Token, Channel) each
    for (std::size_t i = 0; i < batch.size(); ++i)
      scatter_add(ctx, y, batch[i].tokens, batch[i].weights, outputs[i]);
  }

  // One token: all its experts and the shared one.
  void add_side_by_side(const auto& ctx, const Step& step, std::span<const Assigned> chosen,
                        View<const float, Token, Channel> x, View<float, Token, Channel> y) const {
    std::vector<Input> inputs;
    for (const Assigned& one : chosen) inputs.push_back({&experts[one.expert], x});
    if (shared) inputs.push_back({&shared, x});
    const auto outputs = outputs_of(ctx, step, inputs);                         // (Token, Channel) each
    for (std::size_t i = 0; i < chosen.size(); ++i) scatter_add(ctx, y, {0}, chosen[i].weights, outputs[i]);
    if (shared) add_shared(ctx, x, outputs.back(), y);
  }

  void add_shared(const auto& ctx, View<const float, Token, Channel> x, View<const float, Token, Channel> output,
                  View<float, Token, Channel> y) const {
    if (shared_gate) add_gated(ctx, y, linear(ctx, shared_gate, x), output);
    else add(ctx, y, output);
  }
};

}  // namespace etalon
