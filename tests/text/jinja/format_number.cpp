// Numbers and texts laid out.
#include <etalon/text/jinja/format_number.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("digits are grouped, signed and filled") {
  Runtime runtime;
  FormatSpec spec;
  spec.grouping = ',';
  spec.width = 12;
  CHECK(formatted(runtime, Integer(-1234567), spec) == "  -1,234,567");
  spec.align = '=';
  spec.fill = "0";
  CHECK(formatted(runtime, 1234.5, spec) == "000001,234.5");
}

TEST_CASE("precision rounds floats and cuts texts") {
  Runtime runtime;
  FormatSpec spec;
  spec.precision = 2;
  CHECK(formatted(runtime, *Value::text("éab").as_text(), spec) == "éa");
  spec.type = 'f';
  CHECK(formatted(runtime, 2.675, spec) == "2.67");
  spec.precision = max_precision + 1;
  CHECK_THROWS_AS(check(spec), Failure);
}
