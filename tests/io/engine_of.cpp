// Tests of include/etalon/io/engine_of.hpp with the bundled model.
#include <etalon/io/engine_of.hpp>

#include <map>

#include <doctest/doctest.h>

#include <etalon/families/deepseek_v3.hpp>

#include "support/folders.hpp"
#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

std::unique_ptr<Engine> storyteller(RunOptions options = {}) {
  options.numerics = options.numerics.value_or(Numerics::f32);
  return io::open_engine<deepseek_v3::Family<>>("deepseek_v3", bundled_models() / "storyteller", std::move(options));
}
std::vector<float> numbers(const auto& view) { return {view.data, view.data + view.size()}; }

const std::vector<int> tokens{0, 776, 777, 265, 696, 18, 265, 808};   // "Once upon a time, a brave"

}  // namespace

TEST_CASE("tokens go in by parts, and the last rows' logits come out: the bits do not depend on the parts") {
  const auto whole = storyteller(), parts = storyteller();
  const auto all = numbers(whole->advance(tokens, static_cast<int>(tokens.size())));
  CHECK(all.size() == tokens.size() * 1024);
  parts->advance(std::span(tokens).first(5), 0);
  const auto last = numbers(parts->advance(std::span(tokens).subspan(5), 2));
  CHECK(parts->length() == 8);
  CHECK(same_bits({all.end() - 2 * 1024, all.end()}, last));
}

TEST_CASE("what was cut off is forgotten") {
  const auto engine = storyteller(), fresh = storyteller();
  const auto expected = numbers(fresh->advance(std::span(tokens).first(6), 1));
  engine->advance(tokens, 0);
  CHECK(engine->truncate(5));
  CHECK(engine->length() == 5);
  CHECK(same_bits(numbers(engine->advance(std::span(tokens).subspan(5, 1), 1)), expected));
  CHECK(engine->truncate(0));
  CHECK(engine->length() == 0);
}

TEST_CASE("a draft depends on the sequence and the next token alone, not on the drafts before it") {
  const auto engine = storyteller(), fresh = storyteller();
  engine->advance(std::span(tokens).first(4), 0);
  engine->draft(1);                                     // of a token that does not come
  const auto once = numbers(engine->draft(tokens[4]));
  CHECK(same_bits(numbers(engine->draft(tokens[4])), once));
  CHECK(engine->length() == 4);                         // a draft changes nothing
  engine->advance(std::span(tokens).subspan(4), 0);     // several tokens that the module has not seen
  engine->truncate(6);
  const auto later = numbers(engine->draft(tokens[6]));
  fresh->advance(std::span(tokens).first(6), 0);
  CHECK(same_bits(numbers(fresh->draft(tokens[6])), later));
}

TEST_CASE("backends, threads, instructions and a listener change nothing") {
  const auto expected = numbers(storyteller()->advance(tokens, 8));
  std::map<std::string, int> heard;
  RunOptions reference, threads, listening, plain;
  reference.backend = "reference";
  threads.threads = 3;
  listening.listener = [&](const Shown& tensor) { ++heard[tensor.name]; };
  plain.isa = Isa::scalar;
  for (const RunOptions& options : {reference, threads, listening, plain})
    CHECK(same_bits(numbers(storyteller(options)->advance(tokens, 8)), expected));
  CHECK(heard["layers.3.out"] == 1);
  CHECK(heard["logits"] == 1);
}

TEST_CASE("facts and options are those of the model and the run; the mode defaults to the checkpoint's") {
  const auto engine = io::open_engine<deepseek_v3::Family<>>("deepseek_v3", bundled_models() / "storyteller", {});
  CHECK(*engine->options().numerics == Numerics::bf16);
  CHECK(engine->facts().family == "deepseek_v3");
  CHECK(engine->facts().vocab == 1024);
  CHECK(engine->facts().predictions == 1);
  CHECK(engine->facts().layers.size() == 4);
  std::int64_t total = 0, of_module = 0, copies = 0;
  for (const WeightFacts& weight : engine->facts().weights) {
    const bool copy = weight.prediction && !weight.parameter && weight.path.ends_with("embedding");
    (copy ? copies : weight.prediction ? of_module : total) += weight.parameter || copy ? weight.count : 0;
  }
  CHECK(total == 1830464);      // as the model's README counts
  CHECK(of_module == 511728);
  CHECK(copies == 2 * 131072);
}

TEST_CASE("a folder that is no model is an Error") {
  const Scratch empty;
  CHECK(contains(error_of([&] { io::open_engine<deepseek_v3::Family<>>("x", empty.path(), {}); }), "config.json"));
}
