// Tests of include/etalon/io/rope_config.hpp.
#include <etalon/io/rope_config.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;
using etalon::test::golden_models;

static RopeConfig rope_of(const std::string& json, double theta = 5e5) {
  return read_rope(Config::parse(json, "config.json"), theta);
}
static std::string rope_error(const std::string& json) {
  return error_of([&] { rope_of(json); });
}

TEST_CASE("both spellings of every golden configuration give the same parameters") {
  int pairs = 0;
  for (const auto& folder : std::filesystem::directory_iterator(golden_models())) {
    const auto published = folder.path() / "config.published.json";
    if (!is_file(published)) continue;
    CAPTURE(folder.path().string());
    const Config now = Config::load(folder.path()), before = Config::load(published);
    // One set for each kind of layer in one spelling, the family's own fields in the other: the family reads those.
    const auto sets = now.optional_object("rope_parameters");
    if (sets && sets->is_object("main")) continue;
    CHECK(read_rope(now, 1e4) == read_rope(before, 1e4));
    ++pairs;
  }
  CHECK(pairs >= 5);
}

TEST_CASE("DeepSeek-V3's golden configuration is read field by field") {
  const RopeConfig rope = read_rope(Config::load(golden_models() / "deepseek_v3"), 1e4);
  CHECK(rope.type == "yarn");
  CHECK(rope.theta == 100);
  CHECK(rope.factor == 4);
  CHECK(rope.original_max_position == 64);
  CHECK(rope.beta_fast == 4);
  CHECK(rope.beta_slow == 1);
  CHECK(rope.mscale == 1.0);
  CHECK(rope.mscale_all_dim == 0.8);
  CHECK_FALSE(rope.attention_factor.has_value());
  CHECK(rope.truncate);
  CHECK(rope.partial == 1);
}

TEST_CASE("nothing given: the family's theta and no scaling") {
  CHECK(rope_of("{}") == RopeConfig{.theta = 5e5});
  CHECK(rope_of(R"({"rope_scaling": null, "max_position_embeddings": 9})") ==
        RopeConfig{.theta = 5e5, .original_max_position = 9});
  CHECK(rope_of(R"({"rope_parameters": {}, "rope_scaling": {}})").theta == 5e5);
}

TEST_CASE("theta and partial_rotary_factor inside win over those beside, which win over the default") {
  CHECK(rope_of(R"({"rope_theta": 7})").theta == 7);
  CHECK(rope_of(R"({"rope_theta": 7, "rope_parameters": {"rope_type": "default", "rope_theta": 9}})").theta == 9);
  CHECK(rope_of(R"({"rope_theta": 7, "rope_parameters": {"rope_type": "default"}})").theta == 7);
  CHECK(rope_of(R"({"partial_rotary_factor": 0.5})").partial == 0.5);
  CHECK(rope_of(R"({"partial_rotary_factor": 0.5, "rope_parameters": {"partial_rotary_factor": 0.25}})").partial ==
        0.25);
}

TEST_CASE("a rope_scaling that is not null replaces rope_parameters") {
  const RopeConfig rope = rope_of(R"({"rope_theta": 7, "rope_scaling": {"type": "linear", "factor": 2},
                                     "rope_parameters": {"rope_type": "default", "rope_theta": 9}})");
  CHECK(rope.type == "linear");
  CHECK(rope.factor == 2);
  CHECK(rope.theta == 7);
  CHECK(rope_of(R"({"rope_scaling": null, "rope_parameters": {"rope_theta": 9}})").theta == 9);
}

TEST_CASE("each type reads its own fields") {
  CHECK(rope_of(R"({"rope_scaling": {"type": "linear", "factor": 2}})") ==
        RopeConfig{.type = "linear", .theta = 5e5, .factor = 2});
  const std::string dynamic = R"({"type": "dynamic", "factor": 1, "alpha": 1000})";
  CHECK(rope_of(R"({"max_position_embeddings": 256, "rope_scaling": )" + dynamic + "}") ==
        RopeConfig{.type = "dynamic", .theta = 5e5, .original_max_position = 256, .alpha = 1000.0});
  const RopeConfig llama = rope_of(R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
      "high_freq_factor": 4, "original_max_position_embeddings": 8192}, "max_position_embeddings": 131072})");
  CHECK(llama == RopeConfig{.type = "llama3", .theta = 5e5, .factor = 8, .original_max_position = 8192});
  const RopeConfig gpt_oss = rope_of(R"({"rope_theta": 150000, "max_position_embeddings": 131072, "rope_scaling":
      {"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": false}})");
  CHECK(gpt_oss.theta == 150000);
  CHECK_FALSE(gpt_oss.truncate);
  CHECK(gpt_oss.original_max_position == 131072);  // not given inside: max_position_embeddings
  const std::string scaled = R"({"type": "yarn", "factor": 2, "attention_factor": 1.5})";
  CHECK(rope_of(R"({"max_position_embeddings": 9, "rope_scaling": )" + scaled + "}").attention_factor == 1.5);
  // The newer key wins where both are written.
  CHECK(rope_of(R"({"rope_scaling": {"type": "mrope", "rope_type": "linear", "factor": 2}})").type == "linear");
}

TEST_CASE("one set of parameters for each layer type is read by its name") {
  const Config config = Config::parse(R"({"max_position_embeddings": 256, "rope_parameters": {
      "full_attention": {"rope_type": "linear", "factor": 2, "rope_theta": 9},
      "sliding_attention": {"rope_type": "default", "rope_theta": 11}}})", "config.json");
  CHECK(read_rope(config, "full_attention", 5).factor == 2);
  CHECK(read_rope(config, "sliding_attention", 5).theta == 11);
  CHECK(contains(error_of([&] { read_rope(config, "chunked", 5); }),
                 "config.json: rope_parameters.chunked: expected an object, found nothing"));
  CHECK(contains(error_of([&] { read_rope(config, 5); }),
                 "expected one set of parameters for all layers, found one for each layer type: \"full_attention\", "));
  const Config flat = Config::parse(R"({"rope_parameters": {"rope_theta": 9}})", "config.json");
  CHECK(read_rope(flat, "full_attention", 5).theta == 9);  // one flat set serves all types
}

TEST_CASE("a set of parameters among fields that are none is refused, not passed over") {
  const std::string mixed = R"({"rope_parameters": {"main": 0, "compress": {"rope_theta": 300}}})";
  CHECK(contains(rope_error(mixed), "config.json: rope_parameters.main: expected an object, as its neighbours: one set "
                                    "for a layer type, found the number 0"));
}

TEST_CASE("fields that cannot be meant are refused by path") {
  CHECK(contains(rope_error(R"({"rope_scaling": {"type": "longrope", "factor": 2}})"),
                 "config.json: rope_scaling.type: expected default, linear, dynamic, yarn or llama3, found the text"));
  CHECK(contains(rope_error(R"({"rope_parameters": {"rope_type": 3}})"), "rope_parameters.rope_type: expected a text"));
  CHECK(contains(rope_error(R"({"rope_scaling": [1]})"), "rope_scaling: expected an object, found a list of 1"));
  CHECK(contains(rope_error(R"({"rope_scaling": {"type": "linear"}})"), "rope_scaling.factor: expected a number"));
  CHECK(contains(rope_error(R"({"rope_scaling": {"type": "linear", "factor": 0.5}})"), "found the number 0.5"));
  CHECK(contains(rope_error(R"({"rope_scaling": {"type": "linear", "factor": "forty"}})"), "found the text \"forty\""));
  CHECK(contains(rope_error(R"({"rope_theta": 0})"), "config.json: rope_theta: expected a number from 1.001"));
  CHECK(contains(rope_error(R"({"rope_theta": -5})"), "rope_theta"));
  CHECK(contains(rope_error(R"({"partial_rotary_factor": 2})"), "partial_rotary_factor: expected a number from 0"));
  CHECK(contains(rope_error(R"({"rope_scaling": {"type": "yarn", "factor": 2}})"),
                 "max_position_embeddings: expected a whole number from 1"));
  CHECK(contains(rope_error(R"({"max_position_embeddings": 0})"), "max_position_embeddings"));
  CHECK(contains(rope_error(R"({"max_position_embeddings": 9, "rope_scaling": {"type": "yarn", "factor": 2,
                               "beta_fast": 1, "beta_slow": 2}})"),
                 "beta_fast: expected a number no smaller than beta_slow"));
  CHECK(contains(rope_error(R"({"max_position_embeddings": 9, "rope_scaling": {"type": "llama3", "factor": 2,
                               "low_freq_factor": 4, "high_freq_factor": 4}})"),
                 "high_freq_factor: expected a number above"));
}
