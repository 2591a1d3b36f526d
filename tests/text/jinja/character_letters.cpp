// The table of letter characters keeps its order.
#include <etalon/text/jinja/character_letters.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("ranges rise and do not overlap, so that they can be searched by halves") {
  char32_t last = 0x7F;
  for (const tables::CodeRange& range : tables::letter) {
    CHECK(range.first > last);
    CHECK(range.last >= range.first);
    last = range.last;
  }
}
