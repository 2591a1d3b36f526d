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
const Value number_two = Value::integer(2), minus = Value::integer(-7), half = Value(0.5);
const Value some_word = Value::text("ab");

}  // namespace

TEST_CASE("numbers keep their type where Python keeps it") {
  CHECK(result("+", number_two, Value(true)) == "3");
  CHECK(result("/", minus, number_two) == "-3.5");
  CHECK(result("//", minus, number_two) == "-4");
  CHECK(result("%", minus, number_two) == "1");
  CHECK(result("*", number_two, half) == "1.0");
  CHECK(result("**", number_two, Value::integer(-1)) == "0.5");
  CHECK_THROWS_AS(result("/", number_two, Value(false)), Failure);
}

TEST_CASE("texts and lists add and repeat, and nothing else mixes") {
  CHECK(result("+", some_word, some_word) == "'abab'");
  CHECK(result("*", number_two, Value::list({half})) == "[0.5, 0.5]");
  CHECK(result("*", some_word, minus) == "''");
  CHECK_THROWS_AS(result("+", some_word, number_two), Failure);
  CHECK_THROWS_AS(result("+", Value::list({}), Value::tuple({})), Failure);
  CHECK_THROWS_AS(result("+", Value::undefined("x"), number_two), Failure);
}

TEST_CASE("safe text escapes the other side") {
  CHECK(result("+", Value::text("<"), Value::safe_text("<b>")) == "Markup('&lt;<b>')");
}
