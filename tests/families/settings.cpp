// Tests of include/etalon/families/settings.hpp.
#include <etalon/families/settings.hpp>

#include <doctest/doctest.h>

#include <etalon/io/config.hpp>
#include <etalon/io/rope_config.hpp>

#include "io/scratch.hpp"

using namespace etalon;
using etalon::test::contains;
using etalon::test::error_of;

namespace {

io::Config parsed(const char* text) { return io::Config::parse(text, "config.json"); }

}  // namespace

static_assert(ConfigSource<io::Config>);

TEST_CASE("rotary parameters are the same in both spellings") {
  const auto published = rope_scaling(parsed(R"({"rope_theta": 100.0, "max_position_embeddings": 256, "rope_scaling":
    {"type": "yarn", "beta_fast": 4, "beta_slow": 2, "factor": 4, "mscale": 1.0, "mscale_all_dim": 0.8,
     "original_max_position_embeddings": 64, "truncate": false}})"), 10000.0);
  const auto saved = rope_scaling(parsed(R"({"max_position_embeddings": 256, "rope_parameters":
    {"rope_type": "yarn", "rope_theta": 100.0, "beta_fast": 4, "beta_slow": 2, "factor": 4, "mscale": 1.0,
     "mscale_all_dim": 0.8, "original_max_position_embeddings": 64, "truncate": false}})"), 10000.0);
  for (const RopeScaling& scaling : {published, saved}) {
    CHECK(scaling.kind == RopeKind::yarn);
    CHECK(scaling.theta == 100.0);
    CHECK(scaling.factor == 4.0);
    CHECK(scaling.original_max_position == 64);
    CHECK(scaling.beta_fast == 4.0);
    CHECK(scaling.beta_slow == 2.0);
    CHECK(scaling.mscale == 1.0);
    CHECK(scaling.mscale_all_dim == 0.8);
    CHECK_FALSE(scaling.attention_factor.has_value());
    CHECK_FALSE(scaling.truncate);
  }
}

TEST_CASE("without scaling the family's own base counts, and the kind is plain") {
  const RopeScaling scaling = rope_scaling(parsed(R"({"rope_scaling": null})"), 50000.0);
  CHECK(scaling.kind == RopeKind::plain);
  CHECK(scaling.theta == 50000.0);
}

TEST_CASE("each kind of scaling is recognised with its own fields") {
  const auto linear = rope_scaling(parsed(R"({"rope_scaling": {"type": "linear", "factor": 8}})"), 1e4);
  CHECK(linear.kind == RopeKind::linear);
  CHECK(linear.factor == 8.0);
  const auto llama3 = rope_scaling(parsed(R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
    "high_freq_factor": 5, "original_max_position_embeddings": 8192}})"), 5e5);
  CHECK(llama3.kind == RopeKind::llama3);
  CHECK(llama3.low_frequency_factor == 1.0);
  CHECK(llama3.high_frequency_factor == 5.0);
}

TEST_CASE("a field that says what the family always does may be absent or say just that") {
  CHECK(error_of([] { require_text(parsed("{}"), "hidden_act", "silu"); }) == "no error");
  CHECK(error_of([] { require_text(parsed(R"({"hidden_act": "silu"})"), "hidden_act", "silu"); }) == "no error");
  const std::string message = error_of([] { require_text(parsed(R"({"hidden_act": "gelu"})"), "hidden_act", "silu"); });
  CHECK_MESSAGE(contains(message, "config.json: hidden_act: expected \"silu\", found the text \"gelu\""), message);
}

TEST_CASE("layer types are listed for every layer, or follow the family's rule") {
  const auto types = [](const char* text) {
    return layer_types(parsed(text), 3, {"full", "sliding"}, [](int i) { return i == 2 ? "full" : "sliding"; });
  };
  CHECK(types("{}") == std::vector<std::string>{"sliding", "sliding", "full"});
  CHECK(types(R"({"layer_types": ["full", "full", "sliding"]})") ==
        std::vector<std::string>{"full", "full", "sliding"});
  for (const char* wrong : {R"({"layer_types": ["full"]})", R"({"layer_types": ["full", "full", "linear"]})"})
    CHECK(contains(error_of([&] { types(wrong); }), "for each of num_hidden_layers layers full or sliding"));
}

TEST_CASE("more experts than a checkpoint could hold are refused before memory is taken") {
  const CheckpointFacts facts{100, [](const std::string&) { return false; }};
  CHECK(error_of([&] { check_experts("config.json", 4, 1000, facts); }) == "no error");
  const std::string message = error_of([&] { check_experts("config.json", 1024, 65536, facts); });
  CHECK_MESSAGE(contains(message, "1024 layers of 65536 experts, and a checkpoint of 100 tensors"), message);
}
