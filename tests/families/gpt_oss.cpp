// Tests of include/etalon/families/gpt_oss.hpp: two tiny checkpoints, fused bf16 and as published in 4-bit blocks, and
// what transformers computes for them.
#include <etalon/families/gpt_oss.hpp>

#include "support/family.hpp"

namespace etalon::gpt_oss {

using namespace test;

static constexpr FamilyTest<Family> family;

TEST_SUITE("golden") {
TEST_CASE("every tensor that transformers recorded agrees to 2e-5, every choice exactly, in both spellings") {
  family.check_golden("gpt_oss", 41);
}
TEST_CASE("so it does with experts in 4-bit blocks") { family.check_golden("gpt_oss_mxfp4", 41); }

TEST_CASE("the comparison sees a wrong model: each of these alone makes it fail") {
  for (const char* name : {"gpt_oss", "gpt_oss_mxfp4"}) {
    CAPTURE(name);
    const auto wrong = [&](auto change) { return family.notices(name, change); };
    CHECK_FALSE(wrong([](auto&) {}));
    CHECK(wrong([](auto& d) { d.layers[1].attention.sinks = {}; }));
    CHECK(wrong([](auto& d) { d.layers[0].attention.window = 0; }));
    CHECK(wrong([](auto& d) { d.layers[1].attention.window = 16; }));
    CHECK(wrong([](auto& d) { d.layers[1].attention.rotary.attention_factor = 1.0; }));
    CHECK(wrong([](auto& d) { d.layers[2].attention.k.bias = {}; }));
    CHECK(wrong([](auto& d) { d.layers[2].attention.out.bias = {}; }));
    CHECK(wrong([](auto& d) { d.layers[2].ffn.router.bias = {}; }));
    CHECK(wrong([](auto& d) {   // divided by their sum they would be the same weights
      d.layers[2].ffn.router.rule.score = RouterScore::softmax;
      d.layers[2].ffn.router.rule.renormalise = false;
    }));
    CHECK(wrong([](auto& d) { for (auto& expert : d.layers[3].ffn.experts) expert.activation.limit = 7.0f; }));
    CHECK(wrong([](auto& d) { for (auto& expert : d.layers[3].ffn.experts) expert.activation.alpha = 1.0f; }));
    CHECK(wrong([](auto& d) { for (auto& expert : d.layers[3].ffn.experts) std::swap(expert.gate, expert.up); }));
    CHECK(wrong([](auto& d) { for (auto& expert : d.layers[3].ffn.experts) expert.down.bias = {}; }));
  }
}
}

TEST_SUITE("bits") {
TEST_CASE("prefill, chunks of any size and token by token give the same bits in every mode") {
  family.check_chunks("gpt_oss");
  family.check_chunks("gpt_oss_mxfp4");
}
TEST_CASE("a saved state goes on as if nothing had happened; one cut back before its window dropped anything, too") {
  family.check_saved("gpt_oss");
  family.check_cut_back("gpt_oss", 6, 5);
}
TEST_CASE("sequences of a step do not see each other, and threads change nothing") { family.check_together("gpt_oss"); }
}

TEST_CASE("what a configuration says is what is built") {
  const auto loaded = family.load("gpt_oss");
  const auto& layers = loaded.model.decoder.layers;
  REQUIRE(layers.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(layers[i].attention.window == (i % 2 == 0 ? 16 : 0));
  CHECK(layers[0].attention.sinks);
  CHECK(layers[0].attention.rotary.attention_factor == doctest::Approx(1.138629436));   // 0.1 ln 4 + 1
  CHECK(layers[3].ffn.experts[7].activation.limit == 0.7f);
  CHECK(layers[3].ffn.experts[7].activation.alpha == 1.702f);
  CHECK(layers[3].ffn.router.bias);
}

TEST_CASE("without layer_types every other layer, the first included, has a window") {
  const Scratch folder;
  link_with_config(golden_models() / "gpt_oss", "config.json", folder.path());
  folder.write("config.json", config_with(golden_models() / "gpt_oss", "layer_types", "null"));
  const auto loaded = io::load<gpt_oss::Family>(folder.path());
  for (std::size_t i = 0; i < 4; ++i) CHECK(loaded.model.decoder.layers[i].attention.window == (i % 2 == 0 ? 16 : 0));
}

TEST_CASE("gate and up alternate in the fused tensor, whichever way it is stored") {
  const auto row = [](const Storage& storage, int n, int columns) {
    std::vector<float> values(static_cast<std::size_t>(columns));
    read_row(storage, n, columns, values.data());
    return values;
  };
  const auto plain = family.load("gpt_oss");   // (in, out): row n of gate is column 2n
  const auto fused = numbers_of<std::uint16_t>(*plain.checkpoint.find("model.layers.0.mlp.experts.gate_up_proj"));
  const auto& expert = plain.model.decoder.layers[0].ffn.experts[3];
  for (const int k : {0, 1, 63}) {
    const std::size_t at = (3 * 64 + static_cast<std::size_t>(k)) * 80;
    CHECK(row(expert.gate.weight.storage, 5, 64)[static_cast<std::size_t>(k)] == Bf16{fused[at + 10]}.decode());
    CHECK(row(expert.up.weight.storage, 5, 64)[static_cast<std::size_t>(k)] == Bf16{fused[at + 11]}.decode());
  }
  const auto packed = family.load("gpt_oss_mxfp4");   // blocks: row n of up is row 2n + 1
  const std::string fused_name = "model.layers.0.mlp.experts.gate_up_proj";
  const auto codes = numbers_of<std::uint8_t>(*packed.checkpoint.find(fused_name + "_blocks"));
  const auto scales = numbers_of<std::uint8_t>(*packed.checkpoint.find(fused_name + "_scales"));
  const auto up = row(packed.model.decoder.layers[0].ffn.experts[3].up.weight.storage, 5, 64);
  const std::size_t line = 3 * 128 + 11;
  const E2m1 code{static_cast<std::uint8_t>(codes[line * 32 + 16] >> 4)};
  CHECK(up[33] == code.decode() * E8m0{scales[line * 2 + 1]}.decode());
}

TEST_CASE("the state that the description promises is the state there is") {
  const auto loaded = family.load("gpt_oss");
  const ModelFacts facts = io::facts_of_model(loaded.model, "gpt_oss", loaded.weights);
  const Reference backend;
  Walker<gpt_oss::Model, Reference> walker(loaded.model, backend, Numerics::f32);
  walker.feed(golden_prompt("gpt_oss", "long"));
  for (std::size_t i = 0; i < 2; ++i) {
    const KeyValueState& state = walker.state.layers[i];
    const std::int64_t promised = facts.layers[i].state_per_token * 61 + facts.layers[i].state_fixed;
    CHECK(static_cast<std::size_t>(promised) == state.keys.rows.size() + state.values.rows.size());
  }
  CHECK(facts.layers[0].attention == "attention, 4 heads of 16, 2 of keys and values, sinks, window 16");
}

TEST_CASE("missing, extra and misshapen tensors are named all at once, fused ones once") {
  const std::string message = family.error_of_altered("gpt_oss_mxfp4", [](Altered tensor) -> std::optional<Altered> {
    if (tensor.name == "model.layers.1.mlp.experts.down_proj_scales") return std::nullopt;
    if (tensor.name == "model.layers.2.self_attn.sinks") return std::nullopt;
    if (tensor.name == "model.layers.0.mlp.experts.gate_up_proj_blocks") tensor.shape = {8, 128, 1, 32};
    if (tensor.name == "model.layers.3.mlp.experts.down_proj_bias") tensor.shape = {4, 128};
    return tensor;
  }, {{"model.layers.0.self_attn.q_norm.weight", io::Dtype::F32, {1}, std::vector<std::byte>(4)}});
  for (const char* part : {"without its scales", "missing: model.layers.2.self_attn.sinks",
                           "mlp.experts.gate_up_proj_blocks is [8, 128, 1, 32], expected [8, 128, 2, 16]",
                           "model.layers.3.mlp.experts.down_proj_bias is [4, 128]",
                           "unknown: model.layers.0.self_attn.q_norm.weight"})
    CHECK_MESSAGE(contains(message, part), message);
}

TEST_CASE("more or fewer experts in a fused tensor than configured are refused") {
  for (const char* count : {"7", "9"}) {
    const std::string message = family.error_with("gpt_oss", "num_local_experts", count);
    CHECK_MESSAGE(contains(message, "model.layers.0.mlp.experts.down_proj"), message);
  }
}

TEST_CASE("a configuration that this family cannot be is refused by the field's name") {
  struct { const char *field, *value; } wrong[] = {
      {"layer_types", "[\"sliding_attention\"]"}, {"layer_types", "[\"a\", \"b\", \"c\", \"d\"]"},
      {"num_experts_per_tok", "0"},               {"swiglu_limit", "0"},
      {"sliding_window", "-3"},                   {"hidden_act", "\"relu\""},
  };
  for (const auto& [field, value] : wrong) {
    const std::string message = family.error_with("gpt_oss", field, value);
    CHECK_MESSAGE(contains(message, std::string("config.json: ") + field), message);
  }
}

}  // namespace etalon::gpt_oss
