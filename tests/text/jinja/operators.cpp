// Arithmetic on values.
#include <etalon/text/jinja/operators.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string result(const std::string& sign, const Value& a, const Value& b) {
  Runtime runtime;
  return repr(runtime.budget, operate(runtime, sign, a, b));
}
const Value two = Value::integer(2), minus = Value::integer(-7), half = Value(0.5), word = Value::text("ab");

}  // namespace

TEST_CASE("numbers keep their type where Python keeps it") {
  CHECK(result("+", two, Value(true)) == "3");
  CHECK(result("/", minus, two) == "-3.5");
  CHECK(result("//", minus, two) == "-4");
  CHECK(result("%", minus, two) == "1");
  CHECK(result("*", two, half) == "1.0");
  CHECK(result("**", two, Value::integer(-1)) == "0.5");
  CHECK_THROWS_AS(result("/", two, Value(false)), Failure);
}

TEST_CASE("texts and lists add and repeat, and nothing else mixes") {
  CHECK(result("+", word, word) == "'abab'");
  CHECK(result("*", two, Value::list({half})) == "[0.5, 0.5]");
  CHECK(result("*", word, minus) == "''");
  CHECK_THROWS_AS(result("+", word, two), Failure);
  CHECK_THROWS_AS(result("+", Value::list({}), Value::tuple({})), Failure);
  CHECK_THROWS_AS(result("+", Value::undefined("x"), two), Failure);
}

TEST_CASE("safe text escapes the other side") {
  CHECK(result("+", Value::text("<"), Value::safe_text("<b>")) == "Markup('&lt;<b>')");
}
