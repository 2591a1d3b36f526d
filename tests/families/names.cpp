// Tests of include/etalon/families/names.hpp.
#include <etalon/families/names.hpp>

#include <doctest/doctest.h>

using namespace etalon;

namespace {

constexpr Name table[] = {
    {"embedding", "model.embed_tokens.weight"},
    {"layers.*.attn.kv_down", "model.layers.*.self_attn.kv_a_proj_with_mqa"},
    {"layers.*.attn.kv_down", "layers.*.attn.wkv_a"},
    {"layers.*.ffn.experts.*.gate", "model.layers.*.mlp.experts.gate_up_proj",
     {.of_expert = true, .blocks = 2, .block = 0}},
};

std::vector<std::string> tensors(std::string_view path) {
  std::vector<std::string> names;
  for (const Source& source : sources_of(table, path)) names.push_back(source.tensor);
  return names;
}

}  // namespace

TEST_CASE("a star is carried over, and what follows the front stays") {
  CHECK(tensors("embedding") == std::vector<std::string>{"model.embed_tokens.weight"});
  CHECK(tensors("layers.3.attn.kv_down.weight")[0] == "model.layers.3.self_attn.kv_a_proj_with_mqa.weight");
  CHECK(tensors("layers.12.attn.kv_down.bias")[0] == "model.layers.12.self_attn.kv_a_proj_with_mqa.bias");
}

TEST_CASE("several rows that fit are alternatives, in the table's order") {
  CHECK(tensors("layers.3.attn.kv_down.weight") ==
        std::vector<std::string>{"model.layers.3.self_attn.kv_a_proj_with_mqa.weight", "layers.3.attn.wkv_a.weight"});
}

TEST_CASE("a row of all experts names the tensor without the expert, and says which one is meant") {
  const auto sources = sources_of(table, "layers.2.ffn.experts.7.gate.weight");
  REQUIRE(sources.size() == 1);
  CHECK(sources[0].tensor == "model.layers.2.mlp.experts.gate_up_proj");
  CHECK(sources[0].expert == 7);
  CHECK(sources[0].slice.blocks == 2);
  CHECK_FALSE(sources[0].slice.whole());
}

TEST_CASE("a path fits whole parts only, and no row is no source") {
  CHECK(tensors("layers.3.attn.kv_down_proj.weight").empty());
  CHECK(tensors("layers.3.attn").empty());
  CHECK(tensors("embeddings").empty());
  CHECK(tensors("").empty());
}

TEST_CASE("a family's own table stands before the usual names") {
  const auto own = sources_of({table, usual_names}, "layers.0.attn.kv_down.weight");
  CHECK(own.size() == 2);
  const auto usual = sources_of({table, usual_names}, "layers.0.attn.out.weight");
  CHECK(usual[0].tensor == "model.layers.0.self_attn.o_proj.weight");
  CHECK(sources_of({table, usual_names}, "nowhere").empty());
}

TEST_CASE("prediction modules are stored as layers behind the last") {
  CHECK(stacked_path("predictions.0.layer.attn.out.weight", 61) == "layers.61.attn.out.weight");
  CHECK(stacked_path("predictions.1.merge.weight", 61) == "layers.62.merge.weight");
  CHECK(stacked_path("layers.5.attn.out.weight", 61) == "layers.5.attn.out.weight");
  CHECK(stacked_path("embedding", 61) == "embedding");
}
