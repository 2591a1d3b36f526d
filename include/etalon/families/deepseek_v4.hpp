#pragma once
// DeepSeek-V4: Flash and Pro, as published (FP4 experts, FP8 matrices, power-of-two scales) or in bf16.
//
//   several residual streams (hyper-connections); attention over a window and over compressed entries of all before it,
//   in three kinds of layers; experts chosen by sqrt(softplus) scores and a correction bias, in the first layers by a
//   table of token ids; clamped SwiGLU                      DeepSeek-AI 2026, DeepSeek-V4; transformers, deepseek_v4
//
// Every norm uses rms_norm_eps. Left out: the modules that predict further tokens (mtp.*), the rounding of activations
// in the vendor's kernels, training.
#include <etalon/families/compressed_attention.hpp>
#include <etalon/layers/hyper_connections.hpp>

namespace etalon::deepseek_v4 {

// --- parts -----------------------------------------------------------------------------------------------------------
using Ffn = Moe<GatedMlp<ClampedSwiGlu>>;
using LayerKind = Layer<CompressedAttention, Ffn, HyperConnections>;
using Model = PredictingModel<LayerKind, HyperStreams>;
inline constexpr NormOptions norm{.epsilon = 1e-6};

// --- sizes -----------------------------------------------------------------------------------------------------------
// Does layer i read its choice from the table of token ids?
bool is_hashed(const ConfigSource auto& config, int i) {
  const auto types = config.texts("mlp_layer_types", {});
  if (types.empty()) return i < config.integer("num_hash_layers", {0, 1024}, 3);
  if (static_cast<std::size_t>(i) >= types.size() || (types[i] != "hash_moe" && types[i] != "moe"))
    throw config.unsupported("mlp_layer_types", "\"hash_moe\" or \"moe\" for each layer");
  return types[i] == "hash_moe";
}

Ffn experts_of(const ConfigSource auto& config, bool hashed) {
  const int channels = channels_of(config), experts = expert_count(config);
  RoutingRule rule;
  rule.score = RouterScore::sqrt_softplus;
  rule.chosen = config.integer("num_experts_per_tok", {1, experts});
  rule.scale = static_cast<float>(config.number("routed_scaling_factor", {1e-6, 1e6}, 1.5));
  auto expert = gated_mlp_of<ClampedSwiGlu>(channels, size_of(config, "moe_intermediate_size"));
  expert.activation.limit = static_cast<float>(config.number("swiglu_limit", {1e-6, 1e6}, 10.0));
  Ffn moe = moe_of(channels, experts, rule, expert);
  if (hashed) moe.router.by_token = {{size_of(config, "vocab_size"), rule.chosen}, {}, experts};
  else moe.router.correction = {{experts}, {}};
  config.integer("n_shared_experts", {1, 1}, 1);
  moe.shared = expert;
  return moe;
}

Model build(const ConfigSource auto& config, const CheckpointFacts& facts) {
  require_text(config, "hidden_act", "silu");
  require_text(config, "scoring_func", "sqrtsoftplus");
  require_text(config, "topk_method", "noaux_tc");
  MixingRule rule{config.integer("hc_mult", {1, max_streams}, 4), config.integer("hc_sinkhorn_iters", {1, 1000}, 20)};
  rule.epsilon = static_cast<float>(config.number("hc_eps", {0, 1}, 1e-6));
  const RmsNorm<Channel> channel_norm = norm_of<Channel>(config, channels_of(config), norm);
  rule.norm_epsilon = channel_norm.epsilon;
  const HyperConnections residual = hyper_connections_of(channel_norm, rule);
  Model model = model_of<LayerKind, HyperStreams>(config, facts, norm, [&](int i) -> LayerKind {
    return {residual, residual, compressed_attention_of(config, compression_of(config, i), norm),
            experts_of(config, is_hashed(config, i))};
  });
  model.decoder.streams = hyper_streams_of(channels_of(config), rule);
  return model;
}

// --- names -----------------------------------------------------------------------------------------------------------
inline constexpr Name names[] = {
    {"embedding", "embed.weight"},
    {"norm", "norm"},
    {"unembedding", "head.weight"},
    {"streams.mix", "hc_head_fn"},
    {"streams.base", "hc_head_base"},
    {"streams.scale", "hc_head_scale"},
    {"layers.*.attn_residual.norm", "layers.*.attn_norm"},
    {"layers.*.attn_residual.mix", "layers.*.hc_attn_fn"},
    {"layers.*.attn_residual.base", "layers.*.hc_attn_base"},
    {"layers.*.attn_residual.scale", "layers.*.hc_attn_scale"},
    {"layers.*.ffn_residual.norm", "layers.*.ffn_norm"},
    {"layers.*.ffn_residual.mix", "layers.*.hc_ffn_fn"},
    {"layers.*.ffn_residual.base", "layers.*.hc_ffn_base"},
    {"layers.*.ffn_residual.scale", "layers.*.hc_ffn_scale"},
    {"layers.*.ffn.router.weight", "layers.*.ffn.gate.weight"},
    {"layers.*.ffn.router.correction", "layers.*.ffn.gate.bias"},
    {"layers.*.ffn.router.by_token", "layers.*.ffn.gate.tid2eid"},
    {"layers.*.ffn.experts.*.gate", "layers.*.ffn.experts.*.w1"},
    {"layers.*.ffn.experts.*.up", "layers.*.ffn.experts.*.w3"},
    {"layers.*.ffn.experts.*.down", "layers.*.ffn.experts.*.w2"},
    {"layers.*.ffn.shared.gate", "layers.*.ffn.shared_experts.w1"},
    {"layers.*.ffn.shared.up", "layers.*.ffn.shared_experts.w3"},
    {"layers.*.ffn.shared.down", "layers.*.ffn.shared_experts.w2"},
};

struct Family {
  static constexpr bool tied_by_default = false;
  static auto build(const auto& config, const CheckpointFacts& facts) { return deepseek_v4::build(config, facts); }
  static std::vector<Source> sources(std::string_view path, int) {
    return sources_of({compressed_attention_names, names}, path);
  }
  static bool ignored(std::string_view name) { return name.starts_with("mtp."); }
};

}  // namespace etalon::deepseek_v4
