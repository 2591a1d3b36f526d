// The tables of markers.
#include <etalon/text/chat_formats.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text;

TEST_CASE("every marker is more than one character, and every block has a reader") {
  for (const ThinkingMarkers& format : thinking_formats) {
    CHECK(format.begin.size() > 1);
    CHECK(format.end.size() > 1);
  }
  for (const CallBlockFormat& format : call_formats) {
    CHECK(format.begin.size() > 1);
    CHECK(static_cast<bool>(format.read));
  }
}
