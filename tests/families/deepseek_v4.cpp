// Tests of include/etalon/families/deepseek_v4.hpp: two tiny checkpoints, one as published in FP4 and FP8, and what
// transformers computes for them.
#include <etalon/families/deepseek_v4.hpp>

#include <cstdio>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>
#include <etalon/io/describe.hpp>

#include "bits/runs.hpp"
#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

struct Case { const char *name, *config; };
constexpr Case golden_cases[] = {{"deepseek_v4", "config.json"},
                                 {"deepseek_v4_fp4", "config.json"},
                                 {"deepseek_v4_fp4", "config.published.json"}};

std::vector<int> prompt(const std::string& name, const char* which) {
  const auto file = golden_models() / name / (std::string("trace_") + which + ".safetensors");
  return numbers_of<int>(io::Checkpoint::open(file), "tokens");
}

using Loaded = io::Loaded<deepseek_v4::Model>;
Loaded load(const std::string& name) { return io::load<deepseek_v4::Family>(golden_models() / name); }

template <class Backend = Reference> using WalkerOf = Walker<deepseek_v4::Model, Backend>;

std::vector<float> logits_of(const deepseek_v4::Model& model, std::span<const int> tokens, Numerics mode, int chunk = 0) {
  const Reference backend;
  return WalkerOf<>(model, backend, mode).feed(tokens, chunk);
}

// Logits of a whole prompt before a state is cut back or restored, and after.
std::vector<float> tail(const std::vector<float>& logits, std::size_t rows, std::size_t vocab) {
  return {logits.end() - static_cast<std::ptrdiff_t>(rows * vocab), logits.end()};
}

}  // namespace

TEST_SUITE("golden") {
TEST_CASE("every tensor that transformers recorded agrees to 2e-5, every choice exactly, in both spellings") {
  for (const Case& c : golden_cases) {
    CAPTURE(c.name);
    CAPTURE(c.config);
    const Scratch folder;
    link_with_config(golden_models() / c.name, c.config, folder.path());
    const auto loaded = io::load<deepseek_v4::Family>(folder.path());
    Agreement all;
    for (const char* which : {"short", "long"}) {
      const auto trace = io::Checkpoint::open(folder.path() / ("trace_" + std::string(which) + ".safetensors"));
      all.add(agreement(trace, heard_of(loaded.model, prompt(c.name, which))));
    }
    CHECK_MESSAGE(all.problems.empty(), all.text());
    CHECK(all.compared >= 37);
    CHECK(all.worst > 0.0);   // equal to the bit would mean that nothing was compared
    std::printf("%-16s %-22s %2d tensors, worst %.1e at %s\n", c.name, c.config, all.compared, all.worst,
                all.worst_name.c_str());
  }
}

TEST_CASE("the comparison sees a wrong model: each of these alone makes it fail") {
  const auto tokens = prompt("deepseek_v4", "long");
  const auto trace = io::Checkpoint::open(golden_models() / "deepseek_v4" / "trace_long.safetensors");
  const auto wrong = [&](auto change) {
    Loaded loaded = load("deepseek_v4");
    change(loaded.model.decoder);
    return !agreement(trace, heard_of(loaded.model, tokens)).problems.empty();
  };
  CHECK_FALSE(wrong([](auto&) {}));
  CHECK(wrong([](auto& d) { d.layers[1].attention.indexer->chosen = 5; }));
  CHECK(wrong([](auto& d) { d.layers[0].attention.sizes.window = 11; }));
  CHECK(wrong([](auto& d) { d.layers[2].attention.rotary = d.layers[0].attention.rotary; }));
  CHECK(wrong([](auto& d) { d.layers[3].attention.compressor->sizes.overlapping = false; }));
  CHECK(wrong([](auto& d) { d.layers[1].attention_residual.rule.iterations = 1; }));
  CHECK(wrong([](auto& d) { for (auto& layer : d.layers) layer.ffn_residual.rule.norm_epsilon = 1e-6f; }));
  CHECK(wrong([](auto& d) { d.streams.rule.epsilon = 1e-2f; }));
  CHECK(wrong([](auto& d) { d.layers[0].ffn.router.by_token.reset(); }));
  CHECK(wrong([](auto& d) { d.layers[2].ffn.shared->activation.limit = 10.0f; }));
  CHECK(wrong([](auto& d) { d.layers[3].ffn.router.correction.reset(); }));
}
}

TEST_SUITE("bits") {
TEST_CASE("prefill, chunks of any size and token by token give the same bits in every mode") {
  for (const char* name : {"deepseek_v4", "deepseek_v4_fp4"}) {
    CAPTURE(name);
    const Loaded loaded = load(name);
    const auto tokens = prompt(name, "long");
    for (const Numerics mode : modes) {
      const auto whole = logits_of(loaded.model, tokens, mode);
      for (const int chunk : {1, 3, 4, 7, 32}) {
        CAPTURE(chunk);
        CHECK(hash_of(whole) == hash_of(logits_of(loaded.model, tokens, mode, chunk)));
      }
    }
  }
}

TEST_CASE("a saved state goes on as if nothing had happened, and so does one cut back within an open group") {
  const Loaded loaded = load("deepseek_v4");
  const auto tokens = prompt("deepseek_v4", "long");
  const Reference backend;
  const auto whole = logits_of(loaded.model, tokens, Numerics::bf16);
  for (const int at : {1, 5, 8, 13, 31, 40}) {
    CAPTURE(at);
    WalkerOf<> walker(loaded.model, backend, Numerics::bf16);
    walker.feed(std::span(tokens).first(at));
    const auto saved = walker.state;
    walker.feed(std::vector<int>{3, 1, 4, 1, 5, 9, 2, 6, 5});
    walker.state = saved;
    const auto rest = walker.feed(std::span(tokens).subspan(at));
    CHECK(same_bits(rest, tail(whole, tokens.size() - at, 128)));
  }
  WalkerOf<> walker(loaded.model, backend, Numerics::bf16);
  walker.feed(std::span(tokens).first(9));   // groups of 4 and of 8 begin at 8, and the window of 12 has dropped nothing
  walker.feed(std::vector<int>{7, 7});
  CHECK(walker.state.truncate(9));
  CHECK(walker.state.length() == 9);
  CHECK(same_bits(walker.feed(std::span(tokens).subspan(9)), tail(whole, tokens.size() - 9, 128)));
  CHECK_FALSE(walker.state.truncate(20));   // long since compressed
}

TEST_CASE("sequences of a step do not see each other, and threads change nothing") {
  const Loaded loaded = load("deepseek_v4");
  const auto tokens = prompt("deepseek_v4", "long");
  const auto alone = logits_of(loaded.model, tokens, Numerics::bf16);
  const std::vector<int> other(tokens.rbegin(), tokens.rend());
  const auto alone_other = logits_of(loaded.model, other, Numerics::bf16);
  Arena arena;
  NoTrace silent;
  const Cpu backend(2);
  const Context<Cpu, NoTrace> base{backend, Numerics::bf16, arena, silent};
  auto a = loaded.model.decoder.new_state(), b = a;
  std::vector<float> of_a, of_b;
  for (std::size_t first = 0; first < tokens.size(); first += 10) {
    auto ctx = base;
    const Arena::Scope scope(arena);
    const std::size_t n = std::min<std::size_t>(10, tokens.size() - first);
    StepBuffer buffer;
    buffer.add(std::span(tokens).subspan(first, n), static_cast<int>(first));
    buffer.add(std::span(other).subspan(first, n), static_cast<int>(first));
    decltype(&a) states[] = {&a, &b};
    const auto logits = loaded.model.decoder.logits(ctx, loaded.model.decoder.hidden(ctx, buffer.step(), states));
    of_a.insert(of_a.end(), logits.data, logits.data + n * 128);
    of_b.insert(of_b.end(), logits.data + n * 128, logits.data + 2 * n * 128);
  }
  CHECK(same_bits(of_a, alone));
  CHECK(same_bits(of_b, alone_other));
}
}

TEST_CASE("what a configuration says is what is built") {
  const auto loaded = load("deepseek_v4_fp4");
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

TEST_CASE("the state that the description promises is the state there is") {
  const Loaded loaded = load("deepseek_v4");
  const ModelFacts facts = io::facts_of_model(loaded.model, "deepseek_v4", loaded.weights);
  const Reference backend;
  WalkerOf<> walker(loaded.model, backend, Numerics::f32);
  const auto tokens = prompt("deepseek_v4", "long");
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
  for (const WeightFacts& weight : facts.weights)
    CHECK(weight.parameter == (weight.tensor.find("tid2eid") == weight.tensor.npos && !weight.tensor.ends_with("gate.bias")));
}

TEST_CASE("missing, extra and misshapen tensors are named all at once; mtp.* may be there") {
  const Scratch folder;
  write_altered(golden_models() / "deepseek_v4", folder.path(), [](Altered tensor) -> std::optional<Altered> {
    if (tensor.name == "layers.1.attn.indexer.compressor.ape") return std::nullopt;
    if (tensor.name == "layers.2.hc_attn_fn") tensor.shape = {24 * 4, 64};
    if (tensor.name == "layers.0.attn.wo_a.weight") tensor.shape = {64, 32};
    return tensor;
  }, {{"layers.0.attn.compressor.ape", io::Dtype::F32, {1}, std::vector<std::byte>(4)},
      {"mtp.0.attn.wkv.weight", io::Dtype::F32, {1}, std::vector<std::byte>(4)}});
  const std::string message = error_of([&] { io::load<deepseek_v4::Family>(folder.path()); });
  for (const char* part : {"4 that do not fit", "missing: layers.1.attn.indexer.compressor.ape", "layers.2.hc_attn_fn is [96, 64]",
                           "layers.0.attn.wo_a.weight is [64, 32], expected [32, 64]", "unknown: layers.0.attn.compressor.ape"})
    CHECK_MESSAGE(contains(message, part), message);
  CHECK_FALSE(contains(message, "mtp"));
}

TEST_CASE("a table of experts by token that names an expert there is not is refused when the model is loaded") {
  const std::int64_t ids[] = {8, -1, std::int64_t{1} << 40};
  for (const std::int64_t id : ids) {
    const Scratch folder;
    write_altered(golden_models() / "deepseek_v4", folder.path(), [&](Altered tensor) -> std::optional<Altered> {
      if (tensor.name == "layers.1.ffn.gate.tid2eid") std::memcpy(tensor.bytes.data() + 8 * 3 * 5, &id, 8);
      return tensor;
    });
    const std::string message = error_of([&] { io::load<deepseek_v4::Family>(folder.path()); });
    CHECK_MESSAGE(contains(message, "row 5 of layers.1.ffn.gate.tid2eid holds something else than ids from 0 to 7"), message);
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
    const Scratch folder;
    link_with_config(golden_models() / "deepseek_v4", "config.json", folder.path());
    folder.write("config.json", config_with(golden_models() / "deepseek_v4", field, value));
    const std::string message = error_of([&] { io::load<deepseek_v4::Family>(folder.path()); });
    CHECK_MESSAGE(contains(message, std::string("config.json: ") + named), message);
  }
}
