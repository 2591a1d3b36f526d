// Tests of include/etalon/selftest/function_cases.hpp.
#include <etalon/selftest/function_cases.hpp>

#include <set>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("every operation has a name and bits of its own") {
  std::set<std::string> names, hashes;
  int rows = 0;
  function_cases([&](const SelfTestRow& row) {
    ++rows;
    names.insert(row.name);
    hashes.insert(row.hashes.begin(), row.hashes.end());
    CHECK(row.fault.empty());
  });
  CHECK(rows >= 40);
  CHECK(names.size() == static_cast<std::size_t>(rows));
  CHECK(hashes.size() == static_cast<std::size_t>(rows));   // all differ
}

TEST_CASE("a function that is wrong in the last place of one input in a thousand has another hash") {
  const auto right = [](float x) { return exp(x); };
  const auto wrong = [](float x) { return bits_of(x) % 1000u == 7u ? float_of(bits_of(exp(x)) ^ 1u) : exp(x); };
  CHECK(detail::comb("exp", detail::float_bits(right)).hashes != detail::comb("exp", detail::float_bits(wrong)).hashes);
}

TEST_CASE("a router that breaks ties the other way has other choices") {
  RoutingRule rule{.score = RouterScore::softmax};
  const auto first = detail::router_case("a", rule);
  rule.epsilon = 1e-3f;
  CHECK(first.hashes != detail::router_case("a", rule).hashes);
}
