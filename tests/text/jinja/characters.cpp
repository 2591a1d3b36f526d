// Characters of UTF-8 texts and their classes, as Python has them.
#include <etalon/text/jinja/characters.hpp>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("characters are counted and found across one to four bytes") {
  const std::string text = "aé中😀z";
  CHECK(count_characters(text) == 5);
  CHECK(byte_of_character(text, 3) == 6);
  CHECK(byte_of_character(text, 9) == text.size());
  std::size_t at = 6;
  CHECK(next_character(text, at) == U'😀');
  CHECK(previous_character(text, at) == U'😀');
  CHECK(at == 6);
}

TEST_CASE("every code point survives writing and reading") {
  for (char32_t code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 61) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    append_character(text, code);
    std::size_t at = 0;
    REQUIRE(next_character(text, at) == code);
    REQUIRE(at == text.size());
    REQUIRE(is_utf8(text));
  }
}

TEST_CASE("ill-formed UTF-8 is seen") {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5", "\xc3", "a\xff"}) {
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("case follows Unicode, also where a character grows or depends on its place") {
  CHECK(upper("straße éǆ") == "STRASSE ÉǄ");
  CHECK(lower("ÉǄİ") == "éǆi̇");
  CHECK(lower("ΑΣ ΣΑ") == "ας σα");
  std::string title;
  append_title(title, U'ǆ');
  CHECK(title == "ǅ");
}

TEST_CASE("white space and line breaks are Python's sets") {
  for (char32_t c : {U' ', U'\t', U'\x1c', U'\u00a0', U'\u3000'}) CHECK(is_space(c));
  CHECK_FALSE(is_space(U'\u200b'));
  CHECK(is_line_break(U'\u2028'));
  CHECK_FALSE(is_line_break(U' '));
}
