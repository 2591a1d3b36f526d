// Tests of include/etalon/families/qwen3_next.hpp: a tiny checkpoint, and what transformers computes for it.
#include <etalon/families/qwen3_next.hpp>

#include "support/family.hpp"

namespace etalon::qwen3_next {

using namespace test;

static constexpr FamilyTest<Family> family;

static GatedDeltaNet& delta_net(auto& decoder, std::size_t i) { return std::get<0>(decoder.layers[i].attention.kind); }
static Gqa& attention(auto& decoder, std::size_t i) { return std::get<1>(decoder.layers[i].attention.kind); }
static Moe<>& experts(auto& decoder, std::size_t i) { return std::get<1>(decoder.layers[i].ffn.kind); }

TEST_SUITE("golden") {
TEST_CASE("every tensor that transformers recorded agrees to 2e-5, every choice exactly, in both spellings") {
  family.check_golden("qwen3_next", 36);
}

TEST_CASE("the comparison sees a wrong model: each of these alone makes it fail") {
  const auto wrong = [](auto change) { return family.notices("qwen3_next", change); };
  CHECK_FALSE(wrong([](auto&) {}));
  CHECK(wrong([](auto& d) { delta_net(d, 0).norm.zero_centred = true; }));
  CHECK(wrong([](auto& d) { delta_net(d, 0).norm.epsilon = 1e-6f; }));
  CHECK(wrong([](auto& d) { std::swap(delta_net(d, 1).log_rate, delta_net(d, 1).rate_bias); }));
  CHECK(wrong([](auto& d) { d.norm.zero_centred = false; }));
  CHECK(wrong([](auto& d) { d.layers[1].attention_residual.norm.zero_centred = false; }));
  CHECK(wrong([](auto& d) { attention(d, 3).q_norm.zero_centred = false; }));
  CHECK(wrong([](auto& d) { attention(d, 3).k_norm = {}; }));
  CHECK(wrong([](auto& d) { attention(d, 3).rotary = rope_of({}, 32, RopePairs::halves); }));
  CHECK(wrong([](auto& d) { experts(d, 2).shared_gate = {}; }));
  CHECK(wrong([](auto& d) { experts(d, 2).shared = {}; }));
  CHECK(wrong([](auto& d) { experts(d, 2).router.rule.renormalise = false; }));
}
}

TEST_SUITE("bits") {
TEST_CASE("prefill, chunks of any size and token by token give the same bits in every mode") {
  family.check_chunks("qwen3_next");
}
TEST_CASE("a saved state goes on as if nothing had happened") { family.check_saved("qwen3_next"); }
TEST_CASE("a memory cannot go back, but to where it is and to the beginning") {
  family.check_rest("qwen3_next", 20, [](auto& walker, std::span<const int> tokens) {
    walker.feed(tokens);
    const auto saved = walker.state;
    CHECK(walker.state.truncate(20));
    CHECK_FALSE(walker.state.truncate(19));
    walker.state = saved;
    CHECK(walker.state.truncate(0));
    walker.feed(tokens);
  });
}
TEST_CASE("sequences of a step do not see each other, and threads change nothing") {
  family.check_together("qwen3_next");
}
}

TEST_CASE("what a configuration says is what is built") {
  auto loaded = family.load("qwen3_next");
  auto& decoder = loaded.model.decoder;
  REQUIRE(decoder.layers.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(decoder.layers[i].attention.kind.index() == (i == 3 ? 1u : 0u));
    CHECK(decoder.layers[i].ffn.kind.index() == (i == 1 ? 0u : 1u));   // mlp_only_layers [1]
  }
  CHECK(attention(decoder, 3).gated);
  CHECK(attention(decoder, 3).rotary.frequencies.size() == 4);   // a quarter of 32 channels, in pairs
  CHECK(attention(decoder, 3).q_norm.zero_centred);
  CHECK_FALSE(delta_net(decoder, 0).norm.zero_centred);
  CHECK(delta_net(decoder, 0).norm.epsilon == 1e-3f);
  CHECK(experts(decoder, 0).shared.gate.weight.rows() == 40);
}

TEST_CASE("without layer_types every fourth layer is attention, or as full_attention_interval says") {
  const Scratch folder;
  link_with_config(golden_models() / "qwen3_next", "config.json", folder.path());
  folder.write("config.json", config_with(golden_models() / "qwen3_next", "layer_types", "null"));
  const auto loaded = io::load<qwen3_next::Family>(folder.path());
  const auto kind = [](const auto& model, std::size_t i) { return model.decoder.layers[i].attention.kind.index(); };
  for (std::size_t i = 0; i < 4; ++i) CHECK(kind(loaded.model, i) == (i == 3 ? 1u : 0u));
  folder.write("config.json", R"({"hidden_size": 64, "num_hidden_layers": 4, "vocab_size": 128, "num_experts": 8,
    "num_experts_per_tok": 2, "num_attention_heads": 4, "intermediate_size": 8, "moe_intermediate_size": 8,
    "shared_expert_intermediate_size": 8, "full_attention_interval": 2})");
  const auto config = io::Config::load(folder.path());
  const auto model = qwen3_next::Family::build(config, CheckpointFacts{1000, [](const std::string&) { return false; }});
  for (std::size_t i = 0; i < 4; ++i) CHECK(kind(model, i) == i % 2);
  CHECK(std::get<1>(model.decoder.layers[1].attention.kind).rotary.frequencies.size() == 2);   // a quarter of 16
}

TEST_CASE("experts stand in every decoder_sparse_step-th layer but where mlp_only_layers says otherwise") {
  const auto placed = [](const char* text) {
    const io::Config config = io::Config::parse(text, "config.json");
    std::string plan;
    for (int i = 0; i < 6; ++i) plan += qwen3_next::has_experts(config, i) ? 'e' : '-';
    return plan;
  };
  CHECK(placed("{}") == "eeeeee");
  CHECK(placed(R"({"decoder_sparse_step": 2})") == "-e-e-e");
  CHECK(placed(R"({"decoder_sparse_step": 3, "mlp_only_layers": [2, 4]})") == "-----e");
}

TEST_CASE("the state that the description promises is the state there is") {
  const auto loaded = family.load("qwen3_next");
  const ModelFacts facts = io::facts_of_model(loaded.model, "qwen3_next", loaded.weights);
  const Reference backend;
  Walker<qwen3_next::Model, Reference> walker(loaded.model, backend, Numerics::f32);
  const auto tokens = golden_prompt("qwen3_next", "long");
  walker.feed(tokens);
  const auto& memory = std::get<0>(walker.state.layers[0].kind);
  CHECK(facts.layers[0].state_per_token == 0);
  CHECK(static_cast<std::size_t>(facts.layers[0].state_fixed) == memory.memory.size() + memory.recent.inputs.size());
  CHECK(facts.layers[0].attention == "gated delta rule, 4 memories of 16 x 24, convolution of 4");
  const auto& cache = std::get<1>(walker.state.layers[3].kind);
  CHECK(static_cast<std::size_t>(facts.layers[3].state_per_token) * tokens.size() ==
        cache.keys.rows.size() + cache.values.rows.size());
  CHECK(facts.layers[3].attention == "attention, 4 heads of 32, 2 of keys and values, gated");
}

TEST_CASE("missing, extra and misshapen tensors are named all at once; mtp.* may be there") {
  const std::string message = family.error_of_altered("qwen3_next", [](Altered tensor) -> std::optional<Altered> {
    if (tensor.name == "model.layers.0.linear_attn.A_log") return std::nullopt;
    if (tensor.name == "model.layers.2.linear_attn.conv1d.weight") tensor.shape = {40, 4, 4};
    if (tensor.name == "model.layers.3.self_attn.q_proj.weight") tensor.shape = {64, 256};
    return tensor;
  }, {{"model.layers.1.mlp.shared_expert_gate.weight", io::Dtype::F32, {1}, std::vector<std::byte>(4)},
      {"mtp.fc.weight", io::Dtype::F32, {1}, std::vector<std::byte>(4)}});
  for (const char* part : {"4 that do not fit", "missing: model.layers.0.linear_attn.A_log",
                           "model.layers.2.linear_attn.conv1d.weight is [40, 4, 4], expected [160, 4]",
                           "model.layers.3.self_attn.q_proj.weight is [64, 256], expected [256, 64]",
                           "unknown: model.layers.1.mlp.shared_expert_gate.weight"})
    CHECK_MESSAGE(contains(message, part), message);
  CHECK_FALSE(contains(message, "mtp"));
}

TEST_CASE("a configuration that this family cannot be is refused by the field's name") {
  struct { const char *field, *value; } wrong[] = {
      {"layer_types", "[\"linear_attention\"]"}, {"linear_num_value_heads", "3"}, {"linear_conv_kernel_dim", "0"},
      {"decoder_sparse_step", "0"},              {"head_dim", "30"},              {"mlp_only_layers", "[-1]"},
      {"shared_expert_intermediate_size", "0"},  {"num_experts", "0"},
  };
  for (const auto& [field, value] : wrong) {
    const std::string message = family.error_with("qwen3_next", field, value);
    CHECK_MESSAGE(contains(message, field), message);
  }
}

}  // namespace etalon::qwen3_next
