// Tests of include/etalon/text/regex_syntax.hpp.
#include <etalon/text/regex_syntax.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;
using regex::Kind;

namespace {

regex::Node parsed(std::string_view pattern) { return regex::Parser(pattern, "test").parse(); }

std::string refused(std::string_view pattern) {
  try {
    parsed(pattern);
  } catch (const etalon::Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("the tree of a|b+? by hand") {
  const regex::Node tree = parsed("a|b+?");
  REQUIRE(tree.kind == Kind::alternation);
  REQUIRE(tree.children.size() == 2);
  const regex::Node& repeat = tree.children[1].children[0];
  CHECK(repeat.kind == Kind::repeat);
  CHECK(repeat.min == 1);
  CHECK(repeat.max == regex::unlimited);
  CHECK(repeat.greed == regex::Greed::lazy);
}

TEST_CASE("a plus behind braces repeats, behind a star or plus it makes possessive") {
  CHECK(parsed("a{1,2}+").children[0].children[0].kind == Kind::repeat);
  CHECK(parsed("a++").children[0].greed == regex::Greed::possessive);
  CHECK(parsed("a{3,1}").children[0].greed == regex::Greed::possessive);
}

TEST_CASE("options without a group hold for the alternatives behind them too") {
  const regex::Node tree = parsed("a(?i)b|c");  // a(?i:b|c)
  REQUIRE(tree.kind == Kind::sequence);
  CHECK(tree.children[1].kind == Kind::alternation);
}

TEST_CASE("braces that are no quantifier stand for themselves") {
  for (const char* pattern : {"a{", "a{}", "a{,}", "a{x}", "a{1", "}"}) CHECK(refused(pattern).empty());
}

TEST_CASE("what is not supported is refused by name and place") {
  for (const char* pattern : {"(", ")", "a)", "(?", "(?<n", "*a", "a|*", "^*", "(?=a)+", "\\1", "\\k<n>", "\\G",
                              "\\K", "\\X",
                              "(?~a)", "(?(1)a)", "(?s:.)", "a{100001}", "\\", "(?P<n>a)", "\\p{L"}) {
    CAPTURE(pattern);
    CHECK(refused(pattern).find("at character") != std::string::npos);
  }
  const std::string message = "at character 3: expected an escape with a known meaning, found \\1";
  CHECK(refused("ab\\1").find(message) != std::string::npos);
}

TEST_CASE("nesting is bounded") {
  CHECK(refused(std::string(40, '(') + "a" + std::string(40, ')')).empty());
  CHECK_FALSE(refused(std::string(5000, '(') + "a" + std::string(5000, ')')).empty());
  CHECK_FALSE(refused(std::string(5000, '[') + "a" + std::string(5000, ']')).empty());
}
