// Tests of include/etalon/text/tokenizer.hpp. The golden comparison with Hugging Face is golden_tokenizers.py.
#include <etalon/text/tokenizer.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <thread>

#include "small_tokenizer.hpp"

using namespace etalon::text;

namespace {

Tokenizer small() { return Tokenizer::parse(test::small_tokenizer_json()); }

std::string random_text(std::mt19937& random) {
  std::string text;
  for (unsigned i = random() % 40; i-- > 0;) {
    const char* parts[] = {"the", " the", " ", "in", "é", "\n", "1", "<s>", "<e", "日本", "😀", "x", "'s"};
    text += parts[random() % std::size(parts)];
  }
  return text;
}

}  // namespace

TEST_CASE("by hand") {
  const Tokenizer tokenizer = small();
  // " the" would be rank 3 made of Ġ and "the"; but "Ġ t" does not stand in the way, for "t h" comes first.
  CHECK(tokenizer.encode("in the") == std::vector<TokenId>{260, 259});
  CHECK(tokenizer.encode("<s>in<note>").size() == 3);
  CHECK(tokenizer.encode("") == std::vector<TokenId>{});
  CHECK(tokenizer.encode("in", {.add_special_tokens = true}) == std::vector<TokenId>{261, 260});
}

TEST_CASE("tokens and ids, both ways") {
  const Tokenizer tokenizer = small();
  CHECK(tokenizer.id_of("<e>") == 262);
  CHECK(tokenizer.token(262) == "<e>");
  CHECK(tokenizer.id_of("Ġthe") == 259);
  CHECK_FALSE(tokenizer.id_of("nothing").has_value());
  CHECK(tokenizer.token(9999).empty());
  CHECK(tokenizer.vocab_size() == 264);
}

TEST_CASE("decoding undoes encoding of any text") {
  const Tokenizer tokenizer = small();
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random_text(random);
    REQUIRE(tokenizer.decode(tokenizer.encode(text)) == text);
  }
}

TEST_CASE("special tokens are skipped where asked, other added tokens are not; ids of no token are skipped") {
  const Tokenizer tokenizer = small();
  const std::vector<TokenId> ids{261, 260, 263, 262, 4000000000};
  CHECK(tokenizer.decode(ids) == "<s>in<note><e>");
  CHECK(tokenizer.decode(ids, {.skip_special_tokens = true}) == "in<note>");
}

TEST_CASE("ids that spell invalid UTF-8 give replacement characters") {
  const Tokenizer tokenizer = small();
  const TokenId lone = *tokenizer.id_of("Ã");
  CHECK(tokenizer.decode(std::vector<TokenId>{lone, 260}) == "\uFFFDin");
}

TEST_CASE("input that is not UTF-8 is refused with its place, or replaced") {
  const Tokenizer tokenizer = small();
  CHECK_THROWS_WITH_AS(tokenizer.encode("ab\xFF"), doctest::Contains("byte 2"), etalon::Error);
  CHECK(tokenizer.encode("\xFF", {.invalid_utf8 = InvalidUtf8::replace}) == tokenizer.encode("\uFFFD"));
}

TEST_CASE("the cache changes nothing: words one by one equal the reference encoder") {
  const Tokenizer tokenizer = small();
  for (const char* word : {"the", " the", "thethe", "innin", " t", "é"}) {
    for (int again = 0; again < 2; ++again) {
      CHECK(tokenizer.encode(word) == tokenizer.model().encode_reference(word, tokenizer.alphabet()));
    }
  }
}

TEST_CASE("threads may share a tokenizer") {
  const Tokenizer tokenizer = small();
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int round = 0; round < 200; ++round) {
      const std::string text = random_text(random);
      if (tokenizer.decode(tokenizer.encode(text)) != text) std::abort();
    }
  };
  std::thread one(work, 1), two(work, 2);
  one.join();
  two.join();
}

TEST_CASE("a missing file is an Error that names it") {
  CHECK_THROWS_WITH_AS(Tokenizer::load("no/such/folder"), doctest::Contains("no/such/folder"), etalon::Error);
}
