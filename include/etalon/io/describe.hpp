#pragma once
// A model in words and numbers, for `inspect`: what each layer is made of and what it keeps of the past.
#include <string>
#include <utility>

#include <etalon/engine.hpp>
#include <etalon/layers/absorbed_mla.hpp>
#include <etalon/layers/compressed_attention.hpp>
#include <etalon/layers/gated_delta_net.hpp>
#include <etalon/layers/gqa.hpp>
#include <etalon/layers/mla.hpp>
#include <etalon/layers/moe.hpp>
#include <etalon/layers/one_of.hpp>

namespace etalon::io {

inline LayerFacts facts_of_mixer(const Mla& attention) {
  const MlaSizes& size = attention.sizes;
  return {"latent attention, " + std::to_string(size.heads) + " heads, latent " + std::to_string(size.latent) +
              " + rotary " + std::to_string(size.rope), "", size.latent + size.rope, 0, 1, 0,
          std::int64_t{size.heads} * (size.nope + size.rope + size.value), attention.remembered()};
}
inline LayerFacts facts_of_mixer(const AbsorbedMla& attention) {
  LayerFacts facts = facts_of_mixer(attention.parts);
  facts.attention += ", absorbed";
  facts.memo_per_token = 0;
  return facts;
}

// What a compressor keeps beside its entries: the group in the making, and the one before where groups overlap.
inline std::int64_t kept_rows(const CompressorSizes& sizes) {
  const std::int64_t rows = sizes.rate - 1 + (sizes.overlapping ? sizes.rate : 0);
  return rows * 2 * sizes.series();
}
inline LayerFacts facts_of_mixer(const CompressedAttention& attention) {
  const CompressedAttentionSizes& size = attention.sizes;
  LayerFacts facts{"one key for " + std::to_string(size.heads) + " heads of " + std::to_string(size.head_dim) +
                       ", window " + std::to_string(size.window), "", 0, std::int64_t{size.window - 1} * size.head_dim};
  facts.window = size.window;
  if (!attention.compressor) return facts;
  const CompressorSizes& entries = attention.compressor->sizes;
  facts.attention += ", entries of " + std::to_string(entries.rate) + " tokens";
  facts.state_stride = entries.rate;
  facts.state_per_token = entries.width;
  facts.state_fixed += kept_rows(entries);
  if (!attention.indexer) return facts;
  const CompressorSizes& index = attention.indexer->keys.sizes;
  facts.attention += ", an indexer chooses " + std::to_string(attention.indexer->chosen);
  facts.state_per_token += index.width;
  facts.state_fixed += kept_rows(index);
  return facts;
}

// With a window the last window - 1 positions are kept, and no more.
inline LayerFacts facts_of_mixer(const Gqa& attention) {
  const GqaSizes& size = attention.sizes;
  const std::int64_t position = 2 * std::int64_t{size.kv_heads} * size.head_dim;
  LayerFacts facts{"attention, " + std::to_string(size.heads) + " heads of " + std::to_string(size.head_dim) + ", " +
                       std::to_string(size.kv_heads) + " of keys and values", "", position, 0};
  if (attention.sinks) facts.attention += ", sinks";
  if (attention.gated) facts.attention += ", gated";
  if (attention.window == 0) return facts;
  facts.attention += ", window " + std::to_string(attention.window);
  facts.state_per_token = 0;
  facts.state_fixed = position * (attention.window - 1);
  facts.window = attention.window;
  return facts;
}

inline LayerFacts facts_of_mixer(const GatedDeltaNet& mixer) {
  const DeltaSizes& size = mixer.sizes;
  const std::int64_t memory = std::int64_t{size.values()} * size.key_dim;
  return {"gated delta rule, " + std::to_string(size.value_heads) + " memories of " + std::to_string(size.key_dim) +
              " x " + std::to_string(size.value_dim) + ", convolution of " + std::to_string(size.taps), "", 0,
          memory + std::int64_t{size.taps - 1} * size.mixed()};
}
template <class... Mixers> LayerFacts facts_of_mixer(const OneOfMixers<Mixers...>& mixer) {
  return std::visit([](const auto& kind) { return facts_of_mixer(kind); }, mixer.kind);
}

template <class Activation> std::string ffn_in_words(const GatedMlp<Activation>& mlp) {
  return "dense, " + std::to_string(mlp.gate.weight.rows()) + " wide";
}
template <class Kind> std::string ffn_in_words(const Moe<Kind>& moe) {
  std::string text = std::to_string(moe.experts.size()) + " experts " +
                     std::to_string(moe.experts.front().gate.weight.rows()) + " wide, " +
                     std::to_string(moe.router.rule.chosen) + " chosen";
  if (moe.router.rule.groups > 1)
    text += " from " + std::to_string(moe.router.rule.kept_groups) + " of " + std::to_string(moe.router.rule.groups) +
            " groups";
  if (moe.router.by_token) text += " by token id";
  if (moe.shared) text += ", shared expert " + std::to_string(moe.shared.gate.weight.rows()) + " wide";
  return text;
}
template <class... Kinds> auto ffn_in_words(const OneOf<Kinds...>& part) {
  return std::visit([](const auto& kind) { return ffn_in_words(kind); }, part.kind);
}

inline void count_experts(const auto&, ModelFacts&) {}
template <class Kind> void count_experts(const Moe<Kind>& moe, ModelFacts& facts) {
  facts.experts = static_cast<int>(moe.experts.size());
  facts.chosen = moe.router.rule.chosen;
}
template <class... Kinds> void count_experts(const OneOf<Kinds...>& part, ModelFacts& facts) {
  std::visit([&](const auto& kind) { count_experts(kind, facts); }, part.kind);
}

template <class Model>
ModelFacts facts_of_model(const Model& model, std::string family, std::vector<WeightFacts> weights) {
  ModelFacts facts;
  facts.family = std::move(family);
  facts.vocab = model.decoder.embedding.rows();
  facts.channels = model.decoder.embedding.columns();
  facts.context = model.context;
  facts.predictions = static_cast<int>(model.predictions.size());
  facts.weights = std::move(weights);
  for (const auto& layer : model.decoder.layers) {
    LayerFacts row = facts_of_mixer(layer.attention);
    row.ffn = ffn_in_words(layer.ffn);
    facts.layers.push_back(std::move(row));
    count_experts(layer.ffn, facts);
  }
  return facts;
}

}  // namespace etalon::io
