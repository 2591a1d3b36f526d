// Tests of include/etalon/io/load.hpp: model folders as they come, good and bad. Bad ones are altered golden ones.
#include <etalon/io/load.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include <doctest/doctest.h>

#include <etalon/families/deepseek_v3.hpp>

#include "support/folders.hpp"

using namespace etalon;
using namespace etalon::test;
using io::Dtype;

namespace {

using Family = deepseek_v3::Family<>;

// What loading says; "no error" where it works.
std::string loaded(const std::filesystem::path& folder) {
  return error_of([&] { io::load<Family>(folder); });
}

// What loading says of the golden checkpoint with its tensors altered.
std::string altered(const std::string& name, const Alter& alter, const std::vector<Altered>& more = {}) {
  const Scratch folder;
  write_altered(golden_models() / name, folder.path(), alter, more);
  return loaded(folder.path());
}

// What loading says of the golden checkpoint with one field of config.json changed.
std::string configured(const std::string& name, const std::string& field, const std::string& json) {
  const Scratch folder;
  link_with_config(golden_models() / name, "config.json", folder.path());
  folder.write("config.json", config_with(golden_models() / name, field, json));
  return loaded(folder.path());
}

}  // namespace

TEST_CASE("every golden folder loads, and so does its copy without any change") {
  for (const std::string& name : deepseek_v3_cases()) {
    CAPTURE(name);
    CHECK(loaded(golden_models() / name) == "no error");
    CHECK(altered(name, [](Altered tensor) { return tensor; }) == "no error");
  }
}

TEST_CASE("the mode follows the checkpoint: bf16 for anything narrower than f32") {
  CHECK(io::load<Family>(golden_models() / "deepseek_v3").numerics == Numerics::bf16);
  CHECK(io::load<Family>(golden_models() / "deepseek_v3_fp8").numerics == Numerics::bf16);
  CHECK(io::load<Family>(golden_models() / "deepseek_v3_f32_shards").numerics == Numerics::f32);
}

TEST_CASE("missing, misshapen and unknown tensors are all named in one message") {
  const std::string message = altered("deepseek_v3", [](Altered tensor) -> std::optional<Altered> {
    if (tensor.name == "model.layers.2.self_attn.o_proj.weight") return std::nullopt;
    if (tensor.name == "model.layers.1.mlp.experts.3.up_proj.weight") std::swap(tensor.shape[0], tensor.shape[1]);
    if (tensor.name == "model.norm.weight") tensor.name = "model.final_norm.weight";
    return tensor;
  }, {{"model.layers.9.stray", Dtype::F32, {1}, std::vector<std::byte>(4)}});
  CHECK(contains(message, "found 5 that do not fit"));
  for (const char* part : {"missing: model.layers.2.self_attn.o_proj.weight", "missing: model.norm.weight",
                           "shape: model.layers.1.mlp.experts.3.up_proj.weight is [64, 24], expected [24, 64]",
                           "unknown: model.final_norm.weight", "unknown: model.layers.9.stray F32 [1]"})
    CHECK_MESSAGE(contains(message, part), message);
}

TEST_CASE("of very many problems the first thousand are named and the rest counted") {
  std::vector<Altered> strays;
  for (int i = 0; i < 1207; ++i)
    strays.push_back({"stray." + std::to_string(i), Dtype::F32, {1}, std::vector<std::byte>(4)});
  const std::string message = altered("deepseek_v3", [](Altered tensor) { return tensor; }, strays);
  CHECK(contains(message, "found 1207 that do not fit"));
  CHECK(contains(message, "207 more"));
  CHECK(std::count(message.begin(), message.end(), '\n') <= 1010);
  CHECK(message.size() < 100 * 1000);
}

TEST_CASE("fp8 without a scale, and a dtype that holds no weights, are named") {
  const std::string bare = altered("deepseek_v3_fp8", [](Altered tensor) -> std::optional<Altered> {
    if (tensor.name == "model.layers.0.self_attn.o_proj.weight_scale_inv") return std::nullopt;
    return tensor;
  });
  CHECK_MESSAGE(contains(bare, "format: model.layers.0.self_attn.o_proj.weight: F8_E4M3 without its scales"), bare);
  const std::string dtype = altered("deepseek_v3", [](Altered tensor) -> std::optional<Altered> {
    if (tensor.name == "lm_head.weight") tensor.dtype = Dtype::I16;
    return tensor;
  });
  CHECK_MESSAGE(contains(dtype, "format: lm_head.weight: dtype I16"), dtype);
}

TEST_CASE("tied embeddings: the head may be absent, and is let be where it is there") {
  const auto head = [](Altered tensor) -> std::optional<Altered> { return tensor; };
  const std::vector<Altered> surplus{{"lm_head.weight", Dtype::BF16, {1}, std::vector<std::byte>(2)}};
  CHECK(altered("deepseek_v3_tied", head, surplus) == "no error");
  const std::string message = configured("deepseek_v3_tied", "tie_word_embeddings", "false");
  CHECK_MESSAGE(contains(message, "missing: lm_head.weight"), message);
}

TEST_CASE("prediction modules are read where they are, and not missed where they are not") {
  const auto with = io::load<Family>(bundled_models() / "storyteller");
  CHECK(with.model.predictions.size() == 1);
  CHECK(io::load<Family>(golden_models() / "deepseek_v3").model.predictions.empty());
  const std::string part = [] {
    const Scratch folder;
    write_altered(bundled_models() / "storyteller", folder.path(), [](Altered tensor) -> std::optional<Altered> {
      if (tensor.name == "model.layers.4.eh_proj.weight") return std::nullopt;
      return tensor;
    });
    return loaded(folder.path());
  }();
  CHECK_MESSAGE(contains(part, "missing: model.layers.4.eh_proj.weight"), part);   // half a module is none
}

TEST_CASE("a prediction module without its own embedding and head shares the model's") {
  const Scratch folder;
  write_altered(bundled_models() / "storyteller", folder.path(), [](Altered tensor) -> std::optional<Altered> {
    if (tensor.name == "model.layers.4.embed_tokens.weight" || tensor.name == "model.layers.4.shared_head.head.weight")
      return std::nullopt;
    return tensor;
  });
  CHECK(loaded(folder.path()) == "no error");
}

// One field of config.json, a bad value, and what the message says.
const struct { const char *field, *value, *says; } absurd[] = {
    {"hidden_size", "0", "hidden_size: expected a whole number from 1 to 1048576, found the number 0"},
    {"hidden_size", "-64", "found the number -64"},
    {"hidden_size", "64.0", "found the number 64.0"},
    {"hidden_size", "\"64\"", "found the text \"64\""},
    {"hidden_size", "[64]", "found a list of 1"},
    {"hidden_size", "null", "hidden_size: expected a whole number from 1 to 1048576, found null"},
    {"hidden_size", "128", "that do not fit"},
    {"num_hidden_layers", "1000000000", "num_hidden_layers: expected a whole number from 1 to 1024"},
    {"num_hidden_layers", "1024", "1024 layers of 8 experts, and a checkpoint of"},
    {"num_hidden_layers", "5", "missing: model.layers.4."},
    {"num_hidden_layers", "0", "num_hidden_layers: expected"},
    {"n_routed_experts", "1000000000", "n_routed_experts"},
    {"n_routed_experts", "65536", "65536 experts, and a checkpoint of"},
    {"n_routed_experts", "0", "n_routed_experts"},
    {"num_experts_per_tok", "9", "num_experts_per_tok: expected a whole number from 1 to 8"},
    {"num_experts_per_tok", "5", "topk_group"},
    {"n_group", "3", "n_group"},
    {"n_group", "1000000000", "n_group: expected a whole number from 1 to 64"},
    {"topk_group", "5", "topk_group: expected a whole number from 1 to 4"},
    {"num_attention_heads", "1000000000", "num_attention_heads"},
    {"qk_rope_head_dim", "1000000000", "qk_rope_head_dim"},
    {"q_lora_rank", "\"none\"", "q_lora_rank"},
    {"rms_norm_eps", "\"small\"", "rms_norm_eps: expected a number from 0 to 1, found the text \"small\""},
    {"rms_norm_eps", "1e9", "rms_norm_eps"},
    {"routed_scaling_factor", "true", "routed_scaling_factor"},
    {"norm_topk_prob", "1", "norm_topk_prob: expected true or false, found the number 1"},
    {"hidden_act", "\"gelu\"", "hidden_act: expected \"silu\", found the text \"gelu\""},
    {"scoring_func", "\"softmax\"", "scoring_func"},
    {"vocab_size", "1000000000", "vocab_size"},
    {"max_position_embeddings", "-1", "max_position_embeddings"},
    {"rope_parameters", "{\"rope_type\": \"spiral\"}", "rope_parameters.rope_type"},
    {"rope_parameters", "3", "rope_parameters"},
    {"quantization_config", "{\"weight_block_size\": [128, 100]}", "columns a multiple of 32"},
    {"quantization_config", "{\"weight_block_size\": [0, 128]}", "weight_block_size"},
};

TEST_CASE("absurd configurations are one clear line, at once and in little memory") {
  for (const auto& c : absurd) {
    CAPTURE(std::string(c.field));
    CAPTURE(std::string(c.value));
    const auto begin = std::chrono::steady_clock::now();
    const std::string message = configured("deepseek_v3", c.field, c.value);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    CHECK_MESSAGE(contains(message, c.says), message);
    CHECK(took.count() < 5.0);   // a loaded machine: a few milliseconds otherwise
  }
#if !defined(__SANITIZE_ADDRESS__)   // which takes memory of its own
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  CHECK(used.ru_maxrss < 600 * 1024);   // in KiB, the greatest so far
#endif
}

TEST_CASE("a folder without configuration or without weights says what is missing") {
  const Scratch empty, bare;
  CHECK(contains(loaded(empty.path()), "config.json in the folder"));
  std::filesystem::copy_file(golden_models() / "deepseek_v3" / "config.json", bare.path() / "config.json");
  CHECK(contains(loaded(bare.path()), "model.safetensors or model.safetensors.index.json"));
}
