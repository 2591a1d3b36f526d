// The self-test as a program of its own, without files, flags or libraries: what tests/bits/compilers.py builds with
// every compiler and for every processor.
//
//   fingerprint            compares with selftest/expected.hpp; names the rows that differ; exit 1 if any does
//   fingerprint --print    prints selftest/expected.hpp, for a new version of the arithmetic (docs/arithmetic.md)
#include <cstdio>
#include <exception>

#include <etalon/selftest/selftest.hpp>

using namespace etalon;

namespace {

#if defined(__EMSCRIPTEN__)
const std::vector<int> threads = {};   // WebAssembly has none of its own
#else
const std::vector<int> threads = {2, 3};
#endif

constexpr const char* head = R"(#pragma once
// What the self-test must give in this version of the arithmetic contract (docs/arithmetic.md): every row, and the
// fingerprint of them all. Written by tests/bits/fingerprint.cpp --print; a change here is a new version.
#include <string_view>

namespace etalon {

inline constexpr int contract_version = %d;
inline constexpr std::string_view expected_rows[] = {
)";

int print() {
  std::printf(head, contract_version);
  const auto report = self_test(threads, [](const SelfTestRow& row, bool) {
    std::printf("    \"%s\",\n", line_of(row).c_str());
  });
  std::printf("};\ninline constexpr std::string_view expected_fingerprint = \"%s\";\n\n}  // namespace etalon\n",
              report.fingerprint.c_str());
  return 0;
}

int compare() {
  const auto report = self_test(threads, [](const SelfTestRow& row, bool agrees) {
    if (!agrees) std::printf("differs: %s %s\n", line_of(row).c_str(), row.fault.c_str());
  });
  std::printf("contract version %d: %d rows, %d differ, fingerprint %s\n", contract_version, report.rows, report.faults,
              report.fingerprint.c_str());
  return report.good() ? 0 : 1;
}

}  // namespace

int main(int count, char**) try {
  if (const char* fault = arithmetic_fault()) return std::printf("refused: %s\n", fault), 1;
  return count > 1 ? print() : compare();
} catch (const std::exception& error) {
  return std::printf("%s\n", error.what()), 2;
}
