#pragma once
// gpt-oss: 20b and 120b.
//
//   grouped-query attention with biases, a sink in each head and YaRN, every other layer within a sliding window; in
//   every layer k of E experts, chosen by their logits and weighed by the softmax over the chosen; experts with biases,
//   (up + 1) gate sigmoid(alpha gate), both halves bounded               OpenAI 2025, gpt-oss model card, section 2
//
// Experts are stored fused, gate and up in alternation: as 4-bit blocks (*_blocks, *_scales), or plain as (in, out).
// Left out: training.
#include <etalon/families/grouped_attention.hpp>
#include <etalon/families/parts.hpp>

namespace etalon::gpt_oss {

// --- parts -----------------------------------------------------------------------------------------------------------
using Ffn = Moe<GatedMlp<ShiftedSwiGlu>>;
using Model = PredictingModel<Layer<Gqa, Ffn>>;
inline constexpr NormOptions norm{.epsilon = 1e-5};

// --- sizes -----------------------------------------------------------------------------------------------------------
RoutingRule routing_of(const ConfigSource auto& config, int experts) {
  RoutingRule rule;
  rule.score = RouterScore::logit;
  rule.chosen = config.integer({"num_experts_per_tok", "experts_per_token"}, {1, experts});
  return rule;
}

Ffn experts_of(const ConfigSource auto& config) {
  const int channels = channels_of(config), hidden = size_of(config, "intermediate_size");
  const int experts = expert_count(config);
  const ShiftedSwiGlu activation{static_cast<float>(config.number("swiglu_alpha", {1e-6, 1e6}, 1.702)),
                                 static_cast<float>(config.number("swiglu_limit", {1e-6, 1e6}, 7.0))};
  Ffn moe = moe_of(channels, experts, routing_of(config, experts),
                   gated_mlp_of<ShiftedSwiGlu>(channels, hidden, {.activation = activation, .bias = true}));
  moe.router.bias = {{experts}, {}};
  return moe;
}

Layer<Gqa, Ffn> layer_of(const ConfigSource auto& config, const std::string& type) {
  const bool bias = config.boolean("attention_bias", true);
  Gqa attention = gqa_of(config, {.theta = 150000.0, .bias = bias, .out_bias = bias});
  attention.sinks = {{attention.sizes.heads}, {}};
  if (type == "sliding_attention") attention.window = config.integer("sliding_window", {1, 1 << 30}, 128);
  return {pre_norm_of(config, norm), pre_norm_of(config, norm), std::move(attention), experts_of(config)};
}

// --- the family ------------------------------------------------------------------------------------------------------
inline constexpr Name names[] = {
    {"layers.*.ffn.router", "model.layers.*.mlp.router"},
    {"layers.*.ffn.experts.*.gate.weight", "model.layers.*.mlp.experts.gate_up_proj",
     {.of_expert = true, .first = 0, .step = 2, .transposed = true}},
    {"layers.*.ffn.experts.*.up.weight", "model.layers.*.mlp.experts.gate_up_proj",
     {.of_expert = true, .first = 1, .step = 2, .transposed = true}},
    {"layers.*.ffn.experts.*.down.weight", "model.layers.*.mlp.experts.down_proj",
     {.of_expert = true, .transposed = true}},
    {"layers.*.ffn.experts.*.gate.bias", "model.layers.*.mlp.experts.gate_up_proj_bias",
     {.of_expert = true, .first = 0, .step = 2}},
    {"layers.*.ffn.experts.*.up.bias", "model.layers.*.mlp.experts.gate_up_proj_bias",
     {.of_expert = true, .first = 1, .step = 2}},
    {"layers.*.ffn.experts.*.down.bias", "model.layers.*.mlp.experts.down_proj_bias", {.of_expert = true}},
};

struct Family {
  static constexpr bool tied_by_default = false;
  static Model build(const ConfigSource auto& config, const CheckpointFacts& facts) {
    require_text(config, "hidden_act", "silu");
    const auto types = layer_types(config, layers_of(config), {"sliding_attention", "full_attention"},
                                   [](int i) { return i % 2 == 0 ? "sliding_attention" : "full_attention"; });
    return model_of<Layer<Gqa, Ffn>>(config, facts, norm, [&](int i) {
      return layer_of(config, types[static_cast<std::size_t>(i)]);
    });
  }
  static std::vector<Source> sources(std::string_view path, int) { return sources_of({names, usual_names}, path); }
  static bool ignored(std::string_view) { return false; }
};

}  // namespace etalon::gpt_oss
