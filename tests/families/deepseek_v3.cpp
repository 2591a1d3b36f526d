// Tests of include/etalon/families/deepseek_v3.hpp: five tiny checkpoints, and what transformers computes for them.
#include <etalon/families/deepseek_v3.hpp>

#include <cstdio>

#include <doctest/doctest.h>

#include <etalon/io/load.hpp>
#include <etalon/layers/absorbed_mla.hpp>

#include "io/scratch.hpp"
#include "support/folders.hpp"
#include "support/golden.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// One checkpoint, one spelling of its configuration, one way to compute attention: both prompts against their traces.
template <Mixer Attention> Agreement compare(const std::string& name, const std::string& config) {
  const Scratch folder;
  link_with_config(golden_models() / name, config, folder.path());
  const auto loaded = io::load<deepseek_v3::Family<Attention>>(folder.path());
  Agreement all;
  for (const char* prompt : {"trace_short", "trace_long"}) {
    const auto trace = io::Checkpoint::open(folder.path() / (std::string(prompt) + ".safetensors"));
    const auto tokens = numbers_of<int>(trace, "tokens");
    REQUIRE(!tokens.empty());
    all.add(agreement(trace, heard_of(loaded.model, tokens)));
  }
  return all;
}

template <Mixer Attention> void compare_all(const char* form) {
  for (const std::string& name : deepseek_v3_cases()) {
    CAPTURE(name);
    for (const std::string config : {"config.json", "config.published.json"}) {
      CAPTURE(config);
      const Agreement result = compare<Attention>(name, config);
      CHECK_MESSAGE(result.problems.empty(), result.text());
      CHECK(result.compared >= 18);   // the smallest case has two layers
      CHECK(result.worst > 0.0);   // equal to the bit would mean that nothing was compared
      std::printf("%-22s %-22s %-8s %2d tensors, worst %.1e at %s\n", name.c_str(), config.c_str(), form,
                  result.compared, result.worst, result.worst_name.c_str());
    }
  }
}

}  // namespace

TEST_SUITE("golden") {
TEST_CASE("every tensor that transformers recorded agrees to 2e-5, every choice exactly: expanded attention") {
  compare_all<Mla>("expanded");
}

TEST_CASE("every tensor that transformers recorded agrees to 2e-5, every choice exactly: absorbed attention") {
  compare_all<AbsorbedMla>("absorbed");
}

TEST_CASE("the comparison sees a wrong model: one expert's weight, one norm's epsilon, one token") {
  auto loaded = io::load<deepseek_v3::Family<>>(golden_models() / "deepseek_v3");
  const auto trace = io::Checkpoint::open(golden_models() / "deepseek_v3" / "trace_long.safetensors");
  auto tokens = numbers_of<int>(trace, "tokens");
  CHECK(agreement(trace, heard_of(loaded.model, tokens)).problems.empty());
  auto changed = tokens;
  changed[3] ^= 1;
  CHECK_FALSE(agreement(trace, heard_of(loaded.model, changed)).problems.empty());
  loaded.model.decoder.layers[2].attention.kv_norm.epsilon = 1e-3f;   // rms_norm_eps instead of 1e-6
  CHECK_FALSE(agreement(trace, heard_of(loaded.model, tokens)).problems.empty());
  loaded.model.decoder.layers[2].attention.kv_norm.epsilon = 1e-6f;
  auto& experts = std::get<Moe<>>(loaded.model.decoder.layers[1].ffn.kind);
  std::swap(experts.experts[2], experts.experts[3]);
  CHECK_FALSE(agreement(trace, heard_of(loaded.model, tokens)).problems.empty());
}
}

TEST_CASE("what a configuration says is what is built") {
  const auto loaded = io::load<deepseek_v3::Family<>>(golden_models() / "deepseek_v3");
  const auto& layers = loaded.model.decoder.layers;
  REQUIRE(layers.size() == 4);
  CHECK(std::holds_alternative<GatedMlp<>>(layers[0].ffn.kind));   // first_k_dense_replace 1
  for (std::size_t i = 1; i < layers.size(); ++i) REQUIRE(std::holds_alternative<Moe<>>(layers[i].ffn.kind));
  const auto& moe = std::get<Moe<>>(layers[1].ffn.kind);
  CHECK(moe.experts.size() == 8);
  CHECK(moe.shared.gate.weight.rows() == 2 * 24);   // two shared experts are one of twice the width
  CHECK(moe.router.rule.scale == 2.5f);
  CHECK(layers[1].attention.kv_norm.epsilon == 1e-6f);           // of latents, always
  CHECK(layers[1].attention_residual.norm.epsilon == 1e-3f);     // of the stream, as configured
  CHECK(loaded.model.context == 256);
  CHECK(loaded.model.predictions.empty());   // configured, but the checkpoint holds none
}

TEST_CASE("an attention bias, where the configuration asks for it, stands in the inventory of wanted tensors") {
  const Scratch folder;
  link_with_config(golden_models() / "deepseek_v3", "config.json", folder.path());
  folder.write("config.json", config_with(golden_models() / "deepseek_v3", "attention_bias", "true"));
  const std::string message = error_of([&] { io::load<deepseek_v3::Family<>>(folder.path()); });
  for (const char* name : {"self_attn.q_a_proj.bias", "self_attn.kv_a_proj_with_mqa.bias", "self_attn.o_proj.bias"})
    CHECK_MESSAGE(contains(message, name), message);
}
