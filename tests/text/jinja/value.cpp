// Values and their nesting.
#include <etalon/text/jinja/value.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("a text knows its length in characters") {
  CHECK(Value::text("aé😀").as_text()->length == 3);
  CHECK(Value::safe_text("x").as_text()->safe);
}

TEST_CASE("nesting has a limit") {
  Value value = Value::list({});
  for (int i = 1; i < max_value_depth; ++i) value = Value::list({value});
  CHECK(value.depth() == max_value_depth);
  CHECK_THROWS_AS(Value::list({value}), Failure);
}

TEST_CASE("a namespace keeps one value a name") {
  Namespace space;
  space.set("a", Value(true));
  space.set("a", Value());
  CHECK(space.attributes.size() == 1);
  CHECK(space.find("a")->is_none());
  CHECK(space.find("b") == nullptr);
}
