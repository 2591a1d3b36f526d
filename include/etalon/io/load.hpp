#pragma once
// A model folder becomes a model: read config.json, map the weights, build the family, bind.
//
//   auto loaded = io::load<deepseek_v3::Family<>>("models/storyteller");
//
// A family is a struct of three functions, on its page under families/: is it this model_type, build the model from its
// configuration, and where in a checkpoint a weight may be found.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <etalon/context.hpp>
#include <etalon/families/settings.hpp>
#include <etalon/io/bind.hpp>
#include <etalon/io/config.hpp>
#include <etalon/io/rope_config.hpp>

namespace etalon::io {

// A model and the files its weights live in.
template <class Model> struct Loaded {
  Model model;
  Checkpoint checkpoint;
  Config config;
  Numerics numerics;   // what the checkpoint's format asks for: f32 for f32 weights, else bf16
  std::vector<WeightFacts> weights;
};

// f32 where no matrix is stored in fewer bits.
inline Numerics default_numerics(const Checkpoint& checkpoint) {
  for (const TensorInfo& tensor : checkpoint.tensors())
    if (tensor.shape.size() >= 2 && bits_of(tensor.dtype) < 32) return Numerics::bf16;
  return Numerics::f32;
}

inline CheckpointFacts facts_of(const Checkpoint& checkpoint) {
  return {checkpoint.tensors().size(), [&checkpoint](const std::string& prefix) {
            const auto& all = checkpoint.tensors();
            const auto at = std::lower_bound(all.begin(), all.end(), prefix,
                                             [](const TensorInfo& t, const std::string& p) { return t.name < p; });
            return at != all.end() && at->name.starts_with(prefix);
          }};
}

// quantization_config.weight_block_size, [rows, columns]; 128 x 128 where it is not given.
inline BlockSize block_size(const Config& config) {
  if (!config.has("quantization_config")) return {};
  const Config quantisation = config.object("quantization_config");
  const std::vector<int> sizes = quantisation.integers("weight_block_size", {1, 1 << 20}, {128, 128});
  if (sizes.size() != 2 || sizes[1] % 32 != 0)
    throw quantisation.unsupported("weight_block_size", "[rows, columns] with columns a multiple of 32");
  return {sizes[0], sizes[1]};
}

// What every family's checkpoints share: tied embeddings read one tensor twice, and buffers of other software are let
// be.
template <class Family> BindRules rules_of(const Config& config) {
  const bool tied = config.boolean("tie_word_embeddings", Family::tied_by_default);
  const int layers = config.integer("num_hidden_layers", {1, 1024});
  BindRules rules;
  rules.block = block_size(config);
  rules.sources = [tied, layers](const std::string& path) {
    const bool head = path.ends_with("unembedding");
    std::vector<Source> sources = Family::sources(tied && head ? "embedding" : path, layers);
    if (path.starts_with("predictions.") && path.ends_with("embedding"))   // a copy, or the decoder's own
      for (Source& shared : Family::sources(head && !tied ? "unembedding" : "embedding", layers))
        sources.push_back(shared);
    return sources;
  };
  const std::vector<Source> heads = Family::sources("unembedding", layers);
  rules.ignored = [tied, heads](const std::string& name) {
    const bool unused_head =
        tied && std::any_of(heads.begin(), heads.end(), [&](const Source& s) { return s.tensor == name; });
    return unused_head || name.ends_with("rotary_emb.inv_freq") || Family::ignored(name);
  };
  return rules;
}

// Throws Error.
template <class Family> auto load(const std::filesystem::path& folder) {
  Config config = Config::load(folder);
  Checkpoint checkpoint = Checkpoint::open(folder);
  auto model = Family::build(config, facts_of(checkpoint));
  auto weights = bind_weights(model, checkpoint, rules_of<Family>(config), folder.string());
  const Numerics numerics = default_numerics(checkpoint);
  return Loaded<decltype(model)>{std::move(model), std::move(checkpoint), std::move(config), numerics,
                                 std::move(weights)};
}

}  // namespace etalon::io
