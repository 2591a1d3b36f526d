// Tests of include/etalon/text/utf8.hpp.
#include <etalon/text/utf8.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

TEST_CASE("every code point comes back from its bytes") {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    const std::string bytes = to_utf8(code);
    REQUIRE(well_formed(bytes));
    REQUIRE(decode_utf8(bytes, 0).code == code);
    REQUIRE(decode_utf8(bytes, 0).length == bytes.size());
    REQUIRE(decode_utf8_before("x" + bytes, 1 + bytes.size()).code == code);
  }
}

TEST_CASE("lengths: 1 byte below U+0080, 2 below U+0800, 3 below U+10000, 4 above") {
  CHECK(to_utf8(0x7F).size() == 1);
  CHECK(to_utf8(0x80).size() == 2);
  CHECK(to_utf8(0x7FF).size() == 2);
  CHECK(to_utf8(0x800).size() == 3);
  CHECK(to_utf8(0xFFFF).size() == 3);
  CHECK(to_utf8(0x10000).size() == 4);
}

TEST_CASE("overlong forms, surrogates, lone bytes and too large numbers are ill-formed") {
  for (const char* bytes : {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                            "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80", "\x80", "\xFF", "\xC3", "\xE3\x81", "\xF0\x9F\x98"}) {
    CHECK_FALSE(well_formed(bytes));
    CHECK(first_ill_formed(std::string("ab") + bytes) == 2);
  }
}

TEST_CASE("each maximal ill-formed part becomes one replacement character") {
  CHECK(replace_ill_formed("a\xFFz") == "a\xEF\xBF\xBDz");
  // The example of the Unicode standard, table 3-11: E1 80 | E2 | F0 91 92 | F1 BF | 41.
  CHECK(replace_ill_formed("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") ==
        "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\x41");
  CHECK(replace_ill_formed("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a character cut short is told from one that is wrong") {
  CHECK(utf8_prefix("\xE3\x81").kind == Utf8Kind::cut_short);
  CHECK(utf8_prefix("\xE3\x81x").kind == Utf8Kind::ill_formed);
  CHECK(utf8_prefix("\xE3\x81\x82x").kind == Utf8Kind::whole);
  CHECK(utf8_prefix("\xE3\x81\x82x").length == 3);
}
