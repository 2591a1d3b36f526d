// Tests of include/etalon/io/ordered_json.hpp; json.cpp tests what it has in common with json.hpp.
#include <etalon/io/ordered_json.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::io;

TEST_CASE("an ordered value keeps the order of the text, a plain one sorts") {
  const std::string text = R"({"b":1,"a":{"d":2,"c":3}})";
  CHECK(parse_ordered_json(text, "x").dump() == text);
  CHECK(parse_json(text, "x").dump() == R"({"a":{"c":3,"d":2},"b":1})");
}
