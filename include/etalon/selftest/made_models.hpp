#pragma once
// Tiny models of the five families, stated in code: the configurations of the self-test.
//
// Sizes are chosen to be awkward: widths that no vector divides, a last block of columns that is not full, windows and
// compressed groups shorter than the prompt, a rotary ramp inside the head.
#include <string>
#include <vector>

#include <etalon/families/deepseek_v3.hpp>
#include <etalon/families/deepseek_v4.hpp>
#include <etalon/families/gpt_oss.hpp>
#include <etalon/families/mixtral.hpp>
#include <etalon/families/qwen3_next.hpp>
#include <etalon/selftest/made_config.hpp>

namespace etalon {

using Texts = std::vector<std::string>;

inline MadeConfig made_mixtral() {
  return {{"vocab_size", 97.0}, {"hidden_size", 72.0}, {"num_hidden_layers", 2.0}, {"intermediate_size", 40.0},
          {"num_attention_heads", 3.0}, {"num_key_value_heads", 1.0}, {"head_dim", 20.0}, {"num_local_experts", 5.0},
          {"num_experts_per_tok", 2.0}, {"sliding_window", 11.0}, {"rms_norm_eps", 1e-3},
          {"rope_parameters.rope_theta", 1000.0}};
}

inline MadeConfig made_deepseek_v3() {
  return {{"vocab_size", 97.0}, {"hidden_size", 72.0}, {"num_hidden_layers", 3.0}, {"intermediate_size", 56.0},
          {"moe_intermediate_size", 40.0}, {"num_attention_heads", 3.0}, {"q_lora_rank", 28.0},
          {"kv_lora_rank", 36.0}, {"qk_nope_head_dim", 20.0}, {"qk_rope_head_dim", 12.0}, {"v_head_dim", 16.0},
          {"n_routed_experts", 8.0}, {"num_experts_per_tok", 3.0}, {"n_group", 4.0}, {"topk_group", 2.0},
          {"n_shared_experts", 1.0}, {"first_k_dense_replace", 1.0}, {"rms_norm_eps", 1e-3},
          {"rope_parameters.rope_type", "yarn"}, {"rope_parameters.rope_theta", 100.0},
          {"rope_parameters.factor", 4.0}, {"rope_parameters.beta_fast", 4.0}, {"rope_parameters.mscale", 1.0},
          {"rope_parameters.mscale_all_dim", 0.8}, {"rope_parameters.original_max_position_embeddings", 64.0}};
}

inline MadeConfig made_gpt_oss() {
  return {{"vocab_size", 97.0}, {"hidden_size", 72.0}, {"num_hidden_layers", 2.0}, {"intermediate_size", 40.0},
          {"num_attention_heads", 4.0}, {"num_key_value_heads", 2.0}, {"head_dim", 20.0}, {"num_local_experts", 6.0},
          {"num_experts_per_tok", 3.0}, {"sliding_window", 9.0}, {"rms_norm_eps", 1e-3}, {"swiglu_limit", 0.7},
          {"rope_parameters.rope_type", "yarn"}, {"rope_parameters.rope_theta", 100.0},
          {"rope_parameters.factor", 4.0}, {"rope_parameters.beta_fast", 4.0}, {"rope_parameters.truncate", false},
          {"rope_parameters.original_max_position_embeddings", 64.0}};
}

inline MadeConfig made_qwen3_next() {
  return {{"vocab_size", 97.0}, {"hidden_size", 72.0}, {"num_hidden_layers", 3.0}, {"intermediate_size", 56.0},
          {"moe_intermediate_size", 24.0}, {"shared_expert_intermediate_size", 40.0}, {"num_attention_heads", 4.0},
          {"num_key_value_heads", 2.0}, {"head_dim", 24.0}, {"num_experts", 6.0}, {"num_experts_per_tok", 3.0},
          {"linear_conv_kernel_dim", 4.0}, {"linear_key_head_dim", 12.0}, {"linear_num_key_heads", 2.0},
          {"linear_num_value_heads", 4.0}, {"linear_value_head_dim", 20.0}, {"rms_norm_eps", 1e-3},
          {"mlp_only_layers", std::vector<int>{1}},
          {"layer_types", Texts{"linear_attention", "linear_attention", "full_attention"}},
          {"rope_parameters.rope_theta", 1000.0}, {"rope_parameters.partial_rotary_factor", 0.25}};
}

inline MadeConfig made_deepseek_v4() {
  return {{"vocab_size", 97.0}, {"hidden_size", 40.0}, {"num_hidden_layers", 3.0}, {"moe_intermediate_size", 24.0},
          {"num_attention_heads", 4.0}, {"head_dim", 24.0}, {"q_lora_rank", 28.0}, {"o_groups", 2.0},
          {"o_lora_rank", 12.0}, {"qk_rope_head_dim", 12.0}, {"partial_rotary_factor", 0.5}, {"sliding_window", 10.0},
          {"index_n_heads", 3.0}, {"index_head_dim", 16.0}, {"index_topk", 3.0}, {"n_routed_experts", 6.0},
          {"num_experts_per_tok", 3.0}, {"hc_mult", 3.0}, {"hc_sinkhorn_iters", 4.0}, {"swiglu_limit", 0.5},
          {"rms_norm_eps", 1e-3}, {"compress_rates.compressed_sparse_attention", 4.0},
          {"compress_rates.heavily_compressed_attention", 8.0},
          {"layer_types", Texts{"sliding_attention", "compressed_sparse_attention", "heavily_compressed_attention"}},
          {"mlp_layer_types", Texts{"hash_moe", "moe", "moe"}}, {"rope_parameters.main.rope_theta", 100.0},
          {"rope_parameters.compress.rope_type", "yarn"}, {"rope_parameters.compress.rope_theta", 300.0},
          {"rope_parameters.compress.factor", 4.0}, {"rope_parameters.compress.beta_fast", 4.0},
          {"rope_parameters.compress.attention_factor", 1.0},
          {"rope_parameters.compress.original_max_position_embeddings", 64.0}};
}

// Calls use(name, family, configuration) for each of them.
void each_made_model(auto&& use) {
  use("mixtral", mixtral::Family{}, made_mixtral());
  use("deepseek_v3", deepseek_v3::Family<>{}, made_deepseek_v3());
  use("gpt_oss", gpt_oss::Family{}, made_gpt_oss());
  use("qwen3_next", qwen3_next::Family{}, made_qwen3_next());
  use("deepseek_v4", deepseek_v4::Family{}, made_deepseek_v4());
}

}  // namespace etalon
