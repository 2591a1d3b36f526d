// Methods of dict, list and numbers.
#include <etalon/text/jinja/container_methods.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

Value mapping_of_one() {
  Budget budget;
  Mapping mapping;
  put(budget, mapping, Value::text("k"), Value::integer(5));
  return mapping_value(mapping);
}
std::string called(const std::optional<Value>& method, const Arguments& arguments = {}) {
  Runtime runtime;
  return repr(runtime.budget, (*method->as<std::shared_ptr<const Function>>())->call(runtime, arguments));
}

}  // namespace

TEST_CASE("a mapping shows its parts") {
  CHECK(called(mapping_attribute(mapping_of_one(), "items")) == "dict_items([('k', 5)])");
  CHECK(called(mapping_attribute(mapping_of_one(), "keys")) == "dict_keys(['k'])");
  CHECK(called(mapping_attribute(mapping_of_one(), "get"), {{Value::text("k")}, {}}) == "5");
  CHECK(called(mapping_attribute(mapping_of_one(), "get"), {{Value::text("x")}, {}}) == "None");
}

TEST_CASE("what would change a value is undefined") {
  CHECK(mapping_attribute(mapping_of_one(), "update")->is_undefined());
  CHECK(sequence_attribute(Value::list({}), "append")->is_undefined());
  CHECK_FALSE(sequence_attribute(Value::tuple({}), "append").has_value());
}

TEST_CASE("lists count and find") {
  const Value list = Value::list({Value::integer(1), Value(true), Value()});
  CHECK(called(sequence_attribute(list, "count"), {{Value(1.0)}, {}}) == "2");
  CHECK(called(sequence_attribute(list, "index"), {{Value()}, {}}) == "2");
  CHECK(called(number_attribute(Value(2.0), "is_integer")) == "True");
}
