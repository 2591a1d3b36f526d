// What printing a value gives.
#include <etalon/text/jinja/repr.hpp>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("texts are quoted as Python quotes them") {
  CHECK(repr_of_text("it") == "'it'");
  CHECK(repr_of_text("it's") == "\"it's\"");
  CHECK(repr_of_text("it's \"x\"") == "'it\\'s \"x\"'");
  CHECK(repr_of_text("a\n\t\\\x01\x7f") == "'a\\n\\t\\\\\\x01\\x7f'");
}

TEST_CASE("characters that do not print are escaped, others stay") {
  CHECK(repr_of_text("é中😀") == "'é中😀'");
  CHECK(repr_of_text("\u00a0\u200d\ue000") == "'\\xa0\\u200d\\ue000'");
  CHECK(repr_of_text("\U000e0001") == "'\\U000e0001'");
}

TEST_CASE("containers print their items' repr, and only the outermost text prints bare") {
  Budget budget;
  const Value list =
      Value::list({Value::text("a"), Value(1.0), Value(), Value(true), Value::tuple({Value::integer(1)})});
  CHECK(str(budget, list) == "['a', 1.0, None, True, (1,)]");
  CHECK(str(budget, Value::text("a")) == "a");
  CHECK(str(budget, Value::undefined("gone")) == "");
  CHECK(repr(budget, Value::undefined("gone")) == "Undefined");
}
