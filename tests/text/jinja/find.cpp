// Finding parts of texts in linear time.
#include <etalon/text/jinja/find.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("long parts are found where the library finds them") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "ab"[(i * i / 7) % 2];
  for (std::size_t at = 0; at + 200 < text.size(); at += 37) {
    const std::string part = text.substr(at, 100);
    CHECK(find_in(text, part) == text.find(part));
    CHECK(find_in(text, part, at + 1) == text.find(part, at + 1));
    CHECK(find_in(text, part + "!") == std::string::npos);
  }
}

TEST_CASE("a part that nearly fits everywhere costs no more than the text is long") {
  const std::string text(4'000'000, 'a'),
      part = std::string(1'000'000, 'a') + "b";  // the plain search needs 10^12 steps
  CHECK(find_in(text, part) == std::string::npos);
  Budget budget;
  CHECK_THROWS_AS(find_last_in(budget, text, part), Failure);
}
