// Filters over lists and mappings.
#include <etalon/text/jinja/filters.hpp>
#include <etalon/text/jinja/filter_list.hpp>
#include <etalon/text/jinja/format_braces.hpp>
#include <etalon/text/jinja/scope.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string shown(std::string_view name, const Value& value, Arguments arguments = {}) {
  Runtime runtime;
  for (const NamedFilter& known : list_filters)
    if (known.name == name) return repr(runtime.budget, known.filter(runtime, value, arguments));
  return "no such filter";
}
const Value list = Value::list({Value::integer(3), Value::integer(1), Value::integer(2)});

}  // namespace

TEST_CASE("ends, extremes and sums") {
  CHECK(shown("first", list) == "3");
  CHECK(shown("last", list) == "2");
  CHECK(shown("min", list) == "1");
  CHECK(shown("sum", list) == "6");
  CHECK(shown("sort", list) == "[1, 2, 3]");
  CHECK(shown("first", Value::list({})) == "Undefined");
  CHECK(shown("join", list, {{Value::text("-")}, {}}) == "'3-1-2'");
}

TEST_CASE("paths go through attributes and indices") {
  const std::vector<Value> path = detail::attribute_path(nullptr);
  CHECK(path.empty());
  const Value dotted = Value::text("a.0");
  CHECK(detail::attribute_path(&dotted).size() == 2);
  CHECK(detail::attribute_path(&dotted)[1].as<Integer>() != nullptr);
}
