// Tests of include/etalon/sample/generate.hpp, with an engine whose texts can be worked out by hand. The bundled
// model's texts are in tests/models/storyteller.cpp.
#include <etalon/sample/generate.hpp>

#include <numeric>

#include <doctest/doctest.h>

#include "io/scratch.hpp"
#include "support/scripted_engine.hpp"

using namespace etalon;
using etalon::test::contains;
using etalon::test::error_of;
using etalon::test::ScriptedEngine;
using sample::generate;
using sample::GenerateOptions;

namespace {

std::vector<int> greedy_by_hand(std::vector<int> text, int count) {
  const std::size_t prompt = text.size();
  for (int i = 0; i < count; ++i) text.push_back(ScriptedEngine::next(text.back(), static_cast<int>(text.size())));
  return {text.begin() + static_cast<std::ptrdiff_t>(prompt), text.end()};
}

GenerateOptions up_to(int tokens) {
  GenerateOptions options;
  options.max_tokens = tokens;
  return options;
}

}  // namespace

TEST_CASE("a worked example: 1, 2 goes on 8, 11, 5 …") {
  ScriptedEngine engine;
  const std::vector<int> prompt{1, 2};
  CHECK(greedy_by_hand(prompt, 3) == std::vector<int>{8, 11, 5});   // 3*2+2, 3*8+3 mod 16, 3*11+4 mod 16
  const auto text = generate(engine, prompt, up_to(3));
  CHECK(text.tokens == std::vector<int>{8, 11, 5});
  CHECK_FALSE(text.stopped);
  CHECK(text.drafted == 0);
}

TEST_CASE("the prompt goes in whole or in chunks, and the text is the same") {
  const std::vector<int> prompt{1, 2, 3, 4, 5, 6, 7};
  ScriptedEngine whole, chunked;
  auto options = up_to(4);
  const auto text = generate(whole, prompt, options);
  options.chunk = 3;
  CHECK(generate(chunked, prompt, options).tokens == text.tokens);
  CHECK(whole.fed == std::vector<int>{7, 1, 1, 1});   // the last token is never fed: nothing follows it
  CHECK(chunked.fed == std::vector<int>{3, 3, 1, 1, 1, 1});
}

TEST_CASE("a stop token ends the text and is its last") {
  ScriptedEngine engine;
  auto options = up_to(50);
  options.stop = {11, 99};
  const auto text = generate(engine, std::vector<int>{1, 2}, options);
  CHECK(text.tokens == std::vector<int>{8, 11});
  CHECK(text.stopped);
}

TEST_CASE("the listener hears every token as it comes, and may end the text") {
  for (const bool speculate : {false, true}) {
    CAPTURE(speculate);
    ScriptedEngine engine;
    std::vector<int> heard;
    auto options = up_to(50);
    options.speculate = speculate;
    options.on_token = [&](int token) { heard.push_back(token); return heard.size() < 5; };
    const auto text = generate(engine, std::vector<int>{1, 2}, options);
    CHECK(heard == greedy_by_hand({1, 2}, 5));
    CHECK(text.tokens == heard);
    CHECK_FALSE(text.stopped);
  }
}

TEST_CASE("speculation gives the same text, however often drafts are right, and whether the state can go back or not") {
  for (const int slip : {1, 2, 3, 1000})
    for (const bool can_go_back : {true, false})
      for (const int count : {1, 2, 3, 10, 21}) {
        CAPTURE(slip);
        CAPTURE(can_go_back);
        CAPTURE(count);
        ScriptedEngine engine;
        engine.slip = slip;
        engine.can_go_back = can_go_back;
        auto options = up_to(count);
        options.speculate = true;
        const auto text = generate(engine, std::vector<int>{1, 2, 3}, options);
        CHECK(text.tokens == greedy_by_hand({1, 2, 3}, count));
        CHECK(text.accepted == (slip == 1 ? 0 : slip == 1000 ? text.drafted : text.accepted));
        CHECK(engine.truncations == text.drafted - text.accepted);
      }
}

TEST_CASE("speculation gives the same sampled text: a token depends on logits, seed and position only") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    ScriptedEngine plain, fast;
    auto options = up_to(25);
    options.sampling = {.temperature = 1.5f, .seed = seed};
    const auto expected = generate(plain, std::vector<int>{1, 2, 3}, options);
    options.speculate = true;
    CHECK(generate(fast, std::vector<int>{1, 2, 3}, options).tokens == expected.tokens);
  }
}

TEST_CASE("the context is filled and never passed") {
  for (const bool speculate : {false, true}) {
    CAPTURE(speculate);
    ScriptedEngine engine(8);
    auto options = up_to(100);
    options.speculate = speculate;
    const auto text = generate(engine, std::vector<int>{1, 2}, options);
    CHECK(text.tokens == greedy_by_hand({1, 2}, 6));
    CHECK(engine.length() <= 8);
  }
}

TEST_CASE("nothing asked for, nothing made") {
  ScriptedEngine engine;
  CHECK(generate(engine, std::vector<int>{1}, up_to(0)).tokens.empty());
}

TEST_CASE("prompts that cannot be are refused before anything is computed") {
  ScriptedEngine engine(8), without(8, 0);
  std::vector<int> long_prompt(9);
  std::iota(long_prompt.begin(), long_prompt.end(), 0);
  const struct { std::vector<int> prompt; const char* says; } cases[] = {
      {{}, "prompt: expected at least one token, found none"},
      {{1, -1}, "token 1: expected an id from 0 to 15, found -1"},
      {{16}, "token 0: expected an id from 0 to 15, found 16"},
      {{2147483647}, "found 2147483647"},
      {long_prompt, "prompt: expected at most 8 tokens, the model's context, found 9"}};
  for (const auto& c : cases) {
    const std::string message = error_of([&] { generate(engine, c.prompt, up_to(1)); });
    CHECK_MESSAGE(contains(message, c.says), message);
  }
  GenerateOptions options;
  options.speculate = true;
  CHECK(contains(error_of([&] { generate(without, std::vector<int>{1}, options); }),
                 "a model with a prediction module"));
  CHECK(engine.fed.empty());
}
