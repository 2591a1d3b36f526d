// Tests of include/etalon/text/char_class.hpp.
#include <etalon/text/char_class.hpp>

#include <doctest/doctest.h>

#include <random>

using namespace etalon::text;

namespace {

CodePointSet random_set(std::mt19937& random) {
  std::vector<CodePointSet::Range> ranges;
  for (unsigned i = random() % 8; i-- > 0;) {
    const char32_t first = random() % 3 == 0 ? random() % 0x110000 : random() % 600;
    ranges.push_back({first, std::min<char32_t>(last_code_point, first + random() % 700)});
  }
  return CodePointSet(ranges);
}

}  // namespace

TEST_CASE("ranges are sorted and those that touch are joined") {
  const CodePointSet set({{'x', 'z'}, {'a', 'c'}, {'d', 'f'}, {'b', 'b'}});
  CHECK(set.ranges() == std::vector<CodePointSet::Range>{{'a', 'f'}, {'x', 'z'}});
}

TEST_CASE("union, intersection and complement hold point by point") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const CodePointSet a = random_set(random), b = random_set(random);
    const CodePointSet either = a.united(b), both = a.intersected(b), neither = either.complement();
    for (int i = 0; i < 100; ++i) {
      const char32_t c = random() % 2 == 0 ? random() % 0x110000 : random() % 1400;
      REQUIRE(either.contains(c) == (a.contains(c) || b.contains(c)));
      REQUIRE(both.contains(c) == (a.contains(c) && b.contains(c)));
      REQUIRE(neither.contains(c) == !either.contains(c));
    }
  }
}

TEST_CASE("the bitmap holds what the ranges hold, at every code point") {
  std::mt19937 random(2);
  for (int round = 0; round < 5; ++round) {
    const CodePointSet set = random_set(random);
    const CharClass bitmap(set);
    for (char32_t c = 0; c <= last_code_point; ++c) REQUIRE(bitmap.contains(c) == set.contains(c));
    for (unsigned char c = 0; c < 128; ++c) REQUIRE(bitmap.contains_ascii(c) == set.contains(c));
  }
}

TEST_CASE("the whole of Unicode has no complement") {
  const CodePointSet all({{0, last_code_point}});
  CHECK(all.complement().ranges().empty());
  CHECK(all.complement().complement() == all);
  CHECK(CharClass(all).contains(last_code_point));
}
