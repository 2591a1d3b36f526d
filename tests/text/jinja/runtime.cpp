// Iteration, length and membership.
#include <etalon/text/jinja/runtime.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("texts give characters, mappings keys, undefined values nothing") {
  Runtime runtime;
  CHECK(collect(runtime, Value::text("é😀")).size() == 2);
  CHECK(collect(runtime, Value::undefined("x")).empty());
  Mapping mapping;
  put(runtime.budget, mapping, Value::text("k"), Value());
  CHECK(collect(runtime, mapping_value(mapping))[0].as_text()->utf8 == "k");
  CHECK_THROWS_AS(collect(runtime, Value(1.0)), Failure);
}

TEST_CASE("membership is by part, key or item") {
  Runtime runtime;
  CHECK(contains(runtime, Value::text("cat"), Value::text("at")));
  CHECK(contains(runtime, Value::list({Value::integer(1)}), Value(1.0)));
  CHECK_THROWS_AS(contains(runtime, Value::text("1"), Value::integer(1)), Failure);
}

TEST_CASE("a generator gives its values once and has no length") {
  Runtime runtime;
  const Value made =
      generator("g", Value(), [i = 0]() mutable { return i++ < 2 ? std::optional(Value()) : std::nullopt; });
  CHECK_FALSE(length_of(made).has_value());
  CHECK(collect(runtime, made).size() == 2);
  CHECK(collect(runtime, made).empty());
}
