// Tests of include/etalon/text/pretokenize.hpp (expected values are Hugging Face's).
#include <etalon/text/pretokenize.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

std::string cut(const std::vector<PretokenizerStep>& steps, std::string_view text, std::size_t origin = 1) {
  PretokenizeScratch scratch;
  Pieces pieces{.text = text, .own = {}, .origin = origin, .cuts = {{0, text.size()}}};
  pretokenize(pieces, steps, scratch);
  std::string out = "|";
  for (const Pieces::Cut& one : pieces.cuts) out += std::string(pieces.piece(one)) + "|";
  return out;
}
std::string split(SplitBehavior behavior, bool invert = false) {
  return cut({Split{Regex::compile("-"), behavior, invert}}, "the-final--countdown");
}

}  // namespace

TEST_CASE("the five behaviours") {
  CHECK(split(SplitBehavior::removed) == "|the|final|countdown|");
  CHECK(split(SplitBehavior::isolated) == "|the|-|final|-|-|countdown|");
  CHECK(split(SplitBehavior::merged_with_previous) == "|the-|final-|-|countdown|");
  CHECK(split(SplitBehavior::merged_with_next) == "|the|-final|-|-countdown|");
  CHECK(split(SplitBehavior::contiguous) == "|the|-|final|--|countdown|");
  CHECK(split(SplitBehavior::removed, true) == "|-|-|-|");
}

TEST_CASE("Digits and Punctuation have sets of their own") {
  CHECK(cut({Digits{true}}, "a12\u00B2b") == "|a|1|2|\u00B2|b|");
  CHECK(cut({Digits{false}}, "a12\u00B2b") == "|a|12\u00B2|b|");
  CHECK(cut({Punctuation{SplitBehavior::isolated}}, "a$b\u3002") == "|a|$|b|\u3002|");
}

TEST_CASE("Whitespace: words and what is neither word nor white space") {
  CHECK(cut({WhitespaceWords{}}, "Hey, it's  me!!") == "|Hey|,|it|'|s|me|!!|");
}

TEST_CASE("Metaspace: three ways to prepend, with and without cuts") {
  using Scheme = Metaspace::PrependScheme;
  CHECK(cut({Metaspace{"_", Scheme::always, true}}, "a  b") == "|_a|_|_b|");
  CHECK(cut({Metaspace{"_", Scheme::never, true}}, "a b") == "|a|_b|");
  CHECK(cut({Metaspace{"_", Scheme::always, false}}, "a b") == "|_a_b|");
  const PretokenizerStep dashes = Split{Regex::compile("-"), SplitBehavior::isolated, false};
  CHECK(cut({dashes, Metaspace{"_", Scheme::first, true}}, "a-b") == "|_a|-|b|");
  CHECK(cut({dashes, Metaspace{"_", Scheme::always, true}}, "a-b") == "|_a|_-|_b|");
  CHECK(cut({Metaspace{"_", Scheme::first, true}}, "a", 0) == "|a|");
}

TEST_CASE("ByteLevel: GPT-2's cuts, a blank before, bytes as characters") {
  CHECK(cut({ByteLevel{false, true, false}}, "it's 12 é") == "|it|'s|Ġ12|ĠÃ©|");
  CHECK(cut({ByteLevel{true, true, true}}, "a b") == "| a| b|");
  CHECK(cut({ByteLevel{true, false, true}}, " a b") == "| a b|");
}
