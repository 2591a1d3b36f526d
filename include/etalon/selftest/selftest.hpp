#pragma once
// The self-test: everything the arithmetic contract (docs/arithmetic.md) determines, computed from numbers that stand
// in no file, and one fingerprint of it all.
//
//   row 1 … row n:  name and hashes of bits       fingerprint = FNV-1a of the rows, "name hash … hash\n", in order
//
// The fingerprint of a contract version is stated, with every row, in selftest/expected.hpp; it is the same on every
// compiler, flag, processor, thread count and backend, or the build does not keep the contract. Seconds at -O2.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <etalon/math/self_test.hpp>
#include <etalon/selftest/expected.hpp>
#include <etalon/selftest/function_cases.hpp>
#include <etalon/selftest/model_cases.hpp>

namespace etalon {

struct SelfTestReport {
  int rows = 0, faults = 0;
  std::string fingerprint;

  bool good() const { return faults == 0 && fingerprint == expected_fingerprint; }
};

// Runs all cases. heard(row, agrees) after each: whether it is as expected. threads: how many threads to try models on.
inline SelfTestReport self_test(const std::vector<int>& threads,
                                const std::function<void(const SelfTestRow&, bool)>& heard) {
  SelfTestReport report;
  Hash all;
  const auto take = [&](const SelfTestRow& row) {
    const std::string line = line_of(row);
    const auto at = static_cast<std::size_t>(report.rows++);
    const bool agrees = row.fault.empty() && at < std::size(expected_rows) && expected_rows[at] == line;
    report.faults += agrees ? 0 : 1;
    all.add(line + "\n");
    heard(row, agrees);
  };
  function_cases(take);
  model_cases(threads, take);
  report.fingerprint = all.text();
  return report;
}

}  // namespace etalon
