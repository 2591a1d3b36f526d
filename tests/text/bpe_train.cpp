// Tests of include/etalon/text/bpe_train.hpp.
#include <etalon/text/bpe_train.hpp>

#include <doctest/doctest.h>

#include <map>
#include <random>

#include <etalon/text/tokenizer.hpp>

using namespace etalon::text;

namespace {

TrainedBpe trained_on(std::string_view text, std::size_t size) {
  BpeTrainer trainer;
  trainer.add(text);
  return trainer.train(size);
}

// The definition, counting everything anew for each merge. One word.
TrainedBpe by_definition(std::string_view word, std::size_t size) {
  TrainedBpe out;
  for (int byte = 0; byte < 256; ++byte) out.tokens.emplace_back(1, static_cast<char>(byte));
  std::vector<TokenId> symbols;
  for (char c : word) symbols.push_back(static_cast<unsigned char>(c));
  while (out.tokens.size() < size) {
    std::map<std::pair<TokenId, TokenId>, int> counts;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) ++counts[{symbols[i], symbols[i + 1]}];
    std::pair<TokenId, TokenId> best;
    int most = 1;
    for (const auto& [pair, count] : counts) {
      if (count > most) {
        most = count;
        best = pair;
      }
    }
    if (most == 1) break;
    const auto id = static_cast<TokenId>(out.tokens.size());
    out.tokens.push_back(out.tokens[best.first] + out.tokens[best.second]);
    out.merges.push_back(best);
    std::vector<TokenId> next;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const bool here = i + 1 < symbols.size() && symbols[i] == best.first && symbols[i + 1] == best.second;
      next.push_back(here ? id : symbols[i]);
      i += here;
    }
    symbols = next;
  }
  return out;
}

}  // namespace

TEST_CASE("by hand: the most frequent pair first, ties to the lower ids") {
  const TrainedBpe trained = trained_on("low low low lower lowest", 259);
  REQUIRE(trained.merges.size() == 3);
  CHECK(trained.tokens[256] == "lo");   // lo and ow occur 5 times each; l < o
  CHECK(trained.tokens[257] == "low");
  CHECK(trained.tokens[258] == " low");
}

TEST_CASE("equal to the definition on random words") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string word;
    for (unsigned i = random() % 200; i-- > 0;) word += static_cast<char>('a' + random() % 3);
    const TrainedBpe fast = trained_on(word, 300), slow = by_definition(word, 300);
    REQUIRE(fast.merges == slow.merges);
    REQUIRE(fast.tokens == slow.tokens);
  }
}

TEST_CASE("the file is a tokenizer that merges as trained") {
  const std::string text = "the cat and the hat and the bat; é and 日本 the end";
  const Tokenizer tokenizer = Tokenizer::parse(tokenizer_json(trained_on(text, 280), {"<end>"}));
  CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
  CHECK(tokenizer.encode(" the").size() == 1);
  CHECK(tokenizer.id_of("<end>") == tokenizer.vocab_size() - 1);
}

TEST_CASE("no more merges than pairs that occur twice") {
  CHECK(trained_on("abc", 1000).tokens.size() == 256);
  CHECK(trained_on("", 1000).tokens.size() == 256);
}
