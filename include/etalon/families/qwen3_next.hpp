#pragma once
// Qwen3-Next.
//
//   of four layers three are Gated DeltaNet, linear attention with a memory of fixed size, and one is grouped-query
//   attention with an output gate and rotary position in a quarter of each head; k of E experts by softmax, and a
//   shared expert behind a gate; norms store their distance from 1       Qwen Team 2025, "Qwen3-Next"; Yang et al. 2025
//
// The prediction module (mtp.*) is not built. Left out: training.
#include <etalon/families/grouped_attention.hpp>
#include <etalon/families/parts.hpp>
#include <etalon/layers/gated_delta_net.hpp>

namespace etalon::qwen3_next {

// --- parts -----------------------------------------------------------------------------------------------------------
using Attention = OneOfMixers<GatedDeltaNet, Gqa>;
using Ffn = OneOf<GatedMlp<SwiGlu>, Moe<GatedMlp<SwiGlu>>>;
using Model = PredictingModel<Layer<Attention, Ffn>>;
inline constexpr NormOptions norm{.epsilon = 1e-6, .zero_centred = true};
inline constexpr NormOptions memory_norm{.epsilon = 1e-6};

// --- sizes -----------------------------------------------------------------------------------------------------------
GatedDeltaNet delta_net_of(const ConfigSource auto& config) {
  const int channels = channels_of(config);
  const DeltaSizes size{config.integer("linear_num_key_heads", {1, 4096}, 16),
                        config.integer("linear_num_value_heads", {1, 4096}, 32),
                        config.integer("linear_key_head_dim", {1, 8192}, 128),
                        config.integer("linear_value_head_dim", {1, 8192}, 128),
                        config.integer("linear_conv_kernel_dim", {1, 64}, 4)};
  if (size.value_heads % size.key_heads != 0)
    throw config.unsupported("linear_num_value_heads", "a multiple of linear_num_key_heads");
  return {size,
          {GroupedDeltaProjection{{{{size.mixed() + size.values(), channels}, {}}, {}},
                                  {{{2 * size.value_heads, channels}, {}}, {}}}},
          {{size.mixed(), size.taps}, {}}, {{size.value_heads}, {}}, {{size.value_heads}, {}},
          norm_of<ValueDim>(config, size.value_dim, memory_norm),
          linear_of<Channel, Joined<ValueHead, ValueDim>>(channels, size.values())};
}

RoutingRule routing_of(const ConfigSource auto& config, int experts) {
  RoutingRule rule;
  rule.score = RouterScore::softmax;
  rule.chosen = config.integer("num_experts_per_tok", {1, experts});
  rule.renormalise = config.boolean("norm_topk_prob", true);
  rule.epsilon = 0.0f;
  return rule;
}

Moe<> experts_of(const ConfigSource auto& config) {
  const int channels = channels_of(config), hidden = size_of(config, "moe_intermediate_size");
  const int experts = expert_count(config);
  Moe<> moe = moe_of(channels, experts, routing_of(config, experts), gated_mlp_of(channels, hidden));
  moe.shared = gated_mlp_of(channels, size_of(config, "shared_expert_intermediate_size"));
  moe.shared_gate = linear_of<One, Channel>(1, channels);
  return moe;
}

// Experts in every decoder_sparse_step-th layer, but for those that mlp_only_layers lists.
bool has_experts(const ConfigSource auto& config, int i) {
  const std::vector<int> dense = config.integers("mlp_only_layers", {0, 1024}, {});
  return (i + 1) % config.integer("decoder_sparse_step", {1, 1024}, 1) == 0 &&
         std::find(dense.begin(), dense.end(), i) == dense.end();
}

Layer<Attention, Ffn> layer_of(const ConfigSource auto& config, const std::string& type, int i) {
  Attention attention{delta_net_of(config)};
  const bool bias = config.boolean("attention_bias", false);
  const GqaOptions options{.partial = 0.25, .bias = bias, .out_bias = bias, .head_norm = norm, .gated = true};
  if (type == "full_attention") attention.kind = gqa_of(config, options);
  Ffn ffn{gated_mlp_of(channels_of(config), size_of(config, "intermediate_size"))};
  if (has_experts(config, i)) ffn.kind = experts_of(config);
  return {pre_norm_of(config, norm), pre_norm_of(config, norm), std::move(attention), std::move(ffn)};
}

// --- the family ------------------------------------------------------------------------------------------------------
inline constexpr Name names[] = {
    {"layers.*.attn.qkvz", "model.layers.*.linear_attn.in_proj_qkvz"},
    {"layers.*.attn.ba", "model.layers.*.linear_attn.in_proj_ba"},
    {"layers.*.attn.convolution", "model.layers.*.linear_attn.conv1d.weight"},
    {"layers.*.attn.log_rate", "model.layers.*.linear_attn.A_log"},
    {"layers.*.attn.rate_bias", "model.layers.*.linear_attn.dt_bias"},
    {"layers.*.attn.norm", "model.layers.*.linear_attn.norm"},
    {"layers.*.attn.out", "model.layers.*.linear_attn.out_proj"},
    {"layers.*.attn.out", "model.layers.*.self_attn.o_proj"},
    {"layers.*.ffn.shared.gate", "model.layers.*.mlp.shared_expert.gate_proj"},
    {"layers.*.ffn.shared.up", "model.layers.*.mlp.shared_expert.up_proj"},
    {"layers.*.ffn.shared.down", "model.layers.*.mlp.shared_expert.down_proj"},
    {"layers.*.ffn.shared_gate", "model.layers.*.mlp.shared_expert_gate"},
};

struct Family {
  static constexpr bool tied_by_default = false;
  static Model build(const ConfigSource auto& config, const CheckpointFacts& facts) {
    require_text(config, "hidden_act", "silu");
    const int interval = config.integer("full_attention_interval", {1, 1024}, 4);
    const auto types = layer_types(config, layers_of(config), {"linear_attention", "full_attention"}, [&](int i) {
      return (i + 1) % interval == 0 ? "full_attention" : "linear_attention";
    });
    return model_of<Layer<Attention, Ffn>>(config, facts, norm, [&](int i) {
      return layer_of(config, types[static_cast<std::size_t>(i)], i);
    });
  }
  static std::vector<Source> sources(std::string_view path, int) { return sources_of({names, usual_names}, path); }
  static bool ignored(std::string_view tensor) { return tensor.starts_with("mtp."); }
};

}  // namespace etalon::qwen3_next
