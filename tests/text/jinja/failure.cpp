// The errors that stop a template.
#include <etalon/text/jinja/failure.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("a raised exception keeps its message whole, and says where it was raised") {
  const Raised raised("t line 3", std::string(1000, 'x'));
  CHECK(raised.message().size() == 1000);
  CHECK(std::string(raised.what()).starts_with("t line 3: "));
  CHECK(std::string(raised.what()).size() < 600);
}

TEST_CASE("a failure carries its three parts") {
  try {
    fail("a", "b", "c");
  } catch (const Failure& failure) {
    CHECK(failure.expected + failure.found + failure.next == "abc");
  }
}
