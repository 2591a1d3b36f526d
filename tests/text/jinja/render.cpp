// Statements in their scopes.
#include <etalon/text/jinja/render.hpp>
#include <etalon/text/jinja/template.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string rendered(const std::string& source) {
  return Template(source, "t").render(etalon::io::OrderedJson::object());
}

}  // namespace

TEST_CASE("what a loop sets ends with the pass, what an if sets stays") {
  CHECK(rendered("{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}") == "231");
  CHECK(rendered("{% if 1 %}{% set x = 5 %}{% endif %}{{ x }}") == "5");
}

TEST_CASE("a macro sees where it was defined, takes defaults, and hands its caller arguments") {
  CHECK(rendered("{% set y = 1 %}{% macro m(a, b=a) %}{{ a }}{{ b }}{{ y }}{% endmacro %}{{ m(2) }}{{ m(2, 3) }}") ==
        "221231");
  CHECK(rendered("{% macro m() %}<{{ caller(7) }}>{% endmacro %}{% call(x) m() %}{{ x }}{% endcall %}") == "<7>");
  CHECK(rendered("{% macro m(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, z=3) }}") == "(2,){'z': 3}");
  CHECK_THROWS_AS(rendered("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}"), etalon::Error);
}

TEST_CASE("a pass that ends in continue does not count for else") {
  CHECK(rendered("{% for i in [1] %}{% continue %}{% else %}E{% endfor %}") == "E");
  CHECK(rendered("{% for i in [1] %}{{ i }}{% else %}E{% endfor %}") == "1");
}

TEST_CASE("a loop's condition is asked when its item is drawn") {
  CHECK(rendered("{% set n = namespace(go=true) %}{% for i in [1, 2, 3] if n.go %}{{ i }}{% set n.go = i < 2 %}{% "
                 "endfor %}") == "12");
}
