// Methods of str that look for parts.
#include <etalon/text/jinja/string_search.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string called(const std::string& text, std::string_view method, Arguments arguments) {
  Runtime runtime;
  for (const NamedTextMethod& known : search_methods) {
    if (known.name == method)
      return repr(runtime.budget, known.method(runtime, *Value::text(text).as_text(), arguments));
  }
  return "no such method";
}
const Value a = Value::text("a"), e = Value::text("é");

}  // namespace

TEST_CASE("indices count characters") {
  CHECK(called("xéa", "find", {{a}, {}}) == "2");
  CHECK(called("éaéa", "rfind", {{a, Value::integer(0), Value::integer(-1)}, {}}) == "1");
  CHECK(called("x", "find", {{a}, {}}) == "-1");
  CHECK_THROWS_AS(called("x", "index", {{a}, {}}), Failure);
  CHECK(called("aéa", "count", {{a, Value::integer(1)}, {}}) == "1");
}

TEST_CASE("split, partition and join undo each other") {
  CHECK(called("xéyéz", "split", {{e, Value::integer(1)}, {}}) == "['x', 'yéz']");
  CHECK(called("xéy", "partition", {{e}, {}}) == "('x', 'é', 'y')");
  CHECK(called("xy", "rpartition", {{e}, {}}) == "('', '', 'xy')");
  CHECK(called("é", "join", {{Value::list({a, a})}, {}}) == "'aéa'");
  CHECK_THROWS_AS(called("é", "join", {{Value::list({Value()})}, {}}), Failure);
  CHECK_THROWS_AS(called("x", "split", {{Value::text("")}, {}}), Failure);
}

TEST_CASE("a start or end may be one of a tuple") {
  CHECK(called("abc", "startswith", {{Value::tuple({e, a})}, {}}) == "True");
  CHECK(called("abc", "endswith", {{a}, {}}) == "False");
  CHECK(called("abc", "removeprefix", {{a}, {}}) == "'bc'");
}
