// Tests of include/etalon/selftest/row.hpp.
#include <etalon/selftest/row.hpp>

#include <doctest/doctest.h>

TEST_CASE("a row is its name and its hashes; what went wrong is not part of the line") {
  CHECK(etalon::line_of({"dot", {"00ff"}, {}}) == "dot 00ff");
  CHECK(etalon::line_of({"model x", {"1", "2"}, "2 threads"}) == "model x 1 2");
}
