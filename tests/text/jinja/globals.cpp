// Functions every template has.
#include <etalon/text/jinja/globals.hpp>
#include <etalon/text/jinja/format_braces.hpp>
#include <etalon/text/jinja/scope.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string called(std::string_view name, std::vector<Value> arguments) {
  Runtime runtime;
  runtime.now.tm_year = 126, runtime.now.tm_mon = 10, runtime.now.tm_mday = 23;
  const Value function = *global(name);
  return repr(runtime.budget,
              (*function.as<std::shared_ptr<const Function>>())->call(runtime, {std::move(arguments), {}}));
}

}  // namespace

TEST_CASE("range counts in both directions, up to the sandbox's limit") {
  CHECK(called("range", {Value::integer(3)}) == "range(0, 3)");
  CHECK(called("range", {Value::integer(1), Value::integer(4), Value::integer(2)}) == "range(1, 4, 2)");
  CHECK_THROWS_AS(called("range", {Value::integer(100001)}), Failure);
  CHECK_THROWS_AS(called("range", {Value::integer(1), Value::integer(2), Value::integer(0)}), Failure);
}

TEST_CASE("dates follow the clock that was given") {
  CHECK(called("strftime_now", {Value::text("%Y-%m-%d")}) == "'2026-11-23'");
  CHECK(called("strftime_now", {Value::text("")}) == "''");
  CHECK(called("strftime_now", {Value::text("%f%z|%%")}) == "'000000|%'");
}

TEST_CASE("raise_exception raises, and unknown names are none") {
  CHECK_THROWS_AS(called("raise_exception", {Value::text("no")}), TemplateException);
  CHECK_FALSE(global("open").has_value());
}
