// Tests of include/etalon/text/unicode_forms.hpp.
#include <etalon/text/unicode_forms.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <random>
#include <sstream>

#include <etalon/io/json.hpp>

using namespace etalon::text;

namespace {

std::string nfc(std::string_view text) { return normalize(text, NormalizationForm::nfc); }
std::string nfd(std::string_view text) { return normalize(text, NormalizationForm::nfd); }
std::string nfkc(std::string_view text) { return normalize(text, NormalizationForm::nfkc); }
std::string nfkd(std::string_view text) { return normalize(text, NormalizationForm::nfkd); }

}  // namespace

TEST_CASE("by hand: accents, ligatures, Hangul") {
  CHECK(nfc("e\u0301") == "\u00E9");
  CHECK(nfd("\u00E9") == "e\u0301");
  CHECK(nfc("\uFB01") == "\uFB01");
  CHECK(nfkc("\uFB01") == "fi");
  CHECK(nfd("\uAC01") == "\u1100\u1161\u11A8");
  CHECK(nfc("\u1100\u1161\u11A8") == "\uAC01");
  CHECK(nfc("\uAC00\u11A8") == "\uAC01");
  CHECK(nfkd("\u1E9B\u0323") == "s\u0323\u0307");
  CHECK(nfkc("\u1E9B\u0323") == "\u1E69");
}

TEST_CASE("marks are sorted by class, and marks of one class keep their order and block each other") {
  CHECK(nfd("a\u0301\u0323") == "a\u0323\u0301");
  CHECK(nfc("a\u0301\u0301") == "\u00E1\u0301");
  CHECK(nfc("a\u0305\u0301") == "a\u0305\u0301");   // blocked: both have class 230
  CHECK(nfc("a\u0327\u0301") == "\u00E1\u0327");    // not blocked: class 202 lies between
}

TEST_CASE("data is that of Unicode 9.0: a mark of a later release does not move") {
  CHECK(nfd("a\u0301\u0EBA") == "a\u0301\u0EBA");   // U+0EBA became a mark of class 9 in 12.0
}

TEST_CASE("the length of what became of a beginning is told") {
  std::size_t leading = 2;
  CHECK(normalize("\u00E9x", NormalizationForm::nfd, leading) == "e\u0301x");
  CHECK(leading == 3);
}

TEST_CASE("normalizing twice changes nothing, and the composed form decomposes to the decomposed one") {
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (unsigned i = random() % 12; i-- > 0;) {
      const char32_t pool[] = {U'a', U'e', 0x301, 0x323, 0x327, 0x1100, 0x1161, 0x11A8, 0xAC00, 0xFB01, 0x1E9B,
                               static_cast<char32_t>(random() % 0xD800),
                               static_cast<char32_t>(0xE000 + random() % 0x102000)};
      append_utf8(text, pool[random() % std::size(pool)]);
    }
    REQUIRE(nfc(nfc(text)) == nfc(text));
    REQUIRE(nfkd(nfkd(text)) == nfkd(text));
    REQUIRE(nfd(nfc(text)) == nfd(text));
    REQUIRE(nfkc(nfkd(text)) == nfkc(text));
  }
}

TEST_SUITE("golden") {
  TEST_CASE("every single code point: decompositions and what NFC changes") {
    const etalon::io::Json golden = etalon::io::read_json("tests/golden/tokenizers/unicode/normalization.json");
    const auto& decompositions = golden.at("nfd");
    const auto& composed = golden.at("nfc_changes_single");
    const auto find = [](const etalon::io::Json& map, char32_t code) {  // "00C0": "0041 0300"
      char key[16];
      std::snprintf(key, sizeof key, "%04X", static_cast<unsigned>(code));
      if (!map.contains(key)) return to_utf8(code);
      std::string out;
      std::istringstream parts(map.at(key).get<std::string>());
      for (std::uint32_t part; parts >> std::hex >> part;) append_utf8(out, part);
      return out;
    };
    std::size_t changed = 0;
    for (char32_t code = 0; code <= last_code_point; ++code) {
      const bool hangul = code >= 0xAC00 && code < 0xAC00 + 11172;
      if ((code >= 0xD800 && code <= 0xDFFF) || hangul) continue;
      const std::string text = to_utf8(code);
      changed += nfd(text) != text;
      REQUIRE(nfd(text) == find(decompositions, code));
      REQUIRE(nfc(text) == find(composed, code));
    }
    CHECK(changed == decompositions.size());
  }
}
