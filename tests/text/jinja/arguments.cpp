// Arguments bound to parameters.
#include <etalon/text/jinja/arguments.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("arguments are bound by place and by name, and nothing else is taken") {
  const Arguments given{{Value::integer(1)}, {{"b", Value::text("x")}}};
  const Bound bound("f", given, {"a", "b", "c"}, 1);
  CHECK((bound.integer(0) == 1));
  CHECK(bound.text(1).utf8 == "x");
  CHECK(bound[2] == nullptr);
  CHECK_THROWS_AS(bound.text(0), Failure);
  CHECK_THROWS_AS(Bound("f", given, {"b"}), Failure);                        // twice
  CHECK_THROWS_AS(Bound("f", given, {"a", ""}), Failure);                    // by no name
  CHECK_THROWS_AS(Bound("f", {}, {"a"}, 1), Failure);                        // missing
  CHECK_THROWS_AS(Bound("f", {{Value(), Value()}, {}}, {"a"}), Failure);     // too many
}

TEST_CASE("escaping leaves safe text alone") {
  Runtime runtime;
  CHECK(escaped(runtime, Value::text("<&\"'>")) == "&lt;&amp;&#34;&#39;&gt;");
  CHECK(escaped(runtime, Value::safe_text("<")) == "<");
}
