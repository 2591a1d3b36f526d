// Tests of include/etalon/io/json_events.hpp; what it refuses is tested with json.hpp.
#include <etalon/io/json_events.hpp>

#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;

// Writes down what it hears; refuses the text "no".
struct Recorder {
  std::string heard;

  template <class Scalar>
  void scalar(Scalar&& value) {
    using Type = std::decay_t<Scalar>;
    if constexpr (std::is_same_v<Type, std::nullptr_t>) heard += "null ";
    else if constexpr (std::is_same_v<Type, bool>) heard += value ? "true " : "false ";
    else if constexpr (std::is_same_v<Type, std::int64_t>) heard += "i" + std::to_string(value) + " ";
    else if constexpr (std::is_same_v<Type, std::uint64_t>) heard += "u" + std::to_string(value) + " ";
    else if constexpr (std::is_same_v<Type, double>) heard += "d" + std::to_string(value) + " ";
    else if (std::string(value) == "no") throw JsonRefusal{"another text", "no", "ask again"};
    else heard += "\"" + std::string(value) + "\" ";
  }
  void key(std::string&& name) {
    if (name == "no \" key") throw JsonRefusal{"another key", "no", "ask again"};
    heard += name + ": ";
  }
  void begin(JsonContainer container) { heard += container == JsonContainer::object ? "{ " : "[ "; }
  void end(JsonContainer container) { heard += container == JsonContainer::object ? "} " : "] "; }
};

static std::string events_of(const std::string& text) {
  Recorder recorder;
  read_json_events(text, "x.json", {}, recorder);
  return recorder.heard;
}

TEST_CASE("a text is heard from left to right") {
  CHECK(events_of(R"({"a": [1, -2, 3.5, true, null, "x"], "b": {}})") ==
        "{ a: [ u1 i-2 d3.500000 true null \"x\" ] b: { } } ");
  CHECK(events_of("18446744073709551615") == "u18446744073709551615 ");
  CHECK(events_of("18446744073709551616") == "d18446744073709551616.000000 ");  // beyond 64 bits: a double
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
