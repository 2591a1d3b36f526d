// Tests of include/etalon/selftest/expected.hpp: the table agrees with itself, and with what the documentation states.
#include <etalon/selftest/expected.hpp>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include <etalon/selftest/hash.hpp>

using namespace etalon;

TEST_CASE("the fingerprint is the hash of the rows") {
  Hash all;
  for (const std::string_view row : expected_rows) all.add(std::string(row) + "\n");
  CHECK(all.text() == expected_fingerprint);
}

TEST_CASE("no case stands there twice") {
  std::set<std::string_view> rows(std::begin(expected_rows), std::end(expected_rows));
  CHECK(rows.size() == std::size(expected_rows));
}

TEST_CASE("docs/arithmetic.md states this version and this fingerprint, README.md the fingerprint") {
  std::ifstream file("docs/arithmetic.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK(text.find("# The arithmetic contract, version " + std::to_string(contract_version)) != text.npos);
  CHECK(text.find("fingerprint " + std::string(expected_fingerprint)) != text.npos);
  std::ifstream readme("README.md");
  const std::string shown{std::istreambuf_iterator<char>(readme), {}};
  CHECK(shown.find("`fingerprint " + std::string(expected_fingerprint) + "`") != shown.npos);
}
