// etalon selftest: computes what the arithmetic contract determines and compares every bit with what it must be.
//
// One line a case, "ok" or "DIFFERS", its name and the hashes of its bits; last the fingerprint of them all. Needs no
// files. Exit 0 where the fingerprint is the stated one, 1 where it is not.
#include <iostream>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <etalon/io/ordered_json.hpp>
#include <etalon/selftest/selftest.hpp>

#include "commands.hpp"

namespace etalon::command {

namespace {

struct SelfTestFlags { bool json = false, quiet = false; };

void print_row(const SelfTestRow& row, bool agrees) {
  std::cout << (agrees ? "ok       " : "DIFFERS  ") << line_of(row);
  if (!row.fault.empty()) std::cout << "  (other bits with " << row.fault << ")";
  std::cout << std::endl;   // seen as it comes
}

void run_selftest(const SelfTestFlags& flags) {
  if (const char* fault = arithmetic_fault())
    throw Error("this build", "the arithmetic of docs/arithmetic.md", fault, "build without value-changing flags");
  io::OrderedJson rows = io::OrderedJson::array();
  const SelfTestReport report = self_test({2, 3}, [&](const SelfTestRow& row, bool agrees) {
    if (flags.json)
      rows.push_back({{"name", row.name}, {"hashes", row.hashes}, {"agrees", agrees}, {"fault", row.fault}});
    else if (!flags.quiet || !agrees) print_row(row, agrees);
  });
  if (flags.json)
    std::cout << io::OrderedJson({{"contract_version", contract_version}, {"fingerprint", report.fingerprint},
                                  {"expected", expected_fingerprint}, {"agrees", report.good()}, {"rows", rows}})
              << '\n';
  else
    std::cout << "contract version " << contract_version << ", " << report.rows << " cases, " << report.faults
              << " differ\nfingerprint " << report.fingerprint
              << (report.good() ? ", as stated\n" : ", expected " + std::string(expected_fingerprint) + "\n");
  if (!report.good()) throw CLI::RuntimeError(1);
}

}  // namespace

void add_selftest(CLI::App& app) {
  auto* command = app.add_subcommand("selftest", "Check that this build computes the bits of the arithmetic contract");
  const auto flags = std::make_shared<SelfTestFlags>();
  command->add_flag("--json", flags->json, "One JSON object instead of lines");
  command->add_flag("--quiet", flags->quiet, "Only what differs, and the fingerprint");
  command->callback([flags] { run_selftest(*flags); });
}

}  // namespace etalon::command
