// Tests of include/etalon/text/regex_memory.hpp.
#include <etalon/text/regex_memory.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

TEST_CASE("what was marked is remembered, for that choice and position only") {
  RegexMemory memory;
  CHECK_FALSE(memory.active());
  memory.start(2, 200);
  CHECK(memory.active());
  memory.mark_failed(0, 64);
  memory.mark_succeeded(1, 200);
  CHECK(memory.failed(0, 64));
  CHECK_FALSE(memory.failed(0, 63));
  CHECK_FALSE(memory.failed(0, 65));
  CHECK_FALSE(memory.failed(1, 64));
  CHECK_FALSE(memory.succeeded(0, 64));
  CHECK(memory.succeeded(1, 200));
}

TEST_CASE("a new start forgets") {
  RegexMemory memory;
  memory.start(1, 10);
  memory.mark_failed(0, 3);
  memory.start(1, 10);
  CHECK_FALSE(memory.failed(0, 3));
}
