// Tests of include/etalon/selftest/made_models.hpp.
#include <etalon/selftest/made_models.hpp>

#include <doctest/doctest.h>

#include <etalon/walk.hpp>

using namespace etalon;

TEST_CASE("each model builds from its configuration, with layers and weights of awkward widths") {
  int models = 0;
  each_made_model([&](const std::string& name, auto family, const MadeConfig& config) {
    CAPTURE(name);
    auto model = family.build(config, {.tensors = 1 << 20, .has_prefix = [](const std::string&) { return false; }});
    int weights = 0, odd = 0;
    each_weight(model, [&](const std::string&, AnyWeight weight) {
      ++weights;
      odd += weight.columns() % 32 != 0;
    });
    CHECK(weights > 30);
    CHECK(odd > 10);
    ++models;
  });
  CHECK(models == 5);
}

TEST_CASE("what makes a family itself is in its model") {
  const CheckpointFacts facts{.tensors = 1 << 20, .has_prefix = [](const std::string&) { return false; }};
  CHECK(mixtral::Family::build(made_mixtral(), facts).decoder.layers[0].attention.window == 11);
  const auto v4 = deepseek_v4::Family::build(made_deepseek_v4(), facts);
  CHECK_FALSE(v4.decoder.layers[0].attention.compressor);
  CHECK(v4.decoder.layers[1].attention.indexer);
  CHECK(v4.decoder.layers[2].attention.compressor);
  CHECK(v4.decoder.layers[0].ffn.router.by_token);
}
