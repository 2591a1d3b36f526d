#pragma once
// Attention over a window and compressed entries (layers/compressed_attention.hpp), from the fields and names of
// DeepSeek-V4, in the spelling it is published in (compress_ratios, rope_scaling) and in that of transformers 5
// (layer_types, compress_rates, rope_parameters by kind).
#include <etalon/families/parts.hpp>
#include <etalon/layers/compressed_attention.hpp>

namespace etalon {

// Tokens that an entry stands for in layer i: 0 the window alone, 4 with an indexer, 128 without. Where the rates are
// configured otherwise, the type of the layer says which it is.
struct Compression { int rate; bool indexed; };

Compression compression_of(const ConfigSource auto& config, int i) {
  const auto at = static_cast<std::size_t>(i);
  const auto rate = [&](const char* type, int usual) {
    return config.has("compress_rates") ? config.object("compress_rates").integer(type, {1, 1 << 20}, usual) : usual;
  };
  const auto types = config.texts("layer_types", {});
  const auto ratios = types.empty() ? config.integers("compress_ratios", {0, 128}) : std::vector<int>{};
  const std::string type = at < types.size() ? types[at] : "";
  const int ratio = at < ratios.size() ? ratios[at] : -1;
  if (type == "sliding_attention" || ratio == 0) return {0, false};
  if (type == "compressed_sparse_attention" || ratio == 4) return {rate("compressed_sparse_attention", 4), true};
  if (type == "heavily_compressed_attention" || ratio == 128)
    return {rate("heavily_compressed_attention", 128), false};
  throw config.unsupported({"layer_types", "compress_ratios"}, "a known kind of attention for each layer");
}

// Layers with entries rotate by a base and a scaling of their own. width: rotated channels.
Rope rotary_of(const ConfigSource auto& config, bool compressed, int width) {
  RopeScaling scaling = rope_scaling(config, compressed ? 160000.0 : 10000.0, compressed ? "compress" : "main");
  const bool by_kind = !config.has("rope_scaling") && config.has("rope_parameters") &&
                       config.object("rope_parameters").has("main");
  if (!by_kind) {   // as published: one set, of the layers with entries
    if (!compressed) scaling.kind = RopeKind::plain;
    if (compressed) scaling.theta = config.number("compress_rope_theta", {1.001, 1e15}, 160000.0);
    scaling.attention_factor = scaling.attention_factor.value_or(1.0);
  }
  return rope_of(scaling, width, RopePairs::neighbours);
}

CompressedAttention compressed_attention_of(const ConfigSource auto& config, const Compression& compression,
                                            const NormOptions& norm) {
  const int channels = channels_of(config), dim = config.integer("head_dim", {2, 8192});
  const int heads = config.integer("num_attention_heads", {1, 4096}), groups = config.integer("o_groups", {1, heads});
  const int latent = config.integer("q_lora_rank", {1, 1 << 16});
  const int rank = groups * config.integer("o_lora_rank", {1, 1 << 16});
  const double share = config.integer("qk_rope_head_dim", {2, dim}, dim / 8) / static_cast<double>(dim);
  const int turned = static_cast<int>(dim * config.number("partial_rotary_factor", {0, 1}, share));
  const RmsNorm<HeadDim> key_norm = norm_of<HeadDim>(config, dim, norm);
  if (heads % groups != 0) throw config.unsupported("o_groups", "a divisor of num_attention_heads");
  config.integer("num_key_value_heads", {1, 1}, 1);
  CompressedAttention attention{
      {heads, dim, groups, config.integer("sliding_window", {1, 1 << 24}), key_norm.epsilon},
      linear_of<QueryLatent, Channel>(latent, channels), norm_of<QueryLatent>(config, latent, norm),
      linear_of<Joined<Head, HeadDim>, QueryLatent>(heads * dim, latent), linear_of<HeadDim, Channel>(dim, channels),
      key_norm, {{heads}, {}}, {{rank, heads / groups * dim}, {}},
      linear_of<Channel, Joined<Group, GroupLatent>>(channels, rank), rotary_of(config, compression.rate > 0, turned)};
  if (compression.rate == 0) return attention;
  const CompressorSizes entries{compression.rate, dim, compression.indexed};
  attention.compressor = compressor_of<HeadDim>(entries, channels, key_norm.epsilon, attention.rotary);
  if (!compression.indexed) return attention;
  const int index_heads = config.integer("index_n_heads", {1, 4096});
  const int index_dim = config.integer("index_head_dim", {turned, 8192});
  const CompressorSizes index{compression.rate, index_dim, true};
  attention.indexer = Indexer{index_heads, config.integer("index_topk", {1, 1 << 24}),
                              linear_of<Joined<IndexHead, IndexDim>, QueryLatent>(index_heads * index_dim, latent),
                              linear_of<IndexHead, Channel>(index_heads, channels),
                              compressor_of<IndexDim>(index, channels, key_norm.epsilon, attention.rotary)};
  return attention;
}

inline constexpr Name compressed_attention_names[] = {
    {"layers.*.attn.q_down", "layers.*.attn.wq_a"},
    {"layers.*.attn.q_norm", "layers.*.attn.q_norm"},
    {"layers.*.attn.q_up", "layers.*.attn.wq_b"},
    {"layers.*.attn.kv", "layers.*.attn.wkv"},
    {"layers.*.attn.kv_norm", "layers.*.attn.kv_norm"},
    {"layers.*.attn.sinks", "layers.*.attn.attn_sink"},
    {"layers.*.attn.group_out", "layers.*.attn.wo_a.weight"},
    {"layers.*.attn.out", "layers.*.attn.wo_b"},
    {"layers.*.attn.compressor.value", "layers.*.attn.compressor.wkv"},
    {"layers.*.attn.compressor.gate", "layers.*.attn.compressor.wgate"},
    {"layers.*.attn.compressor.bias", "layers.*.attn.compressor.ape"},
    {"layers.*.attn.compressor.norm", "layers.*.attn.compressor.norm"},
    {"layers.*.attn.indexer.query", "layers.*.attn.indexer.wq_b"},
    {"layers.*.attn.indexer.weight", "layers.*.attn.indexer.weights_proj"},
    {"layers.*.attn.indexer.keys.value", "layers.*.attn.indexer.compressor.wkv"},
    {"layers.*.attn.indexer.keys.gate", "layers.*.attn.indexer.compressor.wgate"},
    {"layers.*.attn.indexer.keys.bias", "layers.*.attn.indexer.compressor.ape"},
    {"layers.*.attn.indexer.keys.norm", "layers.*.attn.indexer.compressor.norm"},
};

}  // namespace etalon
