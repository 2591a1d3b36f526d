// Tests of include/etalon/text/bpe.hpp.
#include <etalon/text/bpe.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

// Tokens by number in the order given; merges are pairs of them, the first of lowest rank.
BpeModel model_of(const std::vector<std::string>& tokens,
                  const std::vector<std::pair<std::string, std::string>>& merges) {
  BpeModel model;
  TokenId id = 0;
  for (const std::string& token : tokens) model.vocabulary.add(token, id++);
  model.vocabulary.index_ids();
  model.merges = MergeTable(merges.size());
  std::uint32_t rank = 0;
  for (const auto& [left, right] : merges) {
    const TokenId result = *model.vocabulary.find(left + right);
    model.merges.set(*model.vocabulary.find(left), *model.vocabulary.find(right), {rank++, result});
  }
  return model;
}

std::string encoded(const BpeModel& model, std::string_view word) {
  std::string out;
  for (TokenId id : model.encode_reference(word, Alphabet::characters)) {
    out += std::string(*model.vocabulary.token(id)) + " ";
  }
  return out;
}

}  // namespace

TEST_CASE("by hand: the pair of lowest rank first, the leftmost of several") {
  const BpeModel model = model_of({"l", "o", "w", "e", "r", "lo", "er", "low", "lower", "we"},
                                  {{"e", "r"}, {"l", "o"}, {"lo", "w"}, {"low", "er"}});
  CHECK(encoded(model, "lower") == "lower ");
  CHECK(encoded(model, "lowlo") == "low lo ");
  CHECK(encoded(model_of({"a", "aa"}, {{"a", "a"}}), "aaaaa") == "aa aa a ");
}

TEST_CASE("rank decides, not length: a late long merge never gets its parts") {
  const BpeModel model = model_of({"a", "b", "c", "ab", "bc", "abc"}, {{"b", "c"}, {"a", "b"}, {"ab", "c"}});
  CHECK(encoded(model, "abc") == "a bc ");
  // The planted fault: merging from left to right without looking at ranks would have given abc.
  CHECK(encoded(model, "abab") == "ab ab ");
}

TEST_CASE("unknown characters: dropped, fused, separate, or spelled in bytes") {
  BpeModel model = model_of({"<unk>", "a", "<0xC3>", "<0xA9>"}, {});
  CHECK(encoded(model, "a\u00E9\u00E9") == "a ");
  model.unknown = "<unk>";
  CHECK(encoded(model, "a\u00E9\u00E9a") == "a <unk> <unk> a ");
  model.fuse_unknown = true;
  CHECK(encoded(model, "a\u00E9\u00E9a") == "a <unk> a ");
  model.byte_fallback = true;
  CHECK(encoded(model, "a\u00E9a") == "a <0xC3> <0xA9> a ");
  CHECK(encoded(model, "a\u00EAa") == "a <unk> a ");  // <0xAA> is missing: all bytes or none
  model.unknown = "<nothing>";
  CHECK_THROWS_AS(encoded(model, "\u00EA"), etalon::Error);
}

TEST_CASE("prefix inside a word, suffix at its end") {
  BpeModel model = model_of({"a", "##a", "##b</w>", "a</w>"}, {});
  model.continuing_prefix = "##";
  model.end_of_word_suffix = "</w>";
  CHECK(encoded(model, "aab") == "a ##a ##b</w> ");
  CHECK(encoded(model, "a") == "a</w> ");
}

TEST_CASE("ignore_merges takes a word that is a token as it is") {
  BpeModel model = model_of({"a", "b", "ab"}, {});
  CHECK(encoded(model, "ab") == "a b ");
  model.ignore_merges = true;
  CHECK(encoded(model, "ab") == "ab ");
}

TEST_CASE("bytes are looked up as the characters that stand for them") {
  const BpeModel model = model_of({"Ġ", "a", "Ã", "©"}, {});
  CHECK(model.symbols(" a\u00E9", Alphabet::bytes) == std::vector<TokenId>{0, 1, 2, 3});
}

TEST_CASE("a pair given twice keeps its later rank") {
  MergeTable table(2);
  table.set(1, 2, {0, 7});
  table.set(1, 2, {5, 7});
  CHECK(table.find(1, 2).rank == 5);
  CHECK(table.find(2, 1).rank == Merge::none);
  CHECK(table.ranks() == 6);
}
