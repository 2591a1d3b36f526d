// Tests of include/etalon/text/explain.hpp.
#include <etalon/text/explain.hpp>

#include <doctest/doctest.h>

#include "small_tokenizer.hpp"

using namespace etalon::text;

TEST_CASE("words, merges with their ranks, ids") {
  const Tokenizer tokenizer = Tokenizer::parse(test::small_tokenizer_json());
  const std::string text = explain(tokenizer, "<s>in the");
  CHECK(text.find("|<s>|in|·the|") != std::string::npos);
  CHECK(text.find("rank 0: t + h") != std::string::npos);
  CHECK(text.find("rank 3: · + the") != std::string::npos);
  CHECK(text.find("3 tokens") != std::string::npos);
  CHECK(text.find("·the 259") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(explain(tokenizer, "in", {}, {.colour = true}).find('\x1b') != std::string::npos);
}

TEST_CASE("merges are left out for a long text, and bytes that are not UTF-8 are treated as asked") {
  const Tokenizer tokenizer = Tokenizer::parse(test::small_tokenizer_json());
  CHECK(explain(tokenizer, std::string(1000, 'a')).find("rank") == std::string::npos);
  CHECK_THROWS_AS(explain(tokenizer, "\xFF"), etalon::Error);
  CHECK_NOTHROW(explain(tokenizer, "\xFF", {.invalid_utf8 = InvalidUtf8::replace}));
}
