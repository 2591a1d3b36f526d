// Tokens and the rules of white space.
#include <etalon/text/jinja/lexer.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

// Data tokens and the texts between tag edges, e.g. "data|{{|name|}}".
std::string shape(const std::string& source) {
  std::string out;
  for (const Token& token : Lexer(source).tokens()) {
    if (token.kind == TokenKind::end) break;
    out += (out.empty() ? "" : "|") + token.text;
  }
  return out;
}

}  // namespace

TEST_CASE("a statement takes its line's indent and one newline with it; an expression does not") {
  CHECK(shape("a\n  {% if %}\nb") == "a\n|{%|if|%}|b");
  CHECK(shape("a\n  {{ x }}\nb") == "a\n  |{{|x|}}|\nb");
  CHECK(shape("a  {% if %}\n\nb") == "a  |{%|if|%}|\nb");
}

TEST_CASE("a minus strips all white space on its side, a plus keeps it") {
  CHECK(shape("a \n {%- if -%} \n b") == "a|{%|if|%}|b");
  CHECK(shape("  {%+ if +%}\nb") == "  |{%|if|%}|\nb");
  CHECK(shape("a\u00a0{{- x -}}\u2003b") == "a|{{|x|}}|b");
}

TEST_CASE("the end of a tag counts only outside of brackets and texts") {
  CHECK(shape("{{ {'a': {}} }}") == "{{|{|a|:|{|}|}|}}");
  CHECK(shape("{{ '}}' }}") == "{{|}}|}}");
}

TEST_CASE("comments vanish and raw text stays") {
  CHECK(shape("a{# {{ x }} #}b") == "a|b");
  CHECK(shape("{% raw %} {{ x }} {% endraw %}") == " {{ x }} ");
  CHECK(shape("{%- raw -%} \n x {%- endraw -%} y") == "x|y");
}

TEST_CASE("one newline at the end goes, and every kind of line end is one") {
  CHECK(shape("a\n\n") == "a\n");
  CHECK(shape("a\r\nb\rc") == "a\nb\nc");
}

TEST_CASE("lines are counted across text, tags and stripped space") {
  const std::vector<Token> tokens = Lexer("\n\n{%- if\n x -%}\n\n{{ y }}").tokens();
  CHECK(tokens[0].line == 3);
  CHECK(tokens[2].text == "x");
  CHECK(tokens[2].line == 4);
  CHECK(tokens[4].line == 6);
}

TEST_CASE("literals know Python's escapes") {
  CHECK(literal_text(R"(a\n\x41\u00e9\101\q\\\')") == "a\nA\u00e9A\\q\\'");
  CHECK_THROWS_AS(literal_text(R"(\x4)"), Failure);
  CHECK_THROWS_AS(literal_text(R"(\ud800)"), Failure);
}

TEST_CASE("numbers end where Python ends them") {
  CHECK(number_at("1_000.5e-3x", 0).size == 10);
  CHECK(number_at("1.x", 0).size == 1);
  CHECK(number_at("0x1F", 0).size == 4);
  CHECK(number_at("012", 0).size == 1);
  CHECK_FALSE(number_at("a.5", 2).is_real);
}
