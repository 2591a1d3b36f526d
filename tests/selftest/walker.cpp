// Tests of include/etalon/selftest/walker.hpp, on one tiny model.
#include <etalon/selftest/walker.hpp>

#include <doctest/doctest.h>

#include <etalon/selftest/made_models.hpp>
#include <etalon/selftest/made_weights.hpp>

using namespace etalon;

TEST_CASE("what is fed in chunks gives the rows of what is fed at once, and a trace hears every tensor once a feed") {
  auto model = mixtral::Family::build(made_mixtral(), {.tensors = 1 << 20, .has_prefix = {}});
  MadeWeights weights;
  weights.fill(model, MadeFormat::bf16);
  const Reference backend;
  const std::vector<int> tokens{5, 3, 96, 0, 5, 7, 11, 2, 40};
  Walker<mixtral::Model, Reference, HashTrace> whole(model, backend, Numerics::f32);
  Walker<mixtral::Model, Reference> parts(model, backend, Numerics::f32);
  const auto logits = whole.feed(tokens);
  CHECK(logits.size() == tokens.size() * 97);
  CHECK(parts.feed(tokens, 4) == logits);
  CHECK(parts.hidden == whole.hidden);
  CHECK(parts.state.length() == 9);
  CHECK(whole.trace.hashes.contains("layers.1.out"));
  CHECK(whole.trace.hashes.at("logits").text() != Hash{}.text());
  parts.state.truncate(0);
  CHECK(parts.feed(std::span(tokens).first(1)) != std::vector<float>(logits.end() - 97, logits.end()));
}
