#pragma once
// Latent attention (layers/mla.hpp) from the fields and names that DeepSeek-V2 introduced and many families share.
#include <etalon/families/parts.hpp>
#include <etalon/layers/mla.hpp>

namespace etalon {

// latent_epsilon: of the norms of both latents. Published code leaves it at 1e-6 whatever rms_norm_eps says.
Mla mla_of(const ConfigSource auto& config, float latent_epsilon = 1e-6f) {
  const int channels = channels_of(config);
  const MlaSizes size{config.integer("num_attention_heads", {1, 4096}), config.integer("qk_nope_head_dim", {1, 8192}),
                      config.integer("qk_rope_head_dim", {2, 8192}), config.integer("v_head_dim", {1, 8192}),
                      config.integer("kv_lora_rank", {1, 1 << 16})};
  const bool bias = config.boolean("attention_bias", false);
  const RopeScaling scaling = rope_scaling(config, 10000.0);
  const RopePairs pairs = config.boolean("rope_interleave", true) ? RopePairs::neighbours : RopePairs::halves;
  const int queries = size.heads * (size.nope + size.rope), expanded = size.heads * (size.nope + size.value);
  const auto rank = config.optional_integer("q_lora_rank", {1, 1 << 16});
  OneOf<LowRankQuery, DirectQuery> query{DirectQuery{linear_of<Joined<Head, HeadDim>, Channel>(queries, channels)}};
  if (rank)
    query.kind = LowRankQuery{linear_of<QueryLatent, Channel>(*rank, channels, bias),
                              rms_norm_of<QueryLatent>(*rank, latent_epsilon),
                              linear_of<Joined<Head, HeadDim>, QueryLatent>(queries, *rank)};
  return {size, query, linear_of<CompressedKv, Channel>(size.latent + size.rope, channels, bias),
          rms_norm_of<KvLatent>(size.latent, latent_epsilon),
          linear_of<Joined<Head, Concat<NopeDim, ValueDim>>, KvLatent>(expanded, size.latent),
          linear_of<Channel, Joined<Head, ValueDim>>(channels, size.heads * size.value, bias),
          rope_of(scaling, size.rope, pairs), mla_scale(size, scaling)};
}

inline constexpr Name latent_attention_names[] = {
    {"layers.*.attn.q_down", "model.layers.*.self_attn.q_a_proj"},
    {"layers.*.attn.q_norm", "model.layers.*.self_attn.q_a_layernorm"},
    {"layers.*.attn.q_up", "model.layers.*.self_attn.q_b_proj"},
    {"layers.*.attn.kv_down", "model.layers.*.self_attn.kv_a_proj_with_mqa"},
    {"layers.*.attn.kv_norm", "model.layers.*.self_attn.kv_a_layernorm"},
    {"layers.*.attn.kv_up", "model.layers.*.self_attn.kv_b_proj"},
};

}  // namespace etalon
