// Tests of include/etalon/text/word_cache.hpp.
#include <etalon/text/word_cache.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace etalon::text;

TEST_CASE("a word is found after it was put in, and no other is") {
  WordCache cache;
  CHECK_FALSE(cache.find("a").has_value());
  cache.insert("a", std::vector<TokenId>{1, 2});
  CHECK_FALSE(cache.find("b").has_value());
  cache.insert("b", std::vector<TokenId>{});
  REQUIRE(cache.find("a").has_value());
  CHECK((*cache.find("a"))[1] == 2);
  CHECK(cache.find("b")->empty());
}

TEST_CASE("long words are not kept") {
  WordCache cache;
  const std::string word(WordCache::longest_word + 1, 'a');
  CHECK_FALSE(cache.find(word).has_value());
  cache.insert(word, std::vector<TokenId>{1});
  CHECK_FALSE(cache.find(word).has_value());
}

TEST_CASE("a full cache starts anew and stays right") {
  WordCache cache;
  for (TokenId i = 0; i < 300000; ++i) {
    const std::string word = std::to_string(i);
    REQUIRE_FALSE(cache.find(word).has_value());
    cache.insert(word, std::vector<TokenId>{i});
    REQUIRE((*cache.find(word))[0] == i);
  }
  CHECK((*cache.find("299999"))[0] == 299999);
}
