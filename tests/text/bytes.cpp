// Tests of include/etalon/text/bytes.hpp.
#include <etalon/text/bytes.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace etalon::text;

TEST_CASE("by hand: letters stand for themselves, a blank is Ġ, a line feed Ċ") {
  CHECK(byte_characters['A'] == U'A');
  CHECK(byte_characters[' '] == U'Ġ');
  CHECK(byte_characters['\n'] == U'Ċ');
  CHECK(byte_characters[0] == 0x100);
  CHECK(byte_characters[0xAD] == 0x143);
}

TEST_CASE("256 different characters, and back") {
  std::set<char32_t> seen;
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t code = byte_characters[static_cast<std::size_t>(byte)];
    seen.insert(code);
    CHECK(byte_of_character(code) == static_cast<char>(byte));
  }
  CHECK(seen.size() == 256);
  CHECK_FALSE(byte_of_character(' ').has_value());
  CHECK_FALSE(byte_of_character(0x144).has_value());
}

TEST_CASE("any bytes come back; text outside the alphabet is told") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  std::string spelled;
  append_byte_characters(spelled, all);
  CHECK(bytes_of_characters(spelled) == all);
  CHECK_FALSE(bytes_of_characters("a b").has_value());
}
