// Attributes, items and slices.
#include <etalon/text/jinja/format_braces.hpp>
#include <etalon/text/jinja/scope.hpp>
#include <etalon/text/jinja/attributes.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string shown(const Value& value) {
  Budget budget;
  return repr(budget, value);
}
Value entry(const std::string& key) {
  Budget budget;
  Mapping mapping;
  put(budget, mapping, Value::text(key), Value::integer(5));
  return mapping_value(mapping);
}

}  // namespace

TEST_CASE("a dot prefers the method, brackets prefer the key") {
  Runtime runtime;
  CHECK(shown(attribute(runtime, entry("items"), "items")) == "<function items>");
  CHECK(shown(item(runtime, entry("items"), Value::text("items"))) == "5");
  CHECK(shown(attribute(runtime, entry("x"), "x")) == "5");
}

TEST_CASE("what is not there says so when it is used") {
  Runtime runtime;
  const Value gone = attribute(runtime, entry("x"), "y");
  CHECK(*gone.as<Undefined>()->message == "'dict object' has no attribute 'y'");
  CHECK_THROWS_AS(attribute(runtime, gone, "z"), Failure);
  CHECK(item(runtime, Value(), Value::integer(0)).is_undefined());
  CHECK(item(runtime, Value::list({}), Value::integer(0)).is_undefined());
}

TEST_CASE("slices of texts and lists follow Python for every start, stop and step") {
  Runtime runtime;
  CHECK(shown(sliced(runtime, Value::text("aé😀z"), {1, -1, 1})) == "'é😀'");
  CHECK(shown(sliced(runtime, Value::text("aé😀z"), {{}, {}, -1})) == "'z😀éa'");
  CHECK(shown(sliced(runtime, Value::text("abcde"), {{}, {}, 2})) == "'ace'");
  CHECK(sliced_indices({-100, 100, 3}, 5) == std::vector<std::size_t>{0, 3});
  CHECK(sliced_indices({10, {}, -2}, 5) == std::vector<std::size_t>{4, 2, 0});
  CHECK_THROWS_AS(sliced(runtime, Value::list({}), {{}, {}, 0}), Failure);
  CHECK_THROWS_AS(sliced(runtime, Value(), {1, {}, 1}), Failure);
}
