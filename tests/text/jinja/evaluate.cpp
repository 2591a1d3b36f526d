// Expressions in their scopes.
#include <etalon/text/jinja/evaluate.hpp>
#include <etalon/text/jinja/template.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string shown(const std::string& expression) {
  return Template("{{ " + expression + " }}", "t")
      .render(etalon::io::OrderedJson::parse(R"({"one": 1, "none": null})"));
}

}  // namespace

TEST_CASE("and, or and comparisons stop at the first answer") {
  CHECK(shown("0 and missing.x") == "0");
  CHECK(shown("1 or missing.x") == "1");
  CHECK(shown("2 < 1 < missing.x") == "False");
  CHECK_THROWS_AS(shown("1 and missing.x"), etalon::Error);
}

TEST_CASE("an error names the line of the operation, not of what it called") {
  const Template one("{% macro m() %}\n\n{% endmacro %}\n{{ m() +\n 1 }}", "t");
  try {
    one.render(etalon::io::OrderedJson::object());
    FAIL("no error");
  } catch (const etalon::Error& error) {
    CHECK(error.where().starts_with("t line "));
    CHECK(error.where() != "t line 1");
  }
}

TEST_CASE("arguments spread from lists and mappings") {
  CHECK(shown("'{}{}{a}'.format(*[1, 2], **{'a': 3})") == "123");
  CHECK(shown("dict(a=one)") == "{'a': 1}");
}
