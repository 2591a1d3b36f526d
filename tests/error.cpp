// Tests of include/etalon/error.hpp.
#include <etalon/error.hpp>

#include <type_traits>

#include <doctest/doctest.h>

static_assert(std::is_nothrow_copy_constructible_v<std::runtime_error>);
static_assert(std::is_base_of_v<std::runtime_error, etalon::Error>);

TEST_CASE("an error is one sentence: where, expected, found, next") {
  const etalon::Error error("config.json: n_group", "a divisor of 8", "3", "check the file");
  CHECK(std::string(error.what()) == "config.json: n_group: expected a divisor of 8, found 3; check the file");
  CHECK(error.where() == "config.json: n_group");
  CHECK(error.expected() == "a divisor of 8");
  CHECK(error.found() == "3");
  CHECK(error.next() == "check the file");
  CHECK(std::string(etalon::Error("a", "b", "c").what()) == "a: expected b, found c");
}

TEST_CASE("quoted text from a file is short and harmless") {
  CHECK(etalon::quoted("plain") == "\"plain\"");
  CHECK(etalon::quoted(std::string("a\nb\x1b[2J\x7f")) == "\"a?b?[2J?\"");
  CHECK(etalon::quoted("") == "\"\"");
  CHECK(etalon::quoted("abcdef", 6) == "\"abcdef\"");
  CHECK(etalon::quoted("abcdefg", 6) == "\"abcdef…\"");
  CHECK(etalon::quoted(std::string(1000, 'x')).size() < 100);
  CHECK(etalon::quoted("größe") == "\"größe\"");   // UTF-8 passes
}

TEST_CASE("a cut never leaves half a UTF-8 character") {
  CHECK(etalon::quoted("aé", 2) == "\"a…\"");
  CHECK(etalon::quoted("a€b", 3) == "\"a…\"");
  CHECK(etalon::quoted("a€b", 4) == "\"a€…\"");
}
