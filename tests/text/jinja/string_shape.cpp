// Methods of str about case, padding and classes.
#include <etalon/text/jinja/string_shape.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string called(const std::string& text, std::string_view method, Arguments arguments = {}) {
  Runtime runtime;
  for (const NamedTextMethod& known : shape_methods) {
    if (known.name == method)
      return repr(runtime.budget, known.method(runtime, *Value::text(text).as_text(), arguments));
  }
  return "no such method";
}

}  // namespace

TEST_CASE("case methods") {
  CHECK(called("they're HERE", "title") == "\"They'Re Here\"");
  CHECK(called("ÉA b", "capitalize") == "'Éa b'");
  CHECK(called("aBß", "swapcase") == "'AbSS'");
}

TEST_CASE("padding counts characters") {
  CHECK(called("é", "center", {{Value::integer(4), Value::text("*")}, {}}) == "'*é**'");
  CHECK(called("-7", "zfill", {{Value::integer(4)}, {}}) == "'-007'");
  CHECK(called("abc", "ljust", {{Value::integer(2)}, {}}) == "'abc'");
  CHECK_THROWS_AS(called("a", "ljust", {{Value::integer(1) , Value::text("ab")}, {}}), Failure);
}

TEST_CASE("an empty text has no class but the ones every text has") {
  CHECK(called("", "isdigit") == "False");
  CHECK(called("", "isascii") == "True");
  CHECK(called("é1", "isalnum") == "True");
  CHECK(called("a1", "isupper") == "False");
  CHECK_THROWS_AS(called("a", "encode"), Failure);
}
