// The case tables keep their order.
#include <etalon/text/jinja/characters.hpp>
#include <etalon/text/jinja/character_case.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("ranges rise, do not overlap, and stay within Unicode") {
  char32_t last = 0x7F;
  for (const tables::CaseRange& range : tables::to_upper) {
    CHECK(range.first > last);
    CHECK((range.step == 1 || range.step == 2));
    last = range.last;
  }
  CHECK(last < 0x110000);
}
