// Tests of include/etalon/text/vocabulary.hpp.
#include <etalon/text/vocabulary.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

TEST_CASE("tokens are found by text and by id") {
  Vocabulary vocabulary;
  for (TokenId id = 0; id < 5000; ++id) REQUIRE(vocabulary.add("token" + std::to_string(id), id * 2));
  CHECK_FALSE(vocabulary.index_ids().has_value());
  CHECK(vocabulary.size() == 5000);
  CHECK(vocabulary.find("token17") == 34);
  CHECK(vocabulary.token(34) == "token17");
  CHECK_FALSE(vocabulary.find("token5000").has_value());
  CHECK_FALSE(vocabulary.token(35).has_value());
  CHECK_FALSE(vocabulary.token(4000000000).has_value());
}

TEST_CASE("a token or an id given twice is told") {
  Vocabulary vocabulary;
  CHECK(vocabulary.add("a", 1));
  CHECK_FALSE(vocabulary.add("a", 2));
  CHECK(vocabulary.add("b", 1));
  CHECK(vocabulary.index_ids() == 1);
}

TEST_CASE("an enormous id costs no memory") {
  Vocabulary vocabulary;
  vocabulary.add("a", 4294967295);
  vocabulary.add("", 7);
  CHECK_FALSE(vocabulary.index_ids().has_value());
  CHECK(vocabulary.token(4294967295) == "a");
  CHECK(vocabulary.token(7) == "");
  CHECK_FALSE(vocabulary.token(8).has_value());
}
