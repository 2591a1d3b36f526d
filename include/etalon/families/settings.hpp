#pragma once
// What families read their sizes from, without knowing what a configuration file is.
//
// A ConfigSource answers for a field by name, checked for type and range (io/config.hpp is one). A CheckpointFacts says
// what a checkpoint holds where a configuration leaves that open: whether prediction modules are there, and how much
// can be asked of it at all.
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/ops/rope_frequencies.hpp>

namespace etalon {

template <class C> concept ConfigSource = requires(const C config) {
  { config.integer("hidden_size", {1, 2}) } -> std::same_as<int>;
  { config.number("rms_norm_eps", {0.0, 1.0}, 1e-6) } -> std::same_as<double>;
  { config.boolean("attention_bias", false) } -> std::same_as<bool>;
};

// How a configuration turns positions into angles, as it says it; rope_scaling below turns it into ours.
struct RopeSettings {
  std::string type = "default";             // default, linear, dynamic, yarn, llama3
  double theta = 10000;                     // base of the frequencies
  double factor = 1;                        // how much longer than trained the context is
  int original_max_position = 0;            // positions the model was trained with; 0: config.json does not say
  double beta_fast = 32, beta_slow = 1;     // yarn: turns within the trained context, where the ramp starts and ends
  std::optional<double> mscale = {}, mscale_all_dim = {};  // yarn: scale of cos and sin, and of the attention logits
  std::optional<double> attention_factor = {};             // scale of cos and sin, where the file states it
  std::optional<double> alpha = {};         // dynamic, as Hunyuan fixes it
  bool truncate = true;                     // yarn: ramp limits rounded to whole dimensions
  double low_freq_factor = 1, high_freq_factor = 4;  // llama3
  double partial = 1;                       // share of each head that is rotated

  bool operator==(const RopeSettings&) const = default;
};

struct CheckpointFacts {
  std::size_t tensors = 0;
  std::function<bool(const std::string&)> has_prefix;   // is there a tensor whose name begins so?
};

// The rotary parameters of a configuration, in either of their spellings. layer_type: which set, where there is one for
// each type of layer; empty where the family has one set for all.
template <ConfigSource C>
RopeScaling rope_scaling(const C& config, double default_theta, const std::string& layer_type = {},
                         double default_partial = 1.0) {
  const RopeSettings read = read_rope(config, layer_type, default_theta, default_partial);   // found beside C
  RopeScaling scaling;
  scaling.kind = read.type == "yarn" ? RopeKind::yarn : read.type == "linear" ? RopeKind::linear
               : read.type == "llama3" ? RopeKind::llama3 : RopeKind::plain;
  scaling.theta = read.theta;
  scaling.partial = read.partial;
  scaling.factor = read.factor;
  scaling.original_max_position = read.original_max_position;
  scaling.beta_fast = read.beta_fast;
  scaling.beta_slow = read.beta_slow;
  scaling.mscale = read.mscale;
  scaling.mscale_all_dim = read.mscale_all_dim;
  scaling.attention_factor = read.attention_factor;
  scaling.truncate = read.truncate;
  scaling.low_frequency_factor = read.low_freq_factor;
  scaling.high_frequency_factor = read.high_freq_factor;
  return scaling;
}

// For a field that says what the family always does: absent, or this very text.
template <ConfigSource C> void require_text(const C& config, const char* field, const std::string& only) {
  if (config.text(field, only) != only)
    throw config.unsupported(field, "\"" + only + "\"", "this family has no other; is model_type right?");
}

// What mixes the positions in each of so many layers: the names that layer_types lists, which must be among `known`, or
// where it is not given what otherwise(i) says of layer i.
template <ConfigSource C>
std::vector<std::string> layer_types(const C& config, int layers, const std::vector<std::string>& known,
                                     auto&& otherwise) {
  std::vector<std::string> types;
  for (int i = 0; i < layers && !config.has("layer_types"); ++i) types.push_back(otherwise(i));
  if (config.has("layer_types")) types = config.texts("layer_types", {});
  bool fit = static_cast<int>(types.size()) == layers;
  for (const std::string& type : types) fit = fit && std::find(known.begin(), known.end(), type) != known.end();
  if (fit) return types;
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : " or ") + name;
  throw config.unsupported("layer_types", "for each of num_hidden_layers layers " + names);
}

// A configuration that asks for far more experts than a checkpoint has tensors is refused before any memory is taken.
inline void check_experts(const std::string& where, int layers, int experts, const CheckpointFacts& facts) {
  const std::size_t wanted = static_cast<std::size_t>(layers) * static_cast<std::size_t>(experts);
  if (wanted > facts.tensors * 8 + 4096)
    throw Error(where, "experts that the checkpoint could hold",
                std::to_string(layers) + " layers of " + std::to_string(experts) + " experts, and a checkpoint of " +
                    std::to_string(facts.tensors) + " tensors",
                "use the config.json that belongs to these weights");
}

}  // namespace etalon
