// Tests of include/etalon/text/regex_program.hpp.
#include <etalon/text/regex_program.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;
using regex::Op;

namespace {

regex::Program compiled(std::string_view pattern) {
  return regex::Compiler("test").compile(regex::Parser(pattern, "test").parse());
}

}  // namespace

TEST_CASE("a repetition of one set is one instruction, and equal sets are kept once") {
  const regex::Program program = compiled("\\p{L}+\\p{L}");
  REQUIRE(program.code.size() == 3);
  CHECK(program.code[0].op == Op::set_loop);
  CHECK(program.code[1].op == Op::set);
  CHECK(program.code[0].a == program.code[1].a);
}

TEST_CASE("each outer alternative is an entry, told by its first character") {
  const regex::Program program = compiled("[ab]c|b|\\d+");
  REQUIRE(program.entries.size() == 3);
  CHECK(program.ascii_entries['a'] == 0b001);
  CHECK(program.ascii_entries['b'] == 0b011);
  CHECK(program.ascii_entries['1'] == 0b100);
  CHECK(program.ascii_entries['x'] == 0);
}

TEST_CASE("an alternative that can be empty may begin anywhere") {
  const regex::Program program = compiled("a*|(?=x)");
  CHECK(program.entries[0].anywhere);
  CHECK(program.entries[1].anywhere);
}

TEST_CASE("a program too large is refused, and one of nothing at all takes no time") {
  CHECK_THROWS_AS(compiled("(?:ab{1000}c){1000}{100}"), etalon::Error);
  CHECK_THROWS_AS(compiled("(?:ab|c){100000}{100000}"), etalon::Error);
  CHECK(compiled("(?:(?:(?:){100000}){100000}){100000}").code.size() < 10);
}

TEST_CASE("look-behind must be bounded") {
  CHECK_THROWS_AS(compiled("(?<=a+)b"), etalon::Error);
  CHECK_NOTHROW(compiled("(?<=a{1,255})b"));
}
