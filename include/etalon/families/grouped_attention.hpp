#pragma once
// Grouped-query attention (layers/gqa.hpp) from the fields that nearly all configurations share.
#include <optional>

#include <etalon/families/parts.hpp>
#include <etalon/layers/gqa.hpp>

namespace etalon {

struct GqaOptions {
  double theta = 10000.0, partial = 1.0;   // rotary: base, and share of each head that turns, where none are given
  bool bias = false, out_bias = false;     // of the queries, keys and values; of what attention returns
  std::optional<NormOptions> head_norm{};  // of each query and key head
  bool gated = false;                      // the queries' matrix gives [q | gate] in each head
};

// Where head_dim is not given, the channels are divided among the heads; where num_key_value_heads is not, there are as
// many as query heads. The rotary embedding turns the first channels of each head. Window and sinks: see the page.
Gqa gqa_of(const ConfigSource auto& config, const GqaOptions& options) {
  const int channels = channels_of(config), heads = config.integer("num_attention_heads", {1, 4096});
  const auto stated = config.optional_integer("head_dim", {1, 8192});
  if (!stated && channels % heads != 0) throw config.unsupported("num_attention_heads", "a divisor of hidden_size");
  const int kv_heads = config.integer("num_key_value_heads", {1, heads}, heads);
  const GqaSizes size{heads, kv_heads, stated.value_or(channels / heads)};
  if (heads % kv_heads != 0) throw config.unsupported("num_key_value_heads", "a divisor of num_attention_heads");
  const RopeScaling scaling = rope_scaling(config, options.theta, {}, options.partial);
  const int rotated = static_cast<int>(size.head_dim * scaling.partial);
  if (rotated % 2 != 0) throw config.unsupported("head_dim", "a head whose rotary part is pairs of channels");
  const int width = heads * size.head_dim, queries = options.gated ? 2 * width : width;
  const auto keys = linear_of<Joined<KvHead, HeadDim>, Channel>(kv_heads * size.head_dim, channels, options.bias);
  Gqa attention{size, linear_of<Joined<Head, HeadDim>, Channel>(queries, channels, options.bias), keys, keys,
                linear_of<Channel, Joined<Head, HeadDim>>(channels, width, options.out_bias),
                rope_of(scaling, rotated, RopePairs::halves)};
  attention.gated = options.gated;
  if (options.head_norm)
    attention.q_norm = attention.k_norm = norm_of<HeadDim>(config, size.head_dim, *options.head_norm);
  return attention;
}

}  // namespace etalon
