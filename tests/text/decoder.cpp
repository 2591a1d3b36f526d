// Tests of include/etalon/text/decoder.hpp (expected values are Hugging Face's).
#include <etalon/text/decoder.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

std::string decoded(std::vector<DecoderStep> steps, Strings tokens) {
  RegexScratch scratch;
  return Decoder{true, std::move(steps)}.text(std::move(tokens), scratch);
}
ReplaceDecoder replace(const char* what, const char* with) { return {{Regex::literal(what, "test"), with}}; }

}  // namespace

TEST_CASE("as the Llama family decodes") {
  const std::vector<DecoderStep> steps{replace("\u2581", " "), ByteFallbackDecoder{}, FuseDecoder{},
                                       StripDecoder{" ", 1, 0}};
  CHECK(decoded(steps, {"\u2581\u2581Hi", "\u2581you", "<0xC3>", "<0xA9>", "!"}) == " Hi you\u00E9!");
}

TEST_CASE("one bad byte spoils its whole run") {
  CHECK(decoded({ByteFallbackDecoder{}}, {"<0x61>", "<0xFF>", "b", "<0x61>"}) == "\uFFFD\uFFFDba");
  CHECK(decoded({ByteFallbackDecoder{}}, {"<0xé>", "<0x4G>", "<0x+a>"}) == "<0xé><0x4G>\n");
}

TEST_CASE("ByteLevel: a token outside the alphabet stands for itself") {
  CHECK(decoded({ByteLevelDecoder{}}, {"Ġa", "Ã", "©", "日 x"}) == " aé日 x");
  CHECK(decoded({ByteLevelDecoder{}}, {"Ã", "a"}) == "\uFFFDa");
}

TEST_CASE("Metaspace drops the mark in the first token only") {
  CHECK(decoded({MetaspaceDecoder{"\u2581", true}}, {"\u2581a", "\u2581b"}) == "a b");
  CHECK(decoded({MetaspaceDecoder{"\u2581", false}}, {"\u2581a", "\u2581b"}) == " a b");
}

TEST_CASE("Strip is for each token, and stops at the token's ends") {
  CHECK(decoded({StripDecoder{" ", 0, 1}}, {"a ", "b  ", "  c"}) == "ab   c");
  CHECK(decoded({StripDecoder{" ", 5, 5}}, {"  ", ""}) == "");
}

TEST_CASE("without a decoder tokens are put together with blanks") {
  RegexScratch scratch;
  CHECK(Decoder{}.text({"a", "b"}, scratch) == "a b");
}
