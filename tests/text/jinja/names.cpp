// Which names a scope hides from its start.
#include <etalon/text/jinja/parse.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

// The names that the template's own scope hides from its start.
std::vector<std::string> hidden(const std::string& source) {
  const Syntax syntax = Parser(Lexer(source).tokens(), "t").parse();
  std::vector<std::string> out;
  for (Symbol symbol : syntax.missing) out.push_back(syntax.symbols[static_cast<std::size_t>(symbol)]);
  return out;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a name assigned before it is read is hidden until then") {
  CHECK(hidden("{% set x = 1 %}{{ x }}") == Names{"x"});
  CHECK(hidden("{{ x }}{% set x = 1 %}") == Names{});
  CHECK(hidden("{% set x = x %}") == Names{});
}

TEST_CASE("a name assigned only in a branch keeps its outer meaning") {
  CHECK(hidden("{% if a %}{% set x = 1 %}{% endif %}") == Names{});
  CHECK(hidden("{% if a %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}") == Names{});
  CHECK(hidden("{% set x = 0 %}{% if a %}{% set x = 1 %}{% endif %}") == Names{"x"});
}

TEST_CASE("scopes inside assign their own names") {
  CHECK(hidden("{% for i in l %}{% set x = 1 %}{% endfor %}") == Names{});
  CHECK(hidden("{% set x %}{% set y = 1 %}{% endset %}") == Names{"x"});
  CHECK(hidden("{% macro m(a) %}{% set y = 1 %}{% endmacro %}") == Names{"m"});
  CHECK(hidden("{% for i in x %}{% endfor %}{% set x = 1 %}") == Names{});
}
