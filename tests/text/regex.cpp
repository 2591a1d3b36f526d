// Tests of include/etalon/text/regex.hpp: what is matched, as Oniguruma matches it (expected values are its answers).
#include <etalon/text/regex.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

// The matches, each in bars.
std::string matches(std::string_view pattern, std::string_view text) {
  RegexScratch scratch;
  std::string out = "|";
  Regex::compile(pattern).find_all(text, scratch, [&](std::size_t begin, std::size_t end) {
    out += text.substr(begin, end - begin);
    out += '|';
  });
  return out;
}

}  // namespace

TEST_CASE("the first alternative that matches wins, not the longest") {
  CHECK(matches("a|ab", "ab") == "|a|");
  CHECK(matches("ab|a", "ab") == "|ab|");
}

TEST_CASE("greedy, lazy and possessive") {
  CHECK(matches("a{1,2}", "aaa") == "|aa|a|");
  CHECK(matches("a{1,2}?", "aaa") == "|a|a|a|");
  CHECK(matches("a+?b", "aab") == "|aab|");
  CHECK(matches("a++a", "aaa") == "|");
  CHECK(matches("(?>a|ab)c", "abc") == "|");
}

TEST_CASE("the pattern of Qwen2 on its own traps") {
  const char* pattern = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
                        " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
                        "\\s+(?!\\S)|\\s+";
  CHECK(matches(pattern, "I'Ll be  at 12\n\n x") == "|I|'Ll| be| | at| |1|2|\n\n| x|");
  CHECK(matches(pattern, "\u02BCs 'ſ ") == "|\u02BCs| '|ſ| |");
}

TEST_CASE("anchors: ^ and $ at every line, \\A \\z \\Z at the text's ends") {
  CHECK(matches("^a", "a\na") == "|a|a|");
  CHECK(matches("a$", "a\na") == "|a|a|");
  CHECK(matches("\\s+$", "a  \nb ") == "|  | |");
  CHECK(matches("\\Aa|a\\z", "a\na\na") == "|a|a|");
  CHECK(matches("a\\Z", "a\na\n") == "|a|");
}

TEST_CASE("case: one against several characters") {
  CHECK(matches("(?i)ss", "ß SS sſ ẞ") == "|ß|SS|sſ|ẞ|");
  CHECK(matches("(?i)ß", "ss ẞ") == "|ss|ẞ|");
  CHECK(matches("(?i)[^s]", "sSſa") == "|a|");
}

TEST_CASE("look-around") {
  CHECK(matches("\\d{3}(?=(?:\\d{3})+(?!\\d))", "1234567890") == "|234|567|");
  CHECK(matches("(?<=a|bc)d", "ad bcd cd") == "|d|d|");
  CHECK(matches("(?<!a|bc)d", "ad bcd cd") == "|d|");
}

TEST_CASE("an empty match right behind a match does not count") {
  CHECK(matches("x*", "axb") == "||x||");
  CHECK(matches("", "ab") == "||||");
}

TEST_CASE("a loop whose body matches nothing ends") {
  CHECK(matches("(?:a?)*b", "aab") == "|aab|");
  CHECK(matches("(?:|a)*", "a") == "|||");
  CHECK(matches("(?:a*)*?b", "aab") == "|aab|");
}

TEST_CASE("literal text has no special characters") {
  RegexScratch scratch;
  int count = 0;
  Regex::literal(".*", "test").find_all("a.*b.*", scratch, [&](std::size_t, std::size_t) { ++count; });
  CHECK(count == 2);
}
