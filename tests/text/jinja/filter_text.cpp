// Filters that give texts and numbers.
#include <etalon/text/jinja/filter_text.hpp>
#include <etalon/text/jinja/format_braces.hpp>
#include <etalon/text/jinja/scope.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string filtered(std::string_view name, const Value& value, Arguments arguments = {}) {
  Runtime runtime;
  for (const NamedFilter& known : text_filters)
    if (known.name == name) return repr(runtime.budget, known.filter(runtime, value, arguments));
  return "no such filter";
}

}  // namespace

TEST_CASE("numbers are read as Python reads them, with a default for what is none") {
  CHECK(filtered("int", Value::text(" 42.9 ")) == "42");
  CHECK(filtered("int", Value::text("x"), {{Value::integer(7)}, {}}) == "7");
  CHECK(filtered("float", Value::text("1e3")) == "1000.0");
  CHECK(filtered("int", Value()) == "0");
  CHECK_THROWS_AS(filtered("int", Value::undefined("x")), Failure);
}

TEST_CASE("anything can be made upper case, quoted for an address, or counted") {
  CHECK(filtered("upper", Value(true)) == "'TRUE'");
  CHECK(filtered("urlencode", Value::text("a b/ü")) == "'a%20b/%C3%BC'");
  CHECK(filtered("wordcount", Value::text("a-b c_d")) == "3");
}
