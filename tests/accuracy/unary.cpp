// Every function of one binary32 number, over all 2^32 inputs: error in ulp, order, range, special values; and every
// rounding to a narrower format.
//
//   unary                 all inputs (minutes); compares with tests/accuracy/expected.txt, exit 1 where a digit differs
//   unary --stride N      every N-th input (and its neighbour below)
//   unary --only NAME     one function or rounding
//   unary --threads N     (2)
//   unary --mpfr          every single input judged by MPFR: days
//   unary --print         prints the rows, for expected.txt
//   unary --planted       with a fault: some results an ulp too small. It must be noticed
//
// How. The judge is MPFR (truth.hpp). Its microseconds, times 2^32, are hours a function, so the C library's binary64
// screens: an input is decided without MPFR where the screen's value leaves no doubt. What the screen is worth is
// measured here: on a sample of every binade (first, second and last number, and random ones, many where |x| is
// ordinary) and wherever MPFR is asked anyway, it must lie within 1e-7 ulp of the truth. MPFR decides every input
//   - whose value lies within 1e-6 ulp of the middle between two floats (is the result the correctly rounded one?)
//   - whose error comes within 1e-6 ulp of the largest found so far: the largest error and its place are MPFR's.
// The mean is the screen's: right to 1e-7. So is what `unary` prints, on any C library that passes the sample.
#include <cinttypes>
#include <cstring>
#include <set>

#include "accuracy/judge.hpp"
#include "accuracy/narrow.hpp"
#include "accuracy/report.hpp"
#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

constexpr double screen_limit = 1e-7;   // ulp
constexpr const char* expectations = "tests/accuracy/expected.txt";

bool in_domain(const Function& f, float x) { return !(std::fabs(x) > f.domain); }

void sweep_chunk(Judge& j, std::uint64_t first, std::uint64_t last, Rows& rows) {
  const std::uint64_t stride = j.options.stride;
  float before = 0.0f, y_before = NAN;
  for (std::uint64_t n = (first + stride - 1) / stride * stride; n < last; n += stride) {
    const float x = nth_float(n);
    if (!in_domain(j.f, x)) continue;
    const float y = j.ours(x);
    if ((stride > 1 || n == first) && n > 0) {
      before = nth_float(n - 1);
      y_before = in_domain(j.f, before) ? j.ours(before) : NAN;
    }
    judge(j, x, y, rows);
    compare(j.f, before, x, y_before, y, rows);
    before = x, y_before = y;
  }
}

// The screen's largest distance from the truth on every binade: its first two numbers, its last, and random ones.
double screen_on_binades(Judge& j, int many, int few) {
  Random random;
  double off = 0.0;
  for (std::uint32_t binade = 0; binade < 512; ++binade) {
    const bool ordinary = binade % 256 >= 127 - 14 && binade % 256 < 127 + 7;
    const int points = 3 + (ordinary ? many : few);
    for (int i = 0; i < points; ++i) {
      const std::uint32_t edges[] = {0, 1, 0x7fffffu};
      const std::uint32_t digits = i < 3 ? edges[i] : static_cast<std::uint32_t>(random.next() >> 41);
      const float x = float_of(binade << 23 | digits);
      if (!in_domain(j.f, x)) continue;
      j.ask(x);
      off = std::max(off, j.screen_distance(x));
    }
  }
  return off;
}

Rows sweep(const Function& f, const Options& options) {
  std::atomic<double> worst_known[2] = {0.0, 0.0};
  const std::vector<Rows> chunks = in_chunks<Rows>(options.threads, [&](auto first, auto last, Rows& rows) {
    Judge j{f, options, worst_known};
    sweep_chunk(j, first, last, rows);
  });
  Rows rows;
  for (const Rows& chunk : chunks) rows.add(chunk);
  Judge j{f, options, worst_known};
  const bool brief = options.stride > 1;
  rows.screen_off = std::max(rows.screen_off, screen_on_binades(j, brief ? 64 : 1024, brief ? 4 : 64));
  return rows;
}

// stride | function | largest error | at | mean | mean of ordinary inputs | not correctly rounded | falls | largest
std::string text_of(const Options& options, const char* name, const Row& row) {
  const auto mean = [](double sum, std::uint64_t n) { return n == 0 ? 0.0 : sum / static_cast<double>(n); };
  return formatted("%" PRIu64 " | %s | %.4f | %a | %.4f | %.4f | %" PRIu64 " | %" PRIu64 " | %" PRId64, options.stride,
                   name, row.worst, static_cast<double>(row.worst_at), mean(row.sum, row.inputs),
                   mean(row.ordinary_sum, row.ordinary), row.not_rounded, row.falls, row.largest_fall);
}

// What holds for every function, whatever its error: range, kind, no fall of more than an ulp where it must be
// monotone; and what the method rests on.
void add_rows(Report& report, const Options& options, const Function& f, const Rows& rows) {
  for (const Row* row : {&rows.above, &rows.below}) {
    if (row == &rows.below && !f.below) continue;
    const char* name = row == &rows.above ? f.name : f.below;
    report.lines.push_back(text_of(options, name, *row));
    std::fprintf(stderr, "%s: %" PRIu64 " inputs, %" PRIu64 " judged by MPFR, screen within %.1e ulp\n", name,
                 row->inputs, row->judged, rows.screen_off);
    report.require(row->wrong_kind == 0, formatted("%s: %" PRIu64 " results are NaN or infinite, or not, where they "
                                                   "must not or must be", name, row->wrong_kind));
    report.require(row->outside == 0, formatted("%s: %" PRIu64 " results out of range", name, row->outside));
    report.require(row->largest_fall <= f.largest_fall, formatted("%s: falls by %" PRId64 " ulp", name,
                                                                  row->largest_fall));
  }
  report.require(rows.screen_off < screen_limit, formatted("%s: the screen is %g ulp from the truth", f.name,
                                                           rows.screen_off));
}

void add_rounding(Report& report, const Options& options, const Rounding& r) {
  const std::uint64_t stride = options.stride;
  const auto wrong = in_chunks<std::uint64_t>(options.threads, [&](auto first, auto last, std::uint64_t& count) {
    for (std::uint64_t n = (first + stride - 1) / stride * stride; n < last; n += stride) {
      const float x = nth_float(n);
      if (std::fabs(x) > r.domain) continue;
      const float got = options.planted ? with_fault(x, r.ours(x)) : r.ours(x);
      const auto right = static_cast<float>(r.rule(static_cast<double>(x)));
      count += is_nan(right) ? !is_nan(got) : bits_of(got) != bits_of(right);
    }
  });
  std::uint64_t total = 0;
  for (std::uint64_t count : wrong) total += count;
  report.lines.push_back(formatted("%" PRIu64 " | %s | wrong: %" PRIu64, stride, r.name, total));
  report.require(total == 0, formatted("%s: %" PRIu64 " wrong results", r.name, total));
}

void check_special_values(Report& report) {
  for (const SpecialValue& special : special_values()) {
    for (const Function& f : functions()) {
      if (std::strcmp(f.name, special.name) != 0) continue;
      const std::uint32_t got = bits_of(f.ours(float_of(special.input)));
      report.require(got == special.output, formatted("%s of bits %08x is %08x, not %08x", f.name, special.input, got,
                                                      special.output));
    }
  }
}

// The rows of expected.txt for this stride. Where it has none: no row to compare with.
void compare_with_expected(Report& report, const Options& options) {
  std::set<std::string> expected;
  std::ifstream file(expectations);
  report.require(file.good(), std::string("cannot read ") + expectations + " (run in the root of the source tree)");
  bool any = false;
  for (std::string line; std::getline(file, line);) {
    any = any || line.rfind(std::to_string(options.stride) + " | ", 0) == 0;
    expected.insert(line);
  }
  for (const std::string& row : report.lines)
    report.require(!any || expected.count(row) == 1, "not as expected: " + row);
  if (!any) std::printf("expected.txt has no rows for stride %" PRIu64 ": nothing compared\n", options.stride);
}

Options parsed(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--mpfr") options.mpfr = true;
    else if (word == "--print") options.print = true;
    else if (word == "--planted") options.planted = true;
    else if (word == "--only") options.only = value, ++i;
    else if (word == "--stride") options.stride = std::strtoull(value.c_str(), nullptr, 10), ++i;
    else if (word == "--threads") options.threads = std::atoi(value.c_str()), ++i;
    else options.threads = 0;
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  Options options = parsed(argc, argv);
  if (options.threads < 1 || options.stride < 1) {
    std::fprintf(stderr, "unary [--stride N] [--only NAME] [--threads N] [--mpfr] [--print] [--planted]\n");
    return 2;
  }
  if (!mpfr_buildopt_tls_p()) options.threads = 1;   // this MPFR keeps caches that threads would share
  Report report;
  check_special_values(report);
  for (const Function& f : functions())
    if (options.only.empty() || options.only == f.name) add_rows(report, options, f, sweep(f, options));
  for (const Rounding& r : roundings())
    if (options.only.empty() || options.only == r.name) add_rounding(report, options, r);
  if (options.print) report.print();
  else compare_with_expected(report, options);
  return report.finish(report.lines.size());
}
