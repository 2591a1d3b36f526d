// Tests of include/etalon/text/regex_search.hpp: hostile texts take linear time and change no match.
#include <etalon/text/regex_search.hpp>

#include <doctest/doctest.h>

#include <etalon/text/regex.hpp>

using namespace etalon::text;

namespace {

struct Tally {
  std::size_t count = 0, bytes = 0, last_end = 0;
};

Tally tally(std::string_view pattern, std::string_view text) {
  RegexScratch scratch;
  Tally out;
  Regex::compile(pattern).find_all(text, scratch, [&](std::size_t begin, std::size_t end) {
    ++out.count;
    out.bytes += end - begin;
    out.last_end = end;
  });
  return out;
}

std::string repeated(std::string_view what, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

}  // namespace

// Without memory each of these takes hours (200000 characters, quadratic or exponential).
TEST_CASE("quadratic for a plain backtracker: a tail that never comes") {
  const std::string blanks(200000, ' ');
  CHECK(tally("\\s+$", blanks + "x").count == 0);
  CHECK(tally("\\s++$", blanks + "x").count == 0);
  CHECK(tally("\\s*[\\r\\n]+|\\s", blanks + "x").count == 200000);
  CHECK(tally("a+b|a", std::string(200000, 'a')).count == 200000);
  CHECK(tally("(?>a+)b|a", std::string(200000, 'a')).count == 200000);
}

TEST_CASE("exponential for a plain backtracker: loops in loops") {
  CHECK(tally("(?:a+)+b", std::string(200000, 'a')).count == 0);
  CHECK(tally("(?:a|a)*b", std::string(100000, 'a')).count == 0);
  CHECK(tally("(?:a*)*b", std::string(5000, 'a')).count == 0);
}

TEST_CASE("quadratic for look-ahead that always succeeds far away") {
  const Tally found = tally("a(?=.*b)", std::string(200000, 'a') + "b");
  CHECK(found.count == 200000);
  CHECK(tally("\\d{1,3}(?=(?:\\d{3})*$)", std::string(100001, '7')).count == 33334);
}

TEST_CASE("memory changes no match: long texts are cut as their parts are") {
  // A text of many equal lines, each of which a short search (without memory) cuts the same way.
  for (const char* pattern : {" +$", "a+b|a|\\s", "(?:a|ab)+c|b", "[ab]*?c|a", "(?:a+)+b|\\n"}) {
    CAPTURE(pattern);
    const std::string line = "aab abab  \n";
    const Tally one = tally(pattern, line), many = tally(pattern, repeated(line, 20000));
    CHECK(many.count == one.count * 20000);
    CHECK(many.bytes == one.bytes * 20000);
  }
}

TEST_CASE("one scratch serves texts and patterns of all sizes") {
  RegexScratch scratch;
  const Regex slow = Regex::compile("(?:a+)+b"), quick = Regex::compile("a");
  for (std::size_t size : {100000, 3, 50000, 0}) {
    std::size_t count = 0;
    slow.find_all(std::string(size, 'a'), scratch, [&](std::size_t, std::size_t) { ++count; });
    quick.find_all(std::string(size, 'a'), scratch, [&](std::size_t, std::size_t) { ++count; });
    CHECK(count == size);
  }
}
