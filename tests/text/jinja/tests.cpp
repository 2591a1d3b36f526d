// The tests behind is.
#include <etalon/text/jinja/filters.hpp>
#include <etalon/text/jinja/tests.hpp>
#include <etalon/text/jinja/format_braces.hpp>
#include <etalon/text/jinja/scope.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

bool holds(std::string_view name, const Value& value, std::vector<Value> arguments = {}) {
  Runtime runtime;
  return (*find_test(name))(runtime, value, {std::move(arguments), {}});
}

}  // namespace

TEST_CASE("kinds of values") {
  CHECK(holds("number", Value(true)));
  CHECK_FALSE(holds("integer", Value(true)));
  CHECK(holds("sequence", Value::text("")));
  CHECK_FALSE(holds("sequence", Value::sequence(SequenceKind::keys, {})));
  CHECK(holds("iterable", Value::undefined("x")));
  CHECK(holds("filter", Value::text("upper")));
  CHECK(find_test("nope") == nullptr);
}

TEST_CASE("comparisons and remainders") {
  CHECK(holds("odd", Value::integer(-3)));
  CHECK(holds("divisibleby", Value::integer(9), {Value::integer(3)}));
  CHECK(holds("in", Value::integer(1), {Value::list({Value(1.0)})}));
  CHECK(holds(">=", Value::integer(1), {Value(1.0)}));
  CHECK_FALSE(holds("sameas", Value::integer(1), {Value(true)}));
  CHECK_THROWS_AS(holds("odd", Value()), Failure);
}
