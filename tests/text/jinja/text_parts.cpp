// Stripping, splitting and replacing.
#include <etalon/text/jinja/text_parts.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

using Parts = std::vector<std::string_view>;

TEST_CASE("splitting at white space skips it, at a separator keeps empty parts") {
  Budget budget;
  CHECK(split_space("  a \n b  c ", 9, Sides::left) == Parts{"a", "b", "c"});
  CHECK(split_space(" a b c ", 1, Sides::left) == Parts{"a", "b c "});
  CHECK(split_space(" a b c ", 1, Sides::right) == Parts{" a b", "c"});
  CHECK(split_at(budget, ",a,,b", ",", 9, Sides::left) == Parts{"", "a", "", "b"});
  CHECK(split_at(budget, "a,b,c", ",", 1, Sides::right) == Parts{"a,b", "c"});
}

TEST_CASE("lines end at every kind of line end, and the last needs none") {
  CHECK(split_lines("a\r\nb\n\nc", LineEnds::dropped) == Parts{"a", "b", "", "c"});
  CHECK(split_lines("a\n", LineEnds::kept) == Parts{"a\n"});
}

TEST_CASE("strip takes characters, not prefixes") {
  CHECK(strip("  x\u00a0", nullptr, Sides::both) == "x");
  CHECK(strip("abcab", Value::text("ba").as_text(), Sides::both) == "c");
  CHECK(strip("xxa", Value::text("x").as_text(), Sides::right) == "xxa");
}

TEST_CASE("replacing an empty part puts the text around every character") {
  Budget budget;
  CHECK(replaced(budget, "aéb", "", "-", -1) == "-a-é-b-");
  CHECK(replaced(budget, "aaa", "a", "b", 2) == "bba");
}

TEST_CASE("windows clip as Python's slices do") {
  CHECK(window_of(-3, 100, 5).start == 2);
  CHECK(window_of(-30, -1, 5).stop == 4);
  CHECK(window_of(4, 2, 5).stop == 4);
}
