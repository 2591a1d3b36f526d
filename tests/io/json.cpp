// Tests of include/etalon/io/json.hpp; what must hold of both kinds of value is claimed of both.
#include <etalon/io/json.hpp>
#include <etalon/io/ordered_json.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;

TEST_CASE("a text becomes the value it writes") {
  const Json value = parse_json(R"({"a": [1, -2, 3.5, true, null, "ü€😀"], "b": {"c": {}}})", "x.json");
  CHECK(value["a"].size() == 6);
  CHECK(value["a"][0] == 1);
  CHECK(value["a"][1] == -2);
  CHECK(value["a"][2] == 3.5);
  CHECK(value["a"][3] == true);
  CHECK(value["a"][4].is_null());
  CHECK(value["a"][5] == "ü€😀");
  CHECK(value["b"]["c"].is_object());
  for (const char* scalar : {"1", "\"a\"", "null", "false", "[]", "{}", " 1e3 "}) {
    CHECK(parse_json(scalar, "x") == Json::parse(scalar));
    CHECK(parse_ordered_json(scalar, "x") == OrderedJson::parse(scalar));
  }
}

TEST_CASE("numbers are had as doubles and whole numbers, however they are written") {
  const Json list =
      parse_json("[7, -7, 2.5, 9223372036854775807, 9223372036854775808, -9223372036854775808, true]", "x");
  CHECK(real_number(list[0]) == 7.0);
  CHECK(real_number(list[1]) == -7.0);
  CHECK(real_number(list[2]) == 2.5);
  CHECK(real_number(list[4]) == 9223372036854775808.0);
  CHECK(whole_number(list[0]) == 7);
  CHECK(whole_number(list[1]) == -7);
  CHECK(whole_number(list[3]) == INT64_MAX);
  CHECK(whole_number(list[5]) == INT64_MIN);
  std::vector<bool> whole;
  for (const Json& value : list) whole.push_back(is_whole_number(value));
  CHECK(whole == std::vector<bool>{true, true, false, true, false, true, false});   // 2^63 is one too many
}

TEST_CASE("both kinds of value agree with the library's own parser on nested texts") {
  const std::string text = R"([{"z":[[],[[1]],{"y":[{"x":{}}]}],"a":[{},[],"",0]},[[[{"k":[1,2,{"l":null}]}]]],{}])";
  CHECK(parse_json(text, "x").dump() == Json::parse(text).dump());
  CHECK(parse_ordered_json(text, "x").dump() == text);
}

struct Bad {
  const char* text;
  const char* message;  // a part of it
};

TEST_CASE("what is not JSON is refused with line, column, expected, found and next step") {
  const std::vector<Bad> table = {
      {"", "c.json line 1 column 1: expected more JSON, found the end of the text; it may be cut short"},
      {"{", "line 1 column 2: expected more JSON, found the end of the text"},
      {"[1,", "line 1 column 4: expected more JSON, found the end of the text"},
      {"{\"a\":1,\n \"b\":[1,2,}", "line 2 column 11: expected a JSON value, found \"}\""},
      {"{\"a\" 1}", "line 1 column 6: expected ':', found \"1}\""},
      {"{'a':1}", "line 1 column 2: expected string literal, found \"'a':1}\""},
      {"{1:2}", "line 1 column 2: expected string literal, found \"1:2}\""},
      {"[1] x", "line 1 column 5: expected end of input, found \"x\""},
      {"[1 2]", "line 1 column 4: expected ']', found \"2]\""},
      {"nul", "line 1 column 1: expected a JSON value, found \"nul\""},
      {"[truth]", "line 1 column 2: expected a JSON value, found \"truth]\""},
      {"[01]", "line 1 column 2: expected ']', found \"01]\""},
      {"[1.]", "line 1 column 2: expected a JSON value, found \"1.]\""},
      {"[\"a\nb\"]", "line 1 column 4: expected a valid string, found invalid string: control character"},
      {"[\"\\x\"]", "line 1 column 4: expected a valid string, found invalid string: forbidden character"},
      {"[\"\\ud800\"]", "expected a valid string, found invalid string: surrogate"},
      {"[\"a", "line 1 column 4: expected more JSON, found the end of the text"},
      {"[1e999]", "line 1 column 2: expected a number within double's range, found \"1e999]\""},
      {"{\"eps\": NaN}", "line 1 column 9: expected a JSON number, found NaN, which Python writes"},
      {"[Infinity]", "line 1 column 2: expected a JSON number, found Infinity"},
      {"[\n-Infinity]", "line 2 column 1: expected a JSON number, found -Infinity"},
      {"// c\n1", "line 1 column 1: expected a JSON value"},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.text);
    for (const std::string& said : {error_of([&] { parse_json(bad.text, "c.json"); }),
                                    error_of([&] { parse_ordered_json(bad.text, "c.json"); })}) {
      CAPTURE(said);
      CHECK(contains(said, bad.message));
      CHECK(contains(said, "; "));
    }
  }
}

TEST_CASE("text that is not UTF-8 is refused wherever it stands") {
  for (const char* text : {"[\"\xff\"]", "[\"\xc0\x80\"]", "[\"\xed\xa0\x80\"]", "[\"\xf4\x90\x80\x80\"]",
                           "[\"\xe2\x82\"]"}) {
    CHECK(contains(error_of([&] { parse_json(text, "c.json"); }), "ill-formed UTF-8"));
  }
  CHECK(contains(error_of([] { parse_json("{\"\xff\":1}", "c.json"); }), "ill-formed UTF-8"));
  CHECK(error_of([] { parse_json("[\xff]", "c.json"); }) != "no error");
}

TEST_CASE("a key twice in one object is refused, not overwritten; the same key in two objects is fine") {
  CHECK(contains(error_of([] { parse_json("{\"a\":1,\n\"a\":2}", "c.json"); }),
                 "c.json line 2 column 1: expected every key once in an object, found \"a\" twice"));
  CHECK(contains(error_of([] { parse_ordered_json(R"({"b":{"a":1,"c":0,"a":2}})", "c.json"); }), "found \"a\" twice"));
  // The same key, once escaped.
  CHECK(contains(error_of([] { parse_json(R"({"a":1,"\u0061":2})", "c.json"); }), "column 8"));
  CHECK(parse_json(R"({"a":{"a":1},"b":{"a":1}})", "x")["b"]["a"] == 1);
  // What the check is against: the library alone keeps the last and says nothing.
  CHECK(Json::parse(R"({"a":1,"a":2})")["a"] == 2);
}

TEST_CASE("nesting has a limit, and no depth of brackets exhausts the stack") {
  auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse_json(nested(64), "x").is_array());
  CHECK(contains(error_of([&] { parse_json(nested(65), "x"); }), "column 65: expected at most 64 arrays and objects"));
  CHECK(parse_json(nested(3), "x", {.depth = 3}).is_array());
  CHECK(error_of([&] { parse_json(nested(4), "x", {.depth = 3}); }) != "no error");
  CHECK(contains(error_of([] { parse_json(std::string(5'000'000, '['), "x"); }), "at most 64"));
  // Also where a caller allows it: building and destroying do not recurse.
  CHECK(parse_json(nested(300'000), "x", {.depth = 1'000'000}).is_array());
  CHECK(parse_ordered_json(nested(300'000), "x", {.depth = 1'000'000}).is_array());
}

TEST_CASE("a text longer than the limit is refused before it is read") {
  CHECK(contains(error_of([] { parse_json("[1, 2, 3]", "x", {.bytes = 8}); }), "at most 8 bytes of JSON, found 9"));
}

TEST_CASE("an object of 200,000 keys takes a moment, also where the order is kept") {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + std::to_string(i);
  text += "}";
  CHECK(parse_json(text, "x").size() == 200'000);
  CHECK(parse_ordered_json(text, "x").size() == 200'000);
}

TEST_CASE("files are read with their path in every message") {
  const etalon::test::Scratch scratch;
  const auto file = scratch.write("a.json", "{\"a\":\n ?}");
  CHECK(contains(error_of([&] { read_json(file); }), (file.string() + " line 2 column 2: expected").c_str()));
  CHECK(read_json(scratch.write("b.json", "[1]"))[0] == 1);
  CHECK(read_ordered_json(scratch.write("c.json", "[1]"))[0] == 1);
  CHECK(contains(error_of([&] { read_json(scratch.path()); }), "found a folder"));
}

TEST_CASE("values are named in words, short and printable") {
  CHECK(described(Json("forty\n")) == "the text \"forty?\"");
  CHECK(described(Json(3.5)) == "the number 3.5");
  CHECK(described(Json(true)) == "true");
  CHECK(described(Json()) == "null");
  CHECK(described(Json::array({1, 2})) == "a list of 2");
  CHECK(described(Json(std::string(1000, 'x'))).size() < 60);
}
