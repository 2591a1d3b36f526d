// Scopes look outwards.
#include <etalon/text/jinja/format_braces.hpp>
#include <etalon/text/jinja/scope.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("an inner name hides the outer one, also before it has a value") {
  auto outer = std::make_shared<Scope>();
  outer->set(7, Value::integer(1));
  Scope inner{outer, {}};
  CHECK(inner.find(7)->has_value());
  inner.hide(7);
  CHECK_FALSE(inner.find(7)->has_value());
  inner.set(7, Value::integer(2));
  CHECK((*inner.find(7)->value().as<Integer>() == 2));
  CHECK(inner.find(8) == nullptr);
}
