// Literals and numbers in a template's source.
#include <etalon/text/jinja/token.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("an unknown escape stays as it is written, a broken one is refused") {
  CHECK(literal_text("a\\nb\\qc\\\nd") == "a\nb\\qcd");
  CHECK_THROWS_AS(literal_text("\\uD800"), Failure);
  CHECK_THROWS_AS(literal_text("\\N{BULLET}"), Failure);
}

TEST_CASE("a point without digits behind it is no float") {
  CHECK(number_at("1.5.x", 0).size == 3);
  CHECK(number_at("1.x", 0).is_real == false);
  CHECK(number_at("1e5", 0).is_real);
  CHECK(number_at("1_0", 0).size == 3);
}
