// Tests of include/etalon/text/tokenizer_json.hpp: a bad file ends in one clear Error.
#include <etalon/text/tokenizer_json.hpp>

#include <doctest/doctest.h>

#include <etalon/text/tokenizer.hpp>

#include "small_tokenizer.hpp"

using namespace etalon::text;

namespace {

// What is said about the small tokenizer with one text replaced by another; empty if it loads.
std::string said(const std::string& from, const std::string& to) {
  std::string json = test::small_tokenizer_json();
  const std::size_t at = json.find(from);
  REQUIRE(at != std::string::npos);
  json.replace(at, from.size(), to);
  try {
    Tokenizer::parse(json);
  } catch (const etalon::Error& error) {
    return error.what();
  }
  return {};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("merges as pairs and as strings are the same") {
  CHECK(said("\"t h\",\"th e\",\"Ġ t\",\"Ġ the\",\"i n\"", "[\"t\",\"h\"],[\"th\",\"e\"],[\"Ġ\",\"t\"]").empty());
  CHECK(has(said("\"t h\"", "[\"t\",\"h\"]"), "merges of one kind"));
  CHECK(has(said("\"t h\"", "[\"t\",\"h\",\"e\"]"), "two tokens in a merge"));
}

TEST_CASE("merges that name unknown tokens, or none") {
  CHECK(has(said("\"i n\"", "\"i zz\""), "model.merges[4]: expected tokens that model.vocab has, found \"zz\""));
  CHECK(has(said("\"i n\"", "\"e n\""), "found \"en\""));
  CHECK(has(said("\"i n\"", "\"in\""), "two tokens with a blank between"));
  CHECK(has(said("\"i n\"", "7"), "model.merges"));
}

TEST_CASE("ids twice, out of range, or no numbers") {
  CHECK(has(said("\"the\":257", "\"the\":256"), "every id once, found 256 for two tokens"));
  CHECK(has(said("\"the\":257", "\"th\":257"), "every token once"));
  CHECK(has(said("\"the\":257", "\"the\":4294967296"), "below 4294967296"));
  CHECK(has(said("\"the\":257", "\"the\":-1"), "token ids"));
  CHECK(has(said("\"the\":257", "\"the\":\"x\""), "token ids"));
  CHECK(has(said("\"the\":257", "\"the\":{}"), "token ids"));
}

TEST_CASE("an added token whose id belongs to another token") {
  CHECK(has(said("\"in\":260", "\"in\":261"), "added token \"<s>\""));
}

TEST_CASE("other versions, truncation, dropout and other models are refused by name") {
  CHECK(has(said("\"version\":\"1.0\"", "\"version\":\"2.0\""), "version 1.0"));
  CHECK(has(said("\"version\":\"1.0\"", "\"truncation\":{}"), "truncation"));
  CHECK(has(said("\"type\":\"BPE\"", "\"type\":\"BPE\",\"dropout\":0.1"), "dropout"));
  CHECK(has(said("\"type\":\"BPE\"", "\"type\":\"Unigram\""), "Unigram"));
}

TEST_CASE("text that is cut short, deep or not JSON") {
  const std::string json = test::small_tokenizer_json();
  for (std::size_t length = 0; length < json.size(); length += 37) {
    CHECK_THROWS_AS(Tokenizer::parse(json.substr(0, length)), etalon::Error);
  }
  CHECK(has(said("\"normalizer\":null", "\"normalizer\":" + std::string(10000, '[')), "inside each other"));
  CHECK_THROWS_AS(Tokenizer::parse("[]"), etalon::Error);
  CHECK_THROWS_AS(Tokenizer::parse("{\"model\":{\"vocab\":[],\"merges\":{}}}"), etalon::Error);
}
