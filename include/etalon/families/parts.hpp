#pragma once
// Parts that several families' pages are made of, each built from the fields it usually has in config.json.
//
// A builder reads sizes and leaves the weights unbound (weight.hpp). What a family does in its own way stands on its
// page; attention is built in families/grouped_attention.hpp and families/latent_attention.hpp.
#include <utility>

#include <etalon/families/names.hpp>
#include <etalon/families/settings.hpp>
#include <etalon/layers/moe.hpp>
#include <etalon/layers/multi_token_prediction.hpp>

namespace etalon {

// --- numbers ---------------------------------------------------------------------------------------------------------
// A width: of the residual stream, or of what lies inside a network.
int size_of(const ConfigSource auto& config, const char* field) { return config.integer(field, {1, 1 << 20}); }
int channels_of(const ConfigSource auto& config) { return size_of(config, "hidden_size"); }
int layers_of(const ConfigSource auto& config) { return config.integer("num_hidden_layers", {1, 1024}); }

// How many routed experts a layer has that has any, under its several names.
int expert_count(const ConfigSource auto& config) {
  return config.integer({"n_routed_experts", "num_local_experts", "num_experts"}, {1, 1 << 16});
}

// --- norms -----------------------------------------------------------------------------------------------------------
// epsilon: where the configuration gives no rms_norm_eps. zero_centred: stored gains are distances from 1.
struct NormOptions { double epsilon = 1e-6; bool zero_centred = false; };

template <class Axis> RmsNorm<Axis> norm_of(const ConfigSource auto& config, int size, const NormOptions& options) {
  const double epsilon = config.number("rms_norm_eps", {0, 1}, options.epsilon);
  return {{{size}, {}}, static_cast<float>(epsilon), options.zero_centred};
}
PreNorm pre_norm_of(const ConfigSource auto& config, const NormOptions& options) {
  return {norm_of<Channel>(config, channels_of(config), options)};
}

// --- experts ---------------------------------------------------------------------------------------------------------
// Which experts may be chosen, where they form groups.
void read_groups(const ConfigSource auto& config, int experts, RoutingRule& rule) {
  rule.groups = config.integer("n_group", {1, max_expert_groups}, rule.groups);
  rule.kept_groups = config.integer("topk_group", {1, rule.groups}, rule.kept_groups);
  if (experts % rule.groups != 0) throw config.unsupported("n_group", "a divisor of the number of experts");
  if (rule.chosen > experts / rule.groups * rule.kept_groups)
    throw config.unsupported("topk_group", "groups that together hold num_experts_per_tok experts");
}

// A router and its experts, each as `expert`; shared experts, corrections and biases are added by who has them.
template <class Expert>
Moe<Expert> moe_of(int channels, int experts, const RoutingRule& rule, const Expert& expert) {
  return {{{{experts, channels}, {}}, {}, rule}, std::vector<Expert>(static_cast<std::size_t>(experts), expert), {}};
}

// --- the whole -------------------------------------------------------------------------------------------------------
// Embedding, layers, final norm, unembedding. layer(i) builds layer i.
template <DecoderLayer LayerKind, class Streams = OneStream>
PredictingModel<LayerKind, Streams> model_of(const ConfigSource auto& config, const CheckpointFacts& facts,
                                             const NormOptions& options, auto&& layer) {
  check_experts(config.where(), layers_of(config), expert_count(config), facts);
  const int vocab = config.integer("vocab_size", {1, 1 << 24}), channels = channels_of(config);
  const auto norm = norm_of<Channel>(config, channels, options);
  PredictingModel<LayerKind, Streams> model{{{{vocab, channels}, {}}, {}, norm, {{vocab, channels}, {}}}, {},
                                            config.integer("max_position_embeddings", {1, 1 << 30}, 4096)};
  for (int i = 0; i < layers_of(config); ++i) model.decoder.layers.push_back(layer(i));
  return model;
}

// Adds the modules that predict further tokens, as many as are configured and in the checkpoint: they are stored as
// layers behind the last. layer(i) builds layer i.
template <DecoderLayer LayerKind>
void add_predictions(PredictingModel<LayerKind>& model, const ConfigSource auto& config, const CheckpointFacts& facts,
                     auto&& layer) {
  const auto& norm = model.decoder.norm;
  const auto& table = model.decoder.unembedding;                                // (Vocab, Channel), unbound
  const int layers = layers_of(config), channels = table.columns();
  const auto merge = linear_of<Channel, Concat<Channel, Channel>>(channels, 2 * channels);
  const int modules = config.integer("num_nextn_predict_layers", {0, 16}, 0);
  for (int k = 0; k < modules && facts.has_prefix("model.layers." + std::to_string(layers + k) + "."); ++k)
    model.predictions.push_back({table, norm, norm, merge, layer(layers + k), norm, table});
}

}  // namespace etalon
