// Tests of include/etalon/io/describe.hpp.
#include <etalon/io/describe.hpp>

#include <doctest/doctest.h>

#include <etalon/families/deepseek_v3.hpp>
#include <etalon/io/config.hpp>
#include <etalon/io/rope_config.hpp>

#include "io/scratch.hpp"

using namespace etalon;
using etalon::test::contains;
using etalon::test::golden_models;

namespace {

// Built from a configuration; no weights are needed to describe a model.
template <Mixer Attention> ModelFacts facts(const char* name) {
  const io::Config config = io::Config::load(golden_models() / name);
  const auto model = deepseek_v3::Family<Attention>::build(config, {10000, [](const std::string&) { return false; }});
  return io::facts_of_model(model, "deepseek_v3", {});
}

}  // namespace

TEST_CASE("the facts of a model are those of its configuration") {
  const ModelFacts facts = ::facts<Mla>("deepseek_v3");
  CHECK(facts.family == "deepseek_v3");
  CHECK(facts.vocab == 128);
  CHECK(facts.channels == 64);
  CHECK(facts.context == 256);
  CHECK(facts.experts == 8);
  CHECK(facts.chosen == 3);
  CHECK(facts.predictions == 0);
  REQUIRE(facts.layers.size() == 4);
}

TEST_CASE("a layer in words: attention with what it caches a token, dense or sparse") {
  const ModelFacts facts = ::facts<Mla>("deepseek_v3");
  CHECK(facts.layers[0].attention == "latent attention, 4 heads, latent 24 + rotary 16");
  CHECK(facts.layers[0].state_per_token == 40);
  CHECK(facts.layers[0].state_fixed == 0);
  CHECK(facts.layers[0].ffn == "dense, 96 wide");
  CHECK(facts.layers[1].ffn == "8 experts 24 wide, 3 chosen from 2 of 4 groups, shared expert 48 wide");
  CHECK_FALSE(contains(::facts<Mla>("kimi_k2").layers[1].ffn, "groups"));   // one group is none
}

TEST_CASE("the absorbed form keeps what the expanded one keeps") {
  const LayerFacts absorbed = ::facts<AbsorbedMla>("deepseek_v3").layers[2];
  const LayerFacts expanded = ::facts<Mla>("deepseek_v3").layers[2];
  CHECK(absorbed.attention == expanded.attention + ", absorbed");
  CHECK(absorbed.state_per_token == expanded.state_per_token);
  CHECK(absorbed.memo_per_token == 0);                      // it builds no keys to remember
  CHECK(expanded.memo_per_token == 4 * (16 + 16 + 16));
}
