// Tests of include/etalon/families/mixtral.hpp: a tiny checkpoint, and what transformers computes for it.
#include <etalon/families/mixtral.hpp>

#include "support/family.hpp"

namespace etalon::mixtral {

using namespace test;

static constexpr FamilyTest<Family> family;

TEST_SUITE("golden") {
TEST_CASE("every tensor that transformers recorded agrees to 2e-5, every choice exactly, in both spellings") {
  family.check_golden("mixtral", 32);
}

TEST_CASE("the comparison sees a wrong model: each of these alone makes it fail") {
  const auto wrong = [](auto change) { return family.notices("mixtral", change); };
  CHECK_FALSE(wrong([](auto&) {}));
  CHECK(wrong([](auto& d) { d.layers[1].attention.window = 15; }));
  CHECK(wrong([](auto& d) { d.layers[1].attention.window = 0; }));
  CHECK(wrong([](auto& d) { d.layers[0].attention.rotary.pairs = RopePairs::neighbours; }));
  CHECK(wrong([](auto& d) { d.layers[2].ffn.router.rule.renormalise = false; }));
  CHECK(wrong([](auto& d) { d.layers[2].ffn.router.rule.score = RouterScore::sigmoid; }));
  CHECK(wrong([](auto& d) { std::swap(d.layers[2].ffn.experts[1].gate, d.layers[2].ffn.experts[1].up); }));
  CHECK(wrong([](auto& d) { d.norm.epsilon = 1e-5f; }));
}
}

TEST_SUITE("bits") {
TEST_CASE("prefill, chunks of any size and token by token give the same bits in every mode") {
  family.check_chunks("mixtral");
}
TEST_CASE("a saved state goes on as if nothing had happened; one cut back before its window dropped anything, too") {
  family.check_saved("mixtral");
  family.check_cut_back("mixtral", 6, 5);
}
TEST_CASE("what a window has dropped cannot come back") {
  family.check_rest("mixtral", 40, [](auto& walker, std::span<const int> tokens) {
    walker.feed(tokens);
    const auto saved = walker.state;
    CHECK_FALSE(walker.state.truncate(30));
    walker.state = saved;
  });
}
TEST_CASE("sequences of a step do not see each other, and threads change nothing") { family.check_together("mixtral"); }
}

TEST_CASE("what a configuration says is what is built") {
  const auto loaded = family.load("mixtral");
  const auto& layer = loaded.model.decoder.layers.at(1);
  CHECK(loaded.model.decoder.layers.size() == 3);
  CHECK(layer.attention.sizes.head_dim == 16);   // head_dim null: 64 channels over 4 heads
  CHECK(layer.attention.window == 16);
  CHECK(layer.attention.rotary.frequencies.size() == 8);
  CHECK(layer.ffn.experts.size() == 8);
  CHECK(layer.ffn.router.rule.chosen == 2);
  CHECK(layer.ffn.router.rule.epsilon == 0.0f);
  CHECK_FALSE(layer.ffn.router.correction);
  CHECK(layer.attention_residual.norm.epsilon == 1e-3f);
}

TEST_CASE("the state that the description promises is the state there is") {
  const auto loaded = family.load("mixtral");
  const ModelFacts facts = io::facts_of_model(loaded.model, "mixtral", loaded.weights);
  const Reference backend;
  Walker<mixtral::Model, Reference> walker(loaded.model, backend, Numerics::f32);
  walker.feed(golden_prompt("mixtral", "long"));
  const KeyValueState& state = walker.state.layers[0];
  CHECK(facts.layers[0].state_per_token == 0);
  CHECK(static_cast<std::size_t>(facts.layers[0].state_fixed) == state.keys.rows.size() + state.values.rows.size());
  CHECK(facts.layers[0].attention == "attention, 4 heads of 16, 2 of keys and values, window 16");
  CHECK(facts.experts == 8);
  CHECK(facts.chosen == 2);
}

TEST_CASE("missing, extra and misshapen tensors are named all at once") {
  const std::string message = family.error_of_altered("mixtral", [](Altered tensor) -> std::optional<Altered> {
    if (tensor.name == "model.layers.2.block_sparse_moe.experts.7.w2.weight") return std::nullopt;
    if (tensor.name == "model.layers.0.self_attn.k_proj.weight") tensor.shape = {64, 32};
    return tensor;
  }, {{"model.layers.0.self_attn.q_proj.bias", io::Dtype::F32, {1}, std::vector<std::byte>(4)}});
  for (const char* part : {"3 that do not fit", "missing: model.layers.2.block_sparse_moe.experts.7.w2.weight",
                           "model.layers.0.self_attn.k_proj.weight is [64, 32], expected [32, 64]",
                           "unknown: model.layers.0.self_attn.q_proj.bias"})
    CHECK_MESSAGE(contains(message, part), message);
}

TEST_CASE("a configuration that this family cannot be is refused by the field's name") {
  struct { const char *field, *value; } wrong[] = {
      {"num_experts_per_tok", "9"}, {"num_key_value_heads", "3"}, {"num_attention_heads", "5"},
      {"head_dim", "15"},           {"hidden_act", "\"gelu\""},   {"sliding_window", "0"},
      {"rms_norm_eps", "-1"},       {"vocab_size", "0"},
  };
  for (const auto& [field, value] : wrong) {
    const std::string message = family.error_with("mixtral", field, value);
    CHECK_MESSAGE(contains(message, std::string("config.json: ") + field), message);
  }
}

}  // namespace etalon::mixtral
