#pragma once
// Mixtral: a mixture of experts at its plainest, the page to read first.
//
//   grouped-query attention, with a sliding window where one is configured; in every layer k of E experts, chosen by a
//   softmax over all and weighed by it, the weights of the chosen made to sum to 1        Jiang et al. 2024, section 2
//
// Left out: training.
#include <etalon/families/grouped_attention.hpp>
#include <etalon/families/parts.hpp>

namespace etalon::mixtral {

// --- parts -----------------------------------------------------------------------------------------------------------
using Ffn = Moe<GatedMlp<SwiGlu>>;
using Model = PredictingModel<Layer<Gqa, Ffn>>;
inline constexpr NormOptions norm{.epsilon = 1e-5};

// --- sizes -----------------------------------------------------------------------------------------------------------
RoutingRule routing_of(const ConfigSource auto& config, int experts) {
  RoutingRule rule;
  rule.score = RouterScore::softmax;
  rule.chosen = config.integer("num_experts_per_tok", {1, experts});
  rule.epsilon = 0.0f;
  return rule;
}

Moe<> experts_of(const ConfigSource auto& config) {
  const int channels = channels_of(config), hidden = size_of(config, "intermediate_size");
  const int experts = expert_count(config);
  return moe_of(channels, experts, routing_of(config, experts), gated_mlp_of(channels, hidden));
}

Layer<Gqa, Ffn> layer_of(const ConfigSource auto& config) {
  Gqa attention = gqa_of(config, {.theta = 1e6});
  attention.window = config.integer("sliding_window", {1, 1 << 30}, 0);   // 0: all earlier positions are seen
  return {pre_norm_of(config, norm), pre_norm_of(config, norm), std::move(attention), experts_of(config)};
}

// --- the family ------------------------------------------------------------------------------------------------------
struct Family {
  static constexpr bool tied_by_default = false;
  static Model build(const ConfigSource auto& config, const CheckpointFacts& facts) {
    require_text(config, "hidden_act", "silu");
    return model_of<Layer<Gqa, Ffn>>(config, facts, norm, [&](int) { return layer_of(config); });
  }
  static std::vector<Source> sources(std::string_view path, int) {
    return sources_of({sparse_block_names, usual_names}, path);
  }
  static bool ignored(std::string_view) { return false; }
};

}  // namespace etalon::mixtral
