// Tests of include/etalon/selftest/model_cases.hpp, on the smallest of its models.
#include <etalon/selftest/model_cases.hpp>

#include <doctest/doctest.h>

using namespace etalon;

namespace {

auto made(MadeWeights& weights) {
  auto model = mixtral::Family::build(made_mixtral(), {.tensors = 1 << 20, .has_prefix = {}});
  weights.fill(model, MadeFormat::bf16);
  return model;
}

}  // namespace

TEST_CASE("a run gives three hashes, the same each time, and no fault however it is computed") {
  MadeWeights weights;
  const auto model = made(weights);
  const ModelRun run(model, Numerics::bf16);
  CHECK(run.hashes().size() == 3);
  CHECK(run.hashes() == ModelRun(model, Numerics::bf16).hashes());
  CHECK(run.fault({2, 3}) == "");
  CHECK(run.quick_fault() == "");
}

TEST_CASE("another mode, or a last place of one weight, is another hash") {
  MadeWeights weights, others;
  auto model = made(weights);
  const auto before = ModelRun(model, Numerics::f32).hashes();
  CHECK(ModelRun(model, Numerics::int8).hashes()[0] != before[0]);
  model.decoder.layers[1].ffn.experts[2].down.weight.storage = others.matrix("other", 72, 40, MadeFormat::bf16);
  CHECK(ModelRun(model, Numerics::f32).hashes()[0] != before[0]);
}

TEST_CASE("logits that are not those of the other ways are a fault: the test can fail") {
  MadeWeights weights;
  const auto model = made(weights);
  ModelRun run(model, Numerics::f32);
  run.expect({0.0f});
  CHECK(run.fault({}) == "chunks of 1");
}
