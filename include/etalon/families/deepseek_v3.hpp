#pragma once
// DeepSeek-V3, and what is a configuration of it: R1, V3.1, Kimi-K2, Moonlight.
//
//   latent attention with YaRN; first layers dense, the others experts chosen by sigmoid scores, a correction bias and
//   groups, with a shared expert; modules that predict further tokens         DeepSeek-AI 2024, V3 report, section 2
//
// The norms of the latents use epsilon 1e-6 whatever rms_norm_eps says, as published code does.
// Left out: training.
#include <etalon/families/latent_attention.hpp>
#include <etalon/families/parts.hpp>

namespace etalon::deepseek_v3 {

// --- parts -----------------------------------------------------------------------------------------------------------
using Ffn = OneOf<GatedMlp<SwiGlu>, Moe<GatedMlp<SwiGlu>>>;   // first layers dense
template <Mixer Attention> using Model = PredictingModel<Layer<Attention, Ffn>>;
inline constexpr NormOptions norm{.epsilon = 1e-6};

// --- sizes -----------------------------------------------------------------------------------------------------------
RoutingRule routing_of(const ConfigSource auto& config, int experts) {
  RoutingRule rule;
  rule.score = RouterScore::sigmoid;
  rule.chosen = config.integer("num_experts_per_tok", {1, experts});
  rule.groups = 8, rule.kept_groups = 4;   // where none are given
  read_groups(config, experts, rule);
  rule.renormalise = config.boolean("norm_topk_prob", true);
  rule.scale = static_cast<float>(config.number("routed_scaling_factor", {1e-6, 1e6}, 2.5));
  return rule;
}

Moe<> experts_of(const ConfigSource auto& config) {
  const int channels = channels_of(config), hidden = size_of(config, "moe_intermediate_size");
  const int experts = expert_count(config);
  const int shared = config.integer("n_shared_experts", {0, 64}, 1);
  Moe<> moe = moe_of(channels, experts, routing_of(config, experts), gated_mlp_of(channels, hidden));
  moe.router.correction = {{experts}, {}};
  if (shared > 0) moe.shared = gated_mlp_of(channels, shared * hidden);
  return moe;
}

template <Mixer Attention> Layer<Attention, Ffn> layer_of(const ConfigSource auto& config, int i) {
  Ffn ffn{gated_mlp_of(channels_of(config), size_of(config, "intermediate_size"))};
  if (i >= config.integer("first_k_dense_replace", {0, 1024}, 3)) ffn.kind = experts_of(config);
  return {pre_norm_of(config, norm), pre_norm_of(config, norm), Attention{mla_of(config)}, std::move(ffn)};
}

// --- the family ------------------------------------------------------------------------------------------------------
// Attention is Mla, AbsorbedMla or EitherMla: the same weights, two ways to compute.
template <Mixer Attention = Mla> struct Family {
  static constexpr bool tied_by_default = false;
  static Model<Attention> build(const ConfigSource auto& config, const CheckpointFacts& facts) {
    require_text(config, "hidden_act", "silu");
    require_text(config, "scoring_func", "sigmoid");
    require_text(config, "topk_method", "noaux_tc");
    const auto layer = [&](int i) { return layer_of<Attention>(config, i); };
    auto model = model_of<Layer<Attention, Ffn>>(config, facts, norm, layer);
    add_predictions(model, config, facts, layer);
    return model;
  }
  static std::vector<Source> sources(std::string_view path, int layers) {
    return sources_of({latent_attention_names, usual_names}, stacked_path(path, layers));
  }
  static bool ignored(std::string_view) { return false; }
};

}  // namespace etalon::deepseek_v3
