// Tests of include/etalon/text/normalizer.hpp (expected values are Hugging Face's).
#include <etalon/text/normalizer.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

Section after(const NormalizerStep& step, std::string text, std::size_t origin = 1) {
  RegexScratch scratch;
  Section section{std::move(text), origin, true};
  normalize(section, {step}, scratch);
  return section;
}

}  // namespace

TEST_CASE("Prepend leaves empty text empty") {
  CHECK(after(Prepend{"\u2581"}, "a").text == "\u2581a");
  CHECK(after(Prepend{"\u2581"}, "").text == "");
}

TEST_CASE("Replace: text and expressions, nothing in empty text") {
  CHECK(after(Replace{Regex::literal(" ", "test"), "\u2581"}, "a b ").text == "a\u2581b\u2581");
  CHECK(after(Replace{Regex::compile("\\s+"), " "}, "a \n b").text == "a b");
  CHECK(after(Replace{Regex::compile("x*"), "-"}, "axb").text == "-a-b-");
  CHECK(after(Replace{Regex::compile("x*"), "-"}, "").text == "");
}

TEST_CASE("Strip takes all of Unicode's white space, at the ends asked for") {
  CHECK(after(StripEnds{true, false}, " \u3000a \u00A0").text == "a \u00A0");
  CHECK(after(StripEnds{false, true}, " \u3000a \u00A0").text == " \u3000a");
  CHECK(after(StripEnds{true, true}, " \n ").text == "");
}

TEST_CASE("Lowercase is by character: no final sigma, İ becomes two") {
  CHECK(after(Lowercase{}, "ΣΑΣ İẞ").text == "σασ i\u0307ß");
}

TEST_CASE("what came from the input's first character is kept track of") {
  CHECK(after(Prepend{"ab"}, "xy").origin == 3);
  CHECK(after(StripEnds{true, false}, " a").origin == 0);
  CHECK(after(Replace{Regex::literal("x", "test"), "123"}, "xy").origin == 3);
  CHECK(after(Replace{Regex::literal("xy", "test"), "123"}, "xyz").origin == 0);
  CHECK(after(UnicodeForm{NormalizationForm::nfd}, "\u00E9x", 2).origin == 3);
  CHECK(after(Lowercase{}, "İx", 2).origin == 3);
}
