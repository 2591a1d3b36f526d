// JSON to values, and tojson back.
#include <etalon/text/jinja/json_values.hpp>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string dumped(const std::string& json, Arguments arguments = {}) {
  Runtime runtime;
  return to_json(runtime, from_json(runtime, etalon::io::OrderedJson::parse(json)), arguments).as_text()->utf8;
}

}  // namespace

TEST_CASE("tojson writes as json.dumps does") {
  CHECK(dumped(R"({"z":1,"a":[1.0,null,true,"é\u2028<"]})") == "{\"z\": 1, \"a\": [1.0, null, true, \"é\u2028<\"]}");
  CHECK(dumped(R"("\u0001\n\"\\/\u007f")") == "\"\\u0001\\n\\\"\\\\/\x7f\"");
  CHECK(dumped("18446744073709551615") == "18446744073709551615");
  CHECK(dumped("[]") == "[]");
}

TEST_CASE("its arguments change layout, order and escapes") {
  CHECK(dumped(R"({"b":[1],"a":{}})", {{}, {{"indent", Value::integer(2)}}}) ==
        "{\n  \"b\": [\n    1\n  ],\n  \"a\": {}\n}");
  CHECK(dumped(R"({"b":1,"a":2})", {{}, {{"sort_keys", Value(true)}}}) == R"({"a": 2, "b": 1})");
  CHECK(dumped(R"(["é😀"])", {{Value(true)}, {}}) == R"(["\u00e9\ud83d\ude00"])");
  const Value compact = Value::tuple({Value::text(","), Value::text(":")});
  CHECK(dumped(R"({"b":[1,2]})", {{}, {{"separators", compact}}}) == R"({"b":[1,2]})");
  CHECK_THROWS_AS(dumped("1", {{}, {{"color", Value(true)}}}), Failure);
}

TEST_CASE("what JSON does not have is refused") {
  Runtime runtime;
  CHECK_THROWS_AS(to_json(runtime, Value::undefined("x"), {}), Failure);
  CHECK_THROWS_AS(to_json(runtime, Value::sequence(SequenceKind::keys, {}), {}), Failure);
}
