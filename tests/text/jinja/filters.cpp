// Filters through whole expressions.
#include <etalon/text/jinja/template.hpp>

#include <string>

#include <doctest/doctest.h>

using etalon::text::jinja::Template;

namespace {

std::string written(const std::string& expression) {
  return Template("{{ " + expression + " }}", "t").render(etalon::io::OrderedJson::object());
}

}  // namespace

TEST_CASE("map, select and their kin are made one by one, once, without length") {
  CHECK(written("[1, 2, 3] | select('odd') | list") == "[1, 3]");
  CHECK(written("[{'a': {'b': 1}}, {}] | map(attribute='a.b', default=0) | list") == "[1, 0]");
  CHECK_THROWS_AS(written("[1] | map('string') | length"), etalon::Error);
  CHECK(Template("{% set g = [1, 2] | map('string') %}{{ g | join }}{{ g | join }}", "t")
            .render(etalon::io::OrderedJson::object()) == "12");
}

TEST_CASE("sorting is stable in both directions and ignores case unless asked") {
  CHECK(written("['b', 'A', 'c'] | sort") == "['A', 'b', 'c']");
  CHECK(written("['b', 'A', 'c'] | sort(case_sensitive=true, reverse=true)") == "['c', 'b', 'A']");
  CHECK(written("[[1, 'x'], [0, 'y'], [1, 'a']] | sort(attribute='0', reverse=true) | map('last') | join") == "xay");
  CHECK_THROWS_AS(written("[1, 'a'] | sort"), etalon::Error);
}

TEST_CASE("numbers round half to even, on their exact value") {
  CHECK(written("2.5 | round") == "2.0");
  CHECK(written("3.5 | round") == "4.0");
  CHECK(written("2.675 | round(2)") == "2.67");
  CHECK(written("1250 | round(-2)") == "1200");
  CHECK(written("42.55 | round(1, 'ceil')") == "42.6");
}

TEST_CASE("safe text escapes what is added to it, although autoescape is off") {
  CHECK(written("('<b>' | safe) + '<'") == "<b>&lt;");
  CHECK(written("('<b>' | safe) ~ '<'") == "<b><");
  CHECK(written("'<' | e | e") == "&lt;");
}

TEST_CASE("texts wrap, cut and indent as Jinja does") {
  CHECK(written("'hello world foo' | truncate(9)") == "hello...");
  CHECK(written("'hello world' | truncate(9)") == "hello world");
  CHECK(written("'a\\n\\nb' | indent(2, first=true)") == "  a\n\n  b");
  CHECK(written("'foo bar-baz' | title") == "Foo Bar-Baz");
}

TEST_CASE("grouping, batches and slices") {
  CHECK(written("[{'k': 1, 'v': 'a'}, {'k': 0, 'v': 'b'}, {'k': 1, 'v': 'c'}] | groupby('k') | map('last') | "
              "map('length') | list") == "[1, 2]");
  CHECK(written("[1, 2, 3] | batch(2, 0) | list") == "[[1, 2], [3, 0]]");
  CHECK(written("[1, 2, 3, 4] | slice(3) | list") == "[[1, 2], [3], [4]]");
}
