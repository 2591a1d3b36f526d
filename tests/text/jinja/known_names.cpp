// Unknown filters and tests.
#include <etalon/text/jinja/known_names.hpp>
#include <etalon/text/jinja/parse.hpp>
#include <etalon/text/jinja/format_braces.hpp>
#include <etalon/text/jinja/scope.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

bool is_refused(const std::string& source) {
  const Syntax syntax = Parser(Lexer(source).tokens(), "t").parse();
  int line = 0;
  try {
    check_known_names(syntax, line);
  } catch (const Failure&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("an unknown name may wait directly inside an if, nowhere else") {
  CHECK(is_refused("{{ x | nope }}"));
  CHECK(is_refused("{% for i in l %}{{ i is nope }}{% endfor %}"));
  CHECK(is_refused("{% if a %}{% for i in l %}{{ i | nope }}{% endfor %}{% endif %}"));
  CHECK_FALSE(is_refused("{% if x is nope %}{{ x | nope }}{% endif %}"));
  CHECK_FALSE(is_refused("{{ (x | nope) if a else 1 }}"));
}
