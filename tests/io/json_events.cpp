// Tests of include/etalon/io/json_events.hpp; what it refuses is tested with json.hpp.
#include <etalon/io/json_events.hpp>

#include <string>

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;

// Writes down what it hears; refuses the text "no".
struct Recorder final : JsonHandler {
  std::string heard;

  void scalar(Json&& value) override {
    using enum Json::value_t;
    const auto type = value.type();
    if (value.is_string() && value.get_ref<const std::string&>() == "no")
      throw JsonRefusal{"another text", "no", "ask again"};
    heard += (type == number_unsigned ? "u" : type == number_integer ? "i" : type == number_float ? "d" : "") +
             value.dump() + " ";
  }
  void key(std::string&& name) override {
    if (name == "no \" key") throw JsonRefusal{"another key", "no", "ask again"};
    heard += name + ": ";
  }
  void begin(JsonContainer container) override { heard += container == JsonContainer::object ? "{ " : "[ "; }
  void end(JsonContainer container) override { heard += container == JsonContainer::object ? "} " : "] "; }
};

static std::string events_of(const std::string& text) {
  Recorder recorder;
  read_json_events(text, "x.json", {}, recorder);
  return recorder.heard;
}

TEST_CASE("a text is heard from left to right") {
  CHECK(events_of(R"({"a": [1, -2, 3.5, true, null, "x"], "b": {}})") ==
        "{ a: [ u1 i-2 d3.5 true null \"x\" ] b: { } } ");
  CHECK(events_of("18446744073709551615") == "u18446744073709551615 ");
  CHECK(events_of("18446744073709551616") == "d1.8446744073709552e+19 ");  // beyond 64 bits: a double
  CHECK(events_of("-9223372036854775808") == "i-9223372036854775808 ");
}

TEST_CASE("a refusal of the handler becomes an Error that names line and column of what was refused") {
  CHECK(error_of([] { events_of("[1,\n  \"no\"]"); }) ==
        "x.json line 2 column 3: expected another text, found no; ask again");
  CHECK(contains(error_of([] { events_of("{\"a\\\\\": 1, \"no \\\" key\": 2}"); }), "column 12: expected another key"));
}

TEST_CASE("places count lines and bytes from 1") {
  CHECK(json_place("ab\ncd", "f", 0) == "f line 1 column 1");
  CHECK(json_place("ab\ncd", "f", 2) == "f line 1 column 3");
  CHECK(json_place("ab\ncd", "f", 3) == "f line 2 column 1");
  CHECK(json_place("ab\ncd", "f", 5) == "f line 2 column 3");
}
