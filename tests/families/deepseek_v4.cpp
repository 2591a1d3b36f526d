// Tests of include/etalon/families/deepseek_v4.hpp: two tiny checkpoints, one as published in FP4 and FP8, and what
// transformers computes for them.
#include <etalon/families/deepseek_v4.hpp>

#include "support/family.hpp"

namespace etalon::deepseek_v4 {

using namespace test;

static constexpr FamilyTest<Family> family;

TEST_SUITE("golden") {
TEST_CASE("every tensor that transformers recorded agrees to 2e-5, every choice exactly, in both spellings") {
  family.check_golden("deepseek_v4", 41);
  family.check_golden("deepseek_v4_fp4", 37);
}

TEST_CASE("the comparison sees a wrong model: each of these alone makes it fail") {
  const auto wrong = [](auto change) { return family.notices("deepseek_v4", change); };
  CHECK_FALSE(wrong([](auto&) {}));
  CHECK(wrong([](auto& d) { d.layers[1].attention.indexer->chosen = 5; }));
  CHECK(wrong([](auto& d) { d.layers[0].attention.sizes.window = 11; }));
  CHECK(wrong([](auto& d) { d.layers[2].attention.rotary = d.layers[0].attention.rotary; }));
  CHECK(wrong([](auto& d) { d.layers[3].attention.compressor->sizes.overlapping = false; }));
  CHECK(wrong([](auto& d) { d.layers[1].attention_residual.rule.iterations = 1; }));
  CHECK(wrong([](auto& d) { for (auto& layer : d.layers) layer.ffn_residual.rule.norm_epsilon = 1e-6f; }));
  CHECK(wrong([](auto& d) { d.streams.rule.epsilon = 1e-2f; }));
  CHECK(wrong([](auto& d) { d.layers[0].ffn.router.by_token = {}; }));
  CHECK(wrong([](auto& d) { d.layers[2].ffn.shared.activation.limit = 10.0f; }));
  CHECK(wrong([](auto& d) { d.layers[3].ffn.router.correction = {}; }));
}
}

TEST_SUITE("bits") {
TEST_CASE("prefill, chunks of any size and token by token give the same bits in every mode") {
  family.check_chunks("deepseek_v4");
  family.check_chunks("deepseek_v4_fp4");
}
TEST_CASE("a saved state goes on as if nothing had happened; so does one cut back within its open groups") {
  family.check_saved("deepseek_v4");
  family.check_cut_back("deepseek_v4", 9, 2);   // groups of 4 and of 8 begin at 8; the window of 12 has dropped nothing
}
TEST_CASE("what is compressed, or dropped from the window, cannot come back") {
  for (const std::size_t at : {9u, 40u})
    family.check_rest("deepseek_v4", at, [](auto& walker, std::span<const int> tokens) {
      walker.feed(tokens);
      const auto saved = walker.state;
      CHECK_FALSE(walker.state.truncate(static_cast<int>(tokens.size()) - 2));
      walker.state = saved;
    });
}
TEST_CASE("sequences of a step do not see each other, and threads change nothing") {
  family.check_together("deepseek_v4");
  family.check_together("deepseek_v4_fp4");
}
}

TEST_CASE("what a configuration says is what is built") {
  const auto loaded = family.load("deepseek_v4_fp4");
  const auto& layers = loaded.model.decoder.layers;
  REQUIRE(layers.size() == 4);
  CHECK_FALSE(layers[0].attention.compressor);
  CHECK(layers[1].attention.compressor->sizes.rate == 4);
  CHECK(layers[1].attention.indexer->chosen == 4);
  CHECK(layers[2].attention.compressor->sizes.rate == 128);
  CHECK_FALSE(layers[2].attention.indexer);
  CHECK(layers[0].attention.rotary.frequencies[1] == doctest::Approx(0.5623413252));   // 100^(-2/16)
  CHECK(layers[1].attention.rotary.attention_factor == 1.0);
  CHECK(layers[0].ffn.router.by_token);
  CHECK(layers[1].ffn.router.correction);
  CHECK(layers[3].attention_residual.rule.iterations == 4);
  CHECK(layers[3].attention_residual.rule.norm_epsilon == 1e-3f);
  CHECK(loaded.model.decoder.streams.rule.epsilon == 1e-6f);
}

TEST_CASE("the state that the description promises is the state there is; tables of ids are no parameters") {
  const auto loaded = family.load("deepseek_v4");
  const ModelFacts facts = io::facts_of_model(loaded.model, "deepseek_v4", loaded.weights);
  const Reference backend;
  Walker<deepseek_v4::Model, Reference> walker(loaded.model, backend, Numerics::f32);
  const auto tokens = golden_prompt("deepseek_v4", "long");
  walker.feed(std::span(tokens).first(55));   // groups of 4 and of 8 are as full as they get
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    const CompressedState& state = walker.state.layers[i];
    std::size_t growing = 0, fixed = state.window.rows.size();
    for (const auto* part : {&state.entries, &state.index})
      if (*part) {
        growing += (*part)->entries.size();
        for (const Given* rows : {&(*part)->group, &(*part)->before}) fixed += rows->values.size() + rows->gates.size();
      }
    const LayerFacts& row = facts.layers[i];
    CHECK(growing == static_cast<std::size_t>(55 / row.state_stride * row.state_per_token));
    CHECK(fixed == static_cast<std::size_t>(row.state_fixed));
  }
  CHECK(facts.layers[1].state_per_token == 32 + 16);
  CHECK(facts.layers[1].state_stride == 4);
  CHECK(facts.layers[0].state_fixed == 11 * 32);
  for (const WeightFacts& weight : facts.weights) {
    const bool steers = weight.tensor.ends_with("gate.tid2eid") || weight.tensor.ends_with("gate.bias");
    CHECK(weight.parameter == !steers);
  }
}

TEST_CASE("missing, extra and misshapen tensors are named all at once; mtp.* may be there") {
  const auto alter = [](Altered tensor) -> std::optional<Altered> {
    if (tensor.name == "layers.1.attn.indexer.compressor.ape") return std::nullopt;
    if (tensor.name == "layers.2.hc_attn_fn") tensor.shape = {24 * 4, 64};
    if (tensor.name == "layers.0.attn.wo_a.weight") tensor.shape = {64, 32};
    return tensor;
  };
  const std::string message = family.error_of_altered("deepseek_v4", alter,
      {{"layers.0.attn.compressor.ape", io::Dtype::F32, {1}, std::vector<std::byte>(4)},
       {"mtp.0.attn.wkv.weight", io::Dtype::F32, {1}, std::vector<std::byte>(4)}});
  for (const char* part : {"4 that do not fit", "missing: layers.1.attn.indexer.compressor.ape",
                           "layers.2.hc_attn_fn is [96, 64]", "unknown: layers.0.attn.compressor.ape",
                           "layers.0.attn.wo_a.weight is [64, 32], expected [32, 64]"})
    CHECK_MESSAGE(contains(message, part), message);
  CHECK_FALSE(contains(message, "mtp"));
}

TEST_CASE("a table of experts by token that names an expert there is not is refused when the model is loaded") {
  const std::int64_t ids[] = {8, -1, std::int64_t{1} << 40};
  for (const std::int64_t id : ids) {
    const std::string message = family.error_of_altered("deepseek_v4", [&](Altered tensor) -> std::optional<Altered> {
      if (tensor.name == "layers.1.ffn.gate.tid2eid") std::memcpy(tensor.bytes.data() + 8 * 3 * 5, &id, 8);
      return tensor;
    });
    const bool said = contains(message, "row 5 of layers.1.ffn.gate.tid2eid holds something else than ids from 0 to 7");
    CHECK_MESSAGE(said, message);
  }
}

TEST_CASE("a configuration that this family cannot be is refused by the field's name") {
  struct { const char *field, *value, *named; } wrong[] = {
      {"layer_types", "[\"sliding_attention\"]", "layer_types"},
      {"layer_types", "[\"a\", \"b\", \"c\", \"d\"]", "layer_types"},
      {"mlp_layer_types", "[\"moe\", \"dense\", \"moe\", \"moe\"]", "mlp_layer_types"},
      {"o_groups", "3", "o_groups"},
      {"index_head_dim", "8", "index_head_dim"},
      {"num_key_value_heads", "2", "num_key_value_heads"},
      {"hc_mult", "33", "hc_mult"},
      {"scoring_func", "\"sigmoid\"", "scoring_func"},
      {"compress_rates", "{\"compressed_sparse_attention\": 0}", "compress_rates.compressed_sparse_attention"},
  };
  for (const auto& [field, value, named] : wrong) {
    const std::string message = family.error_with("deepseek_v4", field, value);
    CHECK_MESSAGE(contains(message, std::string("config.json: ") + named), message);
  }
}

}  // namespace etalon::deepseek_v4
