// The bundled model, models/storyteller, against what transformers makes of it: texts, drafts, logits; and speculative
// decoding against plain decoding. goldens.json and golden.safetensors are described in the model's README.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <etalon/io/json.hpp>
#include <etalon/sample/generate.hpp>

#include "support/engines.hpp"
#include "support/folders.hpp"
#include "support/golden.hpp"

using namespace etalon;
using namespace etalon::test;
using sample::GenerateOptions;

namespace {

constexpr int end_token = 1;

// Both forms of the model, loaded once.
const SharedModel<>& model(const std::string& name = "storyteller") {
  static const SharedModel<> plain = shared_model(bundled_models() / "storyteller");
  static const SharedModel<> fp8 = shared_model(bundled_models() / "storyteller-fp8");
  return name == "storyteller" ? plain : fp8;
}

const io::Json& goldens() {
  static const io::Json json = io::read_json(bundled_models() / "storyteller" / "goldens.json");
  return json;
}

std::vector<int> ids(const io::Json& list) { return list.get<std::vector<int>>(); }


// The module's logits for every row of a sequence: row t proposes token t + 2. (Token, Vocab)
std::vector<float> drafts_of(Engine& engine, const std::vector<int>& tokens) {
  std::vector<float> rows;
  for (std::size_t t = 0; t + 1 < tokens.size(); ++t) {
    engine.advance(std::span(&tokens[t], 1), 0);
    const auto logits = engine.draft(tokens[t + 1]);
    rows.insert(rows.end(), logits.data, logits.data + logits.size());
  }
  return rows;
}

// Generates with and without speculation; the texts must be one. Adds up the drafts. In absorbed form, which takes a
// fraction of the time here; what is shown depends on neither form.
void check_same_text(Numerics numerics, const io::Json& prompt, GenerateOptions options, int& drafted, int& accepted) {
  static const auto absorbed = shared_model<AbsorbedMla>(bundled_models() / "storyteller");
  const auto engine = engine_for(absorbed, numerics);
  const auto plain = sample::generate(*engine, ids(prompt["prompt_ids"]), options);
  engine->truncate(0);
  options.speculate = true;
  const auto fast = sample::generate(*engine, ids(prompt["prompt_ids"]), options);
  CHECK(fast.tokens == plain.tokens);
  CHECK(fast.stopped == plain.stopped);
  CHECK(plain.drafted == 0);
  drafted += fast.drafted;
  accepted += fast.accepted;
}

}  // namespace

TEST_SUITE("golden") {
TEST_CASE("the greedy text of every prompt is transformers', id for id") {
  int tokens = 0;
  for (const io::Json& prompt : goldens()["prompts"]) {
    CAPTURE(prompt["name"].get<std::string>());
    const std::vector<int> expected = ids(prompt["output_ids"]);
    GenerateOptions options;
    options.max_tokens = static_cast<int>(expected.size());
    options.stop = {end_token};
    const auto text = sample::generate(*engine_for(model(), Numerics::f32), ids(prompt["prompt_ids"]), options);
    CHECK(text.tokens == expected);
    CHECK(text.stopped == (prompt["finish"] == "eos"));
    tokens += static_cast<int>(expected.size());
  }
  CHECK(goldens()["prompts"].size() == 32);
  std::printf("greedy: %d tokens of %d prompts\n", tokens, static_cast<int>(goldens()["prompts"].size()));
}

TEST_CASE("the prediction module drafts what transformers' drafts, and is right as often") {
  for (const io::Json& golden : goldens()["mtp"]) {
    CAPTURE(golden["name"].get<std::string>());
    const std::vector<int> tokens = ids(golden["tokens"]);
    const auto rows = drafts_of(*engine_for(model(), Numerics::f32), tokens);
    const int vocab = static_cast<int>(rows.size() / (tokens.size() - 1));
    std::vector<int> drafts;
    for (std::size_t t = 0; t + 1 < tokens.size(); ++t)
      drafts.push_back(arg_max(&rows[t * static_cast<std::size_t>(vocab)], vocab));
    CHECK(drafts == ids(golden["draft_ids"]));
    int accepted = 0;
    for (std::size_t t = golden["prompt_length"].get<std::size_t>() - 1; t + 2 < tokens.size(); ++t)
      accepted += drafts[t] == tokens[t + 2];
    CHECK(accepted == golden["accepted"].get<int>());
  }
}

TEST_CASE("logits and the module's logits agree to 2e-5, bf16 and fp8 weights alike") {
  for (const std::string folder : {"storyteller", "storyteller-fp8"}) {
    CAPTURE(folder);
    const auto golden = io::Checkpoint::open(bundled_models() / folder / "golden.safetensors");
    for (const std::string name : {"story", "track"}) {
      const auto tokens = numbers_of<int>(golden, name + ".tokens");
      REQUIRE(tokens.size() == 72);
      const auto engine = engine_for(model(folder), Numerics::f32);
      const auto logits = engine->advance(tokens, static_cast<int>(tokens.size()));
      const double main = difference<float>({logits.data, logits.size()}, numbers_of<float>(golden, name + ".logits"));
      engine->truncate(0);
      const auto drafts = numbers_of<float>(golden, name + ".mtp_logits");
      const double module = difference<float>(drafts_of(*engine, tokens), drafts);
      CHECK(main <= tolerance);
      CHECK(module <= tolerance);
      std::printf("%-16s %s: logits differ by %.1e, the module's by %.1e\n", folder.c_str(), name.c_str(), main,
                  module);
    }
  }
}

TEST_CASE("speculative decoding gives the greedy text, and most drafts of chats are kept") {
  for (const Numerics numerics : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
    CAPTURE(name_of(numerics));
    int drafted = 0, accepted = 0;
    for (const io::Json& prompt : goldens()["prompts"]) {
      if (prompt["kind"] != "chat") continue;
      CAPTURE(prompt["name"].get<std::string>());
      GenerateOptions options;
      options.max_tokens = 120;
      options.stop = {end_token};
      check_same_text(numerics, prompt, options, drafted, accepted);
    }
    CHECK(accepted * 100 > drafted * 85);   // the model's README measures 91 % on its own chats
    std::printf("speculative, greedy, %s: %d of %d drafts kept (%.1f %%)\n", name_of(numerics), accepted, drafted,
                100.0 * accepted / drafted);
  }
}

TEST_CASE("speculative decoding gives the sampled text, whatever the seed and the filters") {
  const sample::SamplingOptions ways[] = {{.temperature = 0.7f, .seed = 1},
                                          {.temperature = 1.0f, .top_p = 0.9f, .seed = 2},
                                          {.temperature = 1.3f, .top_k = 20, .min_p = 0.05f, .seed = 3},
                                          {.temperature = 0.9f, .repeat_penalty = 1.2f, .seed = 4}};
  int drafted = 0, accepted = 0;
  for (const Numerics numerics : {Numerics::f32, Numerics::bf16, Numerics::int8})
    for (const auto& way : ways)
      for (const char* name : {"opening", "story request", "hand-overs", "digits and code"}) {
        CAPTURE(name_of(numerics));
        CAPTURE(way.seed);
        CAPTURE(std::string(name));
        const auto& prompts = goldens()["prompts"];
        const auto named = [&](const io::Json& prompt) { return prompt["name"] == name; };
        const auto prompt = std::find_if(prompts.begin(), prompts.end(), named);
        GenerateOptions options;
        options.sampling = way;
        options.max_tokens = 32;
        check_same_text(numerics, *prompt, options, drafted, accepted);
      }
  CHECK(accepted > 0);
  CHECK(accepted < drafted);   // else rolling back was never tried
  std::printf("speculative, sampled: %d of %d drafts kept\n", accepted, drafted);
}
}
