#pragma once
// How a model turns positions into angles, from either spelling of config.json:
//
//   "rope_theta": 10000.0, "rope_scaling": {"type": "yarn", "factor": 40, …} or null       as models are published
//   "rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 40, …}       transformers 5
//   "rope_parameters": {"full_attention": {…}, "sliding_attention": {…}}                   one a layer type
//
// Precedence as in transformers 5: a rope_scaling that is not null replaces rope_parameters; theta and
// partial_rotary_factor inside that object win over those beside it, which win over the family's default; an
// original_max_position_embeddings that is not given is max_position_embeddings.
// Left out: the formulas, and the types longrope and proportional.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/families/settings.hpp>
#include <etalon/io/config.hpp>

namespace etalon::io {

using RopeConfig = RopeSettings;

namespace detail {

inline constexpr std::array<std::string_view, 5> rope_types = {"default", "linear", "dynamic", "yarn", "llama3"};

// The object that counts: rope_scaling if it holds anything, else rope_parameters, else none. With one object a layer
// type, that of `layer_type`; an empty layer_type wants a single set for all layers.
inline std::optional<Config> rope_object(const Config& config, const std::string& layer_type) {
  std::optional<Config> given = config.optional_object("rope_scaling");
  if (!given || given->keys().empty()) given = config.optional_object("rope_parameters");
  if (!given) return std::nullopt;
  const std::vector<std::string> keys = given->keys();
  const auto objects = std::count_if(keys.begin(), keys.end(), [&](const auto& key) { return given->is_object(key); });
  if (objects == 0) return given;
  for (const std::string& key : keys)   // or a set would be passed over
    if (!given->is_object(key)) throw given->unsupported(key, "an object, as its neighbours: one set for a layer type");
  if (!layer_type.empty()) return given->object(layer_type);
  std::string types;
  for (const std::string& key : keys) types += (types.empty() ? "" : ", ") + quoted(std::string_view(key), 32);
  throw Error(given->where(), "one set of parameters for all layers", "one for each layer type: " + types,
              "this family reads a single set; correct the field, or use the model's own config.json");
}

inline void read_yarn(const Config& given, RopeConfig& rope) {
  rope.beta_fast = given.number("beta_fast", {1e-6, 1e6}, rope.beta_fast);
  rope.beta_slow = given.number("beta_slow", {1e-6, 1e6}, rope.beta_slow);
  if (rope.beta_fast < rope.beta_slow) {
    throw given.unsupported("beta_fast", "a number no smaller than beta_slow (" + std::to_string(rope.beta_slow) + ")");
  }
  rope.mscale = given.optional_number("mscale", {0, 1e3});
  rope.mscale_all_dim = given.optional_number("mscale_all_dim", {0, 1e3});
  rope.truncate = given.boolean("truncate", rope.truncate);
}

inline void read_llama3(const Config& given, RopeConfig& rope) {
  rope.low_freq_factor = given.number("low_freq_factor", {1e-6, 1e6});
  rope.high_freq_factor = given.number("high_freq_factor", {1e-6, 1e6});
  if (rope.high_freq_factor <= rope.low_freq_factor) {
    throw given.unsupported("high_freq_factor",
                            "a number above low_freq_factor (" + std::to_string(rope.low_freq_factor) + ")");
  }
}

inline void read_scaling(const Config& config, const Config& given, RopeConfig& rope) {
  constexpr Interval factors{1, 1e6};
  constexpr Range positions{1, 1 << 30};
  rope.type = given.text({"rope_type", "type"}, rope.type);
  if (std::find(rope_types.begin(), rope_types.end(), rope.type) == rope_types.end()) {
    throw given.unsupported({"rope_type", "type"}, "default, linear, dynamic, yarn or llama3");
  }
  if (rope.type == "default") return;
  rope.factor = given.number("factor", factors);
  rope.alpha = given.optional_number("alpha", {1e-6, 1e9});
  rope.attention_factor = given.optional_number("attention_factor", {1e-6, 1e6});
  if (given.has("original_max_position_embeddings")) {
    rope.original_max_position = given.integer("original_max_position_embeddings", positions);
  } else if (rope.type != "linear") {
    rope.original_max_position = config.integer("max_position_embeddings", positions);
  }
  if (rope.type == "yarn") read_yarn(given, rope);
  if (rope.type == "llama3") read_llama3(given, rope);
}

}  // namespace detail

// layer_type: which set, where config.json keeps one a layer type ("full_attention"); one flat set serves all types.
// default_theta, default_partial: the family's. Throws Error.
inline RopeConfig read_rope(const Config& config, const std::string& layer_type, double default_theta,
                            double default_partial = 1) {
  constexpr Interval thetas{1.001, 1e15}, shares{0, 1};
  RopeConfig rope;
  rope.original_max_position = config.optional_integer("max_position_embeddings", {1, 1 << 30}).value_or(0);
  const std::optional<Config> given = detail::rope_object(config, layer_type);
  // Not with one call: a field beside the object is not read at all where the object has it.
  const Config& theta_from = given && given->has("rope_theta") ? *given : config;
  const Config& partial_from = given && given->has("partial_rotary_factor") ? *given : config;
  rope.theta = theta_from.number("rope_theta", thetas, default_theta);
  rope.partial = partial_from.number("partial_rotary_factor", shares, default_partial);
  if (given) detail::read_scaling(config, *given, rope);
  return rope;
}

inline RopeConfig read_rope(const Config& config, double default_theta) { return read_rope(config, "", default_theta); }

}  // namespace etalon::io
