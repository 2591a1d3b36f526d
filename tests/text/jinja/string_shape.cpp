// Methods of str about case, padding and classes.
#include <etalon/text/jinja/string_shape.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::string shaped(const std::string& text, std::string_view method, Arguments arguments = {}) {
  Runtime runtime;
  for (const NamedTextMethod& known : shape_methods) {
    if (known.name == method)
      return repr(runtime.budget, known.method(runtime, *Value::text(text).as_text(), arguments));
  }
  return "no such method";
}

}  // namespace

TEST_CASE("case methods") {
  CHECK(shaped("they're HERE", "title") == "\"They'Re Here\"");
  CHECK(shaped("ÉA b", "capitalize") == "'Éa b'");
  CHECK(shaped("aBß", "swapcase") == "'AbSS'");
}

TEST_CASE("padding counts characters") {
  CHECK(shaped("é", "center", {{Value::integer(4), Value::text("*")}, {}}) == "'*é**'");
  CHECK(shaped("-7", "zfill", {{Value::integer(4)}, {}}) == "'-007'");
  CHECK(shaped("abc", "ljust", {{Value::integer(2)}, {}}) == "'abc'");
  CHECK_THROWS_AS(shaped("a", "ljust", {{Value::integer(1) , Value::text("ab")}, {}}), Failure);
}

TEST_CASE("an empty text has no class but the ones every text has") {
  CHECK(shaped("", "isdigit") == "False");
  CHECK(shaped("", "isascii") == "True");
  CHECK(shaped("é1", "isalnum") == "True");
  CHECK(shaped("a1", "isupper") == "False");
  CHECK_THROWS_AS(shaped("a", "encode"), Failure);
}
