// Tests of include/etalon/text/added_vocabulary.hpp (expected values are Hugging Face's).
#include <etalon/text/added_vocabulary.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

Vocabulary vocabulary() {
  Vocabulary out;
  out.add("a", 0);
  out.add("b", 1);
  out.index_ids();
  return out;
}
AddedVocabulary added(const std::vector<AddedToken>& tokens, const std::vector<NormalizerStep>& normalizer = {}) {
  return AddedVocabulary(tokens, vocabulary(), normalizer, "test");
}

}  // namespace

TEST_CASE("tokens of the vocabulary keep their ids, others are numbered on, whatever the file says") {
  const AddedVocabulary tokens = added({{.content = "X", .id = 77}, {.content = "b", .id = 5},
                                        {.content = "Y", .id = 3}});
  CHECK(tokens.find("X") == 2);
  CHECK(tokens.find("b") == 1);
  CHECK(tokens.find("Y") == 3);
  CHECK(tokens.size() == 3);
  CHECK(tokens.outside(vocabulary()) == 2);
}

TEST_CASE("a token looked for normalized decodes to its normalized text, and is then not special") {
  const AddedVocabulary tokens = added({{.content = "XY", .normalized = true, .special = true}}, {Lowercase{}});
  CHECK(*tokens.decoded(2) == "xy");
  CHECK(tokens.is_special("XY"));
  CHECK_FALSE(tokens.is_special("xy"));
}

TEST_CASE("no text to look for, or no free id, is an Error") {
  CHECK_THROWS_AS(added({{.content = "  ", .normalized = true}}, {StripEnds{true, true}}), etalon::Error);
  Vocabulary gap;
  gap.add("a", 0);
  gap.add("b", 2);
  gap.index_ids();
  CHECK_THROWS_AS(AddedVocabulary({{.content = "X"}}, gap, {}, "test"), etalon::Error);
}

TEST_CASE("empty tokens are ignored, and of two with the same normalized text the first is found") {
  const AddedVocabulary tokens = added({{.content = ""}, {.content = "X", .normalized = true},
                                        {.content = "x", .normalized = true}}, {Lowercase{}});
  TokenId found = 0;
  tokens.split_normalized("x", [](std::size_t, std::size_t) {}, [&](TokenId id) { found = id; });
  CHECK(found == 2);
}
