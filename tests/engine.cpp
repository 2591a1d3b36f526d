// Tests of include/etalon/engine.hpp: the interface, by way of an engine without a model.
#include <etalon/engine.hpp>

#include <memory>
#include <type_traits>

#include <doctest/doctest.h>

#include "support/scripted_engine.hpp"

using namespace etalon;
using etalon::test::ScriptedEngine;

static_assert(std::has_virtual_destructor_v<Engine> && std::is_abstract_v<Engine>);

TEST_CASE("an engine is used through its interface alone") {
  const std::unique_ptr<Engine> engine = std::make_unique<ScriptedEngine>();
  CHECK(engine->length() == 0);
  const int prompt[] = {1, 2, 3};
  const auto logits = engine->advance(prompt, 2);   // of the last two
  CHECK(extent<Token>(logits) == 2);
  CHECK(extent<Vocab>(logits) == engine->facts().vocab);
  CHECK(logits[1][ScriptedEngine::next(3, 3)] == 5.0f);
  CHECK(engine->length() == 3);
  CHECK(engine->truncate(1));
  CHECK(engine->length() == 1);
  CHECK(extent<Vocab>(engine->draft(7)) == 16);
  CHECK(engine->length() == 1);   // a draft changes nothing
}

TEST_CASE("what is not asked for: the cpu, one thread, the best instructions, the model's mode, nobody listening") {
  const RunOptions options;
  CHECK(options.backend == "cpu");
  CHECK(options.threads == 1);
  CHECK(options.isa == best_isa());
  CHECK_FALSE(options.numerics.has_value());
  CHECK_FALSE(options.listener);
}
