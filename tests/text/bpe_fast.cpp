// Tests of include/etalon/text/bpe_fast.hpp: it is the loop of bpe.hpp, whatever the merges.
#include <etalon/text/bpe_fast.hpp>

#include <doctest/doctest.h>

#include <random>

using namespace etalon::text;

namespace {

// Merges such as training makes: the parts exist before the whole.
MergeTable trained_merges(std::mt19937& random, TokenId letters, std::uint32_t count) {
  MergeTable merges(count);
  for (std::uint32_t rank = 0; rank < count; ++rank) {
    const TokenId known = letters + rank;
    merges.set(random() % known, random() % known, {rank, letters + rank});
  }
  return merges;
}

// Merges in no order at all: a whole may rank before its parts, and results may be old tokens.
MergeTable wild_merges(std::mt19937& random, TokenId letters, std::uint32_t count) {
  MergeTable merges(count);
  for (std::uint32_t rank = 0; rank < count; ++rank) {
    merges.set(random() % (letters + 5), random() % (letters + 5),
               {static_cast<std::uint32_t>(random() % (2 * count)), static_cast<TokenId>(random() % (letters + 5))});
  }
  return merges;
}

void compare(std::mt19937& random, const MergeTable& merges, TokenId letters, BpeScratch& scratch) {
  for (std::size_t length : {0, 1, 2, 3, 10, 24, 25, 60, 300}) {
    std::vector<TokenId> fast(length);
    for (TokenId& symbol : fast) symbol = random() % letters;
    std::vector<TokenId> slow = fast;
    merge_pairs(slow, merges);
    scratch.merge(fast, merges);
    REQUIRE(fast == slow);
  }
}

}  // namespace

TEST_CASE("equal to the loop for trained merges") {
  std::mt19937 random(1);
  BpeScratch scratch;
  for (int round = 0; round < 400; ++round) {
    const TokenId letters = 1 + random() % 6;
    compare(random, trained_merges(random, letters, 1 + random() % 40), letters, scratch);
  }
}

TEST_CASE("equal to the loop for merges in any order") {
  std::mt19937 random(2);
  BpeScratch scratch;
  for (int round = 0; round < 400; ++round) {
    const TokenId letters = 1 + random() % 6;
    compare(random, wild_merges(random, letters, 1 + random() % 40), letters, scratch);
  }
}

TEST_CASE("a word of two million equal letters takes no quadratic time") {
  MergeTable merges(4);
  for (std::uint32_t rank = 0; rank < 4; ++rank) merges.set(rank, rank, {rank, rank + 1});
  std::vector<TokenId> word(2000001, 0);
  BpeScratch().merge(word, merges);
  CHECK(word.size() == 2000000 / 16 + 1);
  CHECK(word.front() == 4);
  CHECK(word.back() == 0);
}
