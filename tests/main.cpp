// The main function of every test program. doctest's options work: --list-test-cases, --test-case=PATTERN, --success.
//
// A test case that needs data which is not there says so with MESSAGE and returns. A run in which not one assertion
// was made proves nothing: it exits 77, which meson reports as skipped.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

namespace {

// Counts the assertions of the run.
struct Assertions : doctest::IReporter {
  static inline int count = 0;
  explicit Assertions(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& run) override { count = run.numAsserts; }
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("assertions", 1, Assertions);

constexpr int exit_skipped = 77;

}  // namespace

int main(int count, char** arguments) {
  doctest::Context context(count, arguments);
  const int status = context.run();
  if (context.shouldExit()) return status;  // --help and --list-test-cases run no test
  return status == 0 && Assertions::count == 0 ? exit_skipped : status;
}
