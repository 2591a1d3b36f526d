// printf-style formatting.
#include <etalon/text/jinja/format_percent.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string filled(const std::string& pattern, const Value& values) {
  Runtime runtime;
  return percent_format(runtime, *Value::text(pattern).as_text(), values).as_text()->utf8;
}

}  // namespace

TEST_CASE("a tuple gives one value a conversion, anything else is one value") {
  CHECK(filled("%s-%03d", Value::tuple({Value::text("a"), Value::integer(-5)})) == "a--05");
  CHECK(filled("%s", Value::list({Value::integer(1)})) == "[1]");
  CHECK(filled("100%%", Value::tuple({})) == "100%");
  CHECK_THROWS_AS(filled("%s", Value::tuple({})), Failure);
  CHECK_THROWS_AS(filled("%q", Value()), Failure);
  CHECK_THROWS_AS(filled("%", Value()), Failure);
}
