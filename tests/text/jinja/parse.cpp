// Statements.
#include <etalon/text/jinja/parse.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

Syntax parsed(const std::string& source) { return Parser(Lexer(source).tokens(), "t").parse(); }

}  // namespace

TEST_CASE("every statement that a chat template can use is read") {
  const Syntax syntax = parsed(
      "{% for a in b if a recursive %}{% break %}{% else %}{% endfor %}{% if a %}{% elif b %}{% else %}{% endif %}"
      "{% set a = 1 %}{% set a %}{% endset %}{% macro m(a, b=1) %}{% endmacro %}{% call(x) m() %}{% endcall %}"
      "{% filter upper %}{% endfilter %}{% with a = 1 %}{% endwith %}{% print 1 %}{% block b %}{% endblock b %}"
      "{% generation %}{% endgeneration %}{{ 1 }}text{# no #}");
  CHECK(syntax.body.size() == 12);
}

TEST_CASE("statements must close, in order, and stand where they may") {
  for (const char* source :
       {"{% for a in b %}", "{% endfor %}", "{% if a %}{% endfor %}", "{% continue %}",
        "{% macro m(a=1, b) %}{% endmacro %}", "{% for loop in b %}{% endfor %}", "{% set a.b.c = 1 %}",
        "{% call 1 %}{% endcall %}", "{% block x scoped %}{% endblock %}"}) {
    CAPTURE(source);
    CHECK_THROWS_AS(parsed(source), Failure);
  }
}
