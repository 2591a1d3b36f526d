// Tests of include/etalon/families/compressed_attention.hpp.
#include <etalon/families/compressed_attention.hpp>

#include <doctest/doctest.h>

#include <etalon/io/config.hpp>
#include <etalon/io/rope_config.hpp>

#include "io/scratch.hpp"

using namespace etalon;
using namespace etalon::test;

static io::Config configuration(const std::string& json) { return io::Config::parse("{" + json + "}", "config.json"); }

static const std::string sizes = R"("hidden_size": 4096, "head_dim": 512, "num_attention_heads": 64,
  "q_lora_rank": 1024, "o_groups": 8, "o_lora_rank": 1024, "sliding_window": 128, "index_n_heads": 64,
  "index_head_dim": 128, "index_topk": 512)";
static const std::string yarn =
    R"("factor": 16, "original_max_position_embeddings": 65536, "beta_fast": 32, "beta_slow": 1)";

TEST_CASE("layers in both spellings: 0 is the window alone, 4 has an indexer, 128 has none") {
  const auto published = configuration(R"("compress_ratios": [0, 4, 128, 0])");   // the last: of a prediction module
  const auto saved = configuration(R"("layer_types": ["sliding_attention", "compressed_sparse_attention",
    "heavily_compressed_attention"], "compress_rates": {"compressed_sparse_attention": 5})");
  const int published_rates[] = {0, 4, 128}, saved_rates[] = {0, 5, 128};
  for (int i = 0; i < 3; ++i) {
    CHECK(compression_of(published, i).rate == published_rates[i]);
    CHECK(compression_of(saved, i).rate == saved_rates[i]);
    CHECK(compression_of(published, i).indexed == (i == 1));
    CHECK(compression_of(saved, i).indexed == (i == 1));
  }
}

TEST_CASE("layers that are not described are refused by the field's name") {
  for (const char* json : {R"("compress_ratios": [4])", R"("compress_ratios": [4, 8])",
                           R"("layer_types": ["a", "full_attention"])", R"("layer_types": ["sliding_attention"])"}) {
    const std::string message = error_of([&] { compression_of(configuration(json), 1); });
    CHECK_MESSAGE(contains(message, "a known kind of attention for each layer"), message);
  }
  CHECK(contains(error_of([&] { compression_of(configuration(""), 0); }), "compress_ratios"));
}

TEST_CASE("two rotations in every spelling: plain for the window alone, yarn of another base where there are entries") {
  const auto published = configuration(R"("rope_theta": 10000, "compress_rope_theta": 160000,
    "rope_scaling": {"type": "yarn", )" + yarn + "}");
  const auto saved = configuration(R"("rope_theta": 10000,
    "rope_parameters": {"main": {"rope_type": "default", "rope_theta": 10000},
      "compress": {"rope_type": "yarn", "rope_theta": 160000, "attention_factor": 1.0, )" + yarn + "}}");
  const auto flat = configuration(R"("rope_theta": 10000, "compress_rope_theta": 160000,
    "rope_parameters": {"rope_type": "yarn", )" + yarn + "}");
  for (const auto& config : {published, saved, flat}) {
    const Rope window = rotary_of(config, false, 64), entries = rotary_of(config, true, 64);
    CHECK(window.frequencies[8] == doctest::Approx(0.1));
    CHECK(window.frequencies[31] == doctest::Approx(1.3335214e-4));
    CHECK(entries.frequencies[8] == doctest::Approx(0.05));
    CHECK(entries.frequencies[16] == doctest::Approx(0.002265625));
    CHECK(entries.frequencies[31] == doctest::Approx(5.68052904e-07));
    CHECK(window.attention_factor == 1.0);
    CHECK(entries.attention_factor == 1.0);   // yarn's own would be 1.277
  }
}

TEST_CASE("the sizes of DeepSeek-V4 Flash, layer by layer") {
  const auto config = configuration(sizes + R"(, "rope_scaling": {"type": "yarn", )" + yarn + "}");
  const auto window = compressed_attention_of(config, {0, false}, {});
  CHECK(window.q_up.weight.rows() == 64 * 512);
  CHECK(window.group_out.rows() == 8 * 1024);
  CHECK(window.group_out.columns() == 64 * 512 / 8);
  CHECK(window.out.weight.columns() == 8 * 1024);
  CHECK(window.first_turned() == 512 - 64);
  CHECK_FALSE(window.compressor);
  const auto heavy = compressed_attention_of(config, {128, false}, {});
  CHECK(heavy.compressor->value.weight.rows() == 512);
  CHECK(heavy.compressor->bias.rows() == 128);
  CHECK_FALSE(heavy.indexer);
  const auto sparse = compressed_attention_of(config, {4, true}, {});
  CHECK(sparse.compressor->value.weight.rows() == 1024);
  CHECK(sparse.indexer->query.weight.rows() == 64 * 128);
  CHECK(sparse.indexer->keys.gate.weight.rows() == 256);
  CHECK(sparse.indexer->keys.bias.rows() == 4);
}
