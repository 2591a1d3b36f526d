// Tests of include/etalon/selftest/selftest.hpp.
#include <etalon/selftest/selftest.hpp>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("this build computes every row of the contract, and its fingerprint") {
  std::string differ;
  const SelfTestReport report = self_test({2, 3}, [&](const SelfTestRow& row, bool agrees) {
    if (!agrees) differ += line_of(row) + " " + row.fault + "\n";
  });
  CHECK_MESSAGE(differ.empty(), differ);
  CHECK(report.rows == static_cast<int>(std::size(expected_rows)));
  CHECK(report.good());
}
