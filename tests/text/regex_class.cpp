// Tests of include/etalon/text/regex_class.hpp.
#include <etalon/text/regex_class.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

CodePointSet class_of(std::string_view brackets) {
  regex::Reader in(brackets, "test");
  REQUIRE(in.take('['));
  const CodePointSet set = regex::parse_class(in, 0);
  CHECK(in.at_end());
  return set;
}

}  // namespace

TEST_CASE("by hand: && takes the intersection, ^ negates the whole") {
  CHECK(class_of("[a-c&&[^b]]") == CodePointSet({{'a', 'a'}, {'c', 'c'}}));
  CHECK(class_of("[a-c&&b-d&&c]") == CodePointSet({{'c', 'c'}}));
  CHECK(class_of("[^a-c&&b]") == CodePointSet({{'b', 'b'}}).complement());
  CHECK(class_of("[[a-c][x-z]]") == CodePointSet({{'a', 'c'}, {'x', 'z'}}));
}

TEST_CASE("brackets and hyphens that stand for themselves") {
  CHECK(class_of("[]a]") == CodePointSet({{']', ']'}, {'a', 'a'}}));
  CHECK(class_of("[a-]") == CodePointSet({{'-', '-'}, {'a', 'a'}}));
  CHECK(class_of("[-a]") == CodePointSet({{'-', '-'}, {'a', 'a'}}));
  CHECK(class_of("[(.*]") == CodePointSet({{'(', '('}, {'.', '.'}, {'*', '*'}}));
}

TEST_CASE("escapes: numbers, properties, POSIX names") {
  CHECK(class_of("[\\x61-\\x{63}\\u0064]") == CodePointSet({{'a', 'd'}}));
  CHECK(class_of("[\\p{^L}]") == unicode::property("L")->complement());
  CHECK(class_of("[[:digit:]]") == *unicode::property("Nd"));
  CHECK(class_of("[[:^digit:]]") == unicode::property("Nd")->complement());
}

TEST_CASE("what cannot be meant is refused with its place") {
  for (const char* bad : {"[", "[a", "[]", "[^]", "[z-a]", "[a-\\d]", "[\\d-a]", "[\\p{Foo}]", "[[:foo:]]",
                          "[\\x{110000}]",
                          "[\\q]", "[\\p{L}"}) {
    CAPTURE(bad);
    regex::Reader in(bad, "test");
    in.take('[');
    CHECK_THROWS_AS(regex::parse_class(in, 0), etalon::Error);
  }
  try {
    regex::Reader in("[ab\\q]", "test");
    in.take('[');
    regex::parse_class(in, 0);
  } catch (const etalon::Error& error) {
    CHECK(std::string(error.what()).find("at character 4") != std::string::npos);
  }
}
