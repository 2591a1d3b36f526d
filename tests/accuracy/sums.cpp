// Sums and what is made of them, on hard cases, against MPFR: the dot product of the contract (EO32), RMS norm,
// softmax, attention; beside one chain of additions and pairwise summation.
//
//   sums               compares with tests/accuracy/sums.txt; exit 1 where a digit differs or a bound is broken
//   sums --print       prints the table, for sums.txt and docs/arithmetic.md
//   sums --csv FILE    also how errors grow with length, for tools/plot_accuracy.py
//   sums --planted sequential|bf16   that dot product in place of ours: the bounds must break
//
// u = 2^-24. Errors: of dots in units of u sum |a b| (no less than 2^-150), of attention in units of
// u sum p |v| / sum p, of norms and softmax in ulp. The bounds, first order in u (Higham 2002, section 3; Jeannerod and
// Rump 2013):
//
//   dot        a product passes through at most 16 fma of its chain, even + odd, and one addition for each block but
//              the first: k = 16 + blocks roundings, so k units. An fma with a subnormal sum also errs by 2^-150.
//   norm       half of k (the root), and division, + eps, root, reciprocal, two products: k / 2 + 5
//   softmax    a weight: score error d, 1.6 for 2^f (0.80 ulp: unary.cpp); the sum k more; all twice but the sum, and
//              the quotient: 2 (d + 1.6) + k + 1, d = 1.22 |t| ln 2 (log2 e in binary32 and one product; t = x log2 e)
//   attention  the same with d = (k of the dimension + 2) scale sum |q k|, and k for either sum: 2 (d + 1.6) + 2 k + 1
// All inputs come from a generator written out in tests/support/numbers.hpp, so every digit repeats.
#include <algorithm>
#include <fstream>

#include <etalon/ops/attend.hpp>
#include <etalon/ops/rms_norm.hpp>

#include "accuracy/exact.hpp"
#include "accuracy/report.hpp"
#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

constexpr double u = 0x1p-24;
constexpr const char* expectations = "tests/accuracy/sums.txt";

// Errors of the three ways on one case: ours, one chain, pairwise.
struct Errors {
  std::vector<double> of[3];
};

std::string median_and_most(std::vector<double> errors) {
  std::sort(errors.begin(), errors.end());
  const auto digits = [](double x) { return formatted(x < 999.5 ? "%.3g" : "%.0f", x); };
  return digits(errors[errors.size() / 2]) + " / " + digits(errors.back());
}

// A row of the table: median and largest error of each way, and the bound that ours must keep.
void add_row(Report& report, const std::string& name, const Errors& errors, double bound) {
  const double worst = *std::max_element(errors.of[0].begin(), errors.of[0].end());
  report.lines.push_back(formatted("| %s | %s | %s | %s | %.0f |", name.c_str(), median_and_most(errors.of[0]).c_str(),
                                   median_and_most(errors.of[1]).c_str(), median_and_most(errors.of[2]).c_str(),
                                   bound));
  report.require(worst <= bound, formatted("%s: an error of %g is above its bound %g", name.c_str(), worst, bound));
}

// k: the most roundings a product of a dot of n passes through.
double roundings(int n) { return 16.0 + (n + dot_block - 1) / dot_block; }

// ---- dots

using Make = void (*)(Random&, std::vector<float>& a, std::vector<float>& b);

void normal(Random& random, std::vector<float>& a, std::vector<float>& b) {
  a = random.normals(a.size());
  b = random.normals(b.size());
}
void positive(Random& random, std::vector<float>& a, std::vector<float>& b) {
  for (float& x : a) x = random.uniform();
  for (float& x : b) x = random.uniform();
}
void scaled(Random& random, std::vector<float>& a, std::vector<float>& b, float factor) {
  normal(random, a, b);
  for (float& x : a) x *= factor;
  for (float& x : b) x *= factor;
}

// Pairs that cancel exactly, in random order, and one product that is left: sum |a b| / |a . b| = condition.
template <int condition> void cancelling(Random& random, std::vector<float>& a, std::vector<float>& b) {
  normal(random, a, b);
  const std::size_t half = a.size() / 2 - 1;
  double size = 0.0;
  for (std::size_t i = 0; i < half; ++i) {
    a[half + i] = -a[i], b[half + i] = b[i];
    size += 2.0 * std::fabs(static_cast<double>(a[i]) * b[i]);
  }
  a[2 * half + 1] = 0.0f;
  a[2 * half] = 1.0f, b[2 * half] = static_cast<float>(size / condition);
  for (std::size_t i = a.size() - 1; i > 0; --i) {
    const auto other = static_cast<std::size_t>(random.below(static_cast<int>(i) + 1));
    std::swap(a[i], a[other]), std::swap(b[i], b[other]);
  }
}

// 1, then numbers of half a unit in its last place: a chain that holds the 1 loses every one of them.
void swamped(Random&, std::vector<float>& a, std::vector<float>& b) {
  for (float& x : a) x = 0x1p-24f;
  for (float& x : b) x = 1.0f;
  a[0] = 1.0f;
}

struct DotCase {
  const char* name;
  int n, trials;
  Make make;
};

Errors dot_errors(Dot ours, const DotCase& c, double* bound) {
  Random random;
  Errors errors;
  ExactDot exact;
  std::vector<float> a(static_cast<std::size_t>(c.n)), b(a.size());
  *bound = 0.0;
  for (int trial = 0; trial < c.trials; ++trial) {
    c.make(random, a, b);
    exact_dot(exact, a, b);
    const double unit = std::max(u * exact.size, 0x1p-150);
    Number off(exact_bits);
    const Dot ways[] = {ours, sequential_dot, pairwise_dot};
    for (int way = 0; way < 3; ++way) {
      mpfr_sub_d(off, exact.value, ways[way](a.data(), b.data(), c.n), MPFR_RNDN);
      errors.of[way].push_back(std::fabs(off.as_double()) / unit);
    }
    const double subnormal = exact.size < 0x1p-100 ? c.n * 0x1p-150 / unit : 0.0;
    *bound = std::max(*bound, roundings(c.n) * (u * exact.size / unit) + subnormal);
  }
  return errors;
}

void add_dots(Report& report, Dot ours) {
  const DotCase cases[] = {
    {"normal numbers, n = 128", 128, 400, normal},
    {"n = 1024", 1024, 400, normal},
    {"n = 7168", 7168, 100, normal},
    {"n = 32768", 32768, 50, normal},
    {"numbers in [0, 1), n = 7168", 7168, 100, positive},
    {"n = 32768", 32768, 50, positive},
    {"condition number 1e2, n = 4096", 4096, 100, cancelling<100>},
    {"1e4", 4096, 100, cancelling<10'000>},
    {"1e6", 4096, 100, cancelling<1'000'000>},
    {"1e8", 4096, 100, cancelling<100'000'000>},
    {"1, then 2^-24 each, n = 32768", 32768, 1, swamped},
    {"products near 2^-140 (subnormal), n = 4096", 4096, 100,
     [](Random& r, std::vector<float>& a, std::vector<float>& b) { scaled(r, a, b, 0x1p-70f); }},
    {"products near 2^110, n = 4096", 4096, 100,
     [](Random& r, std::vector<float>& a, std::vector<float>& b) { scaled(r, a, b, 0x1p55f); }},
  };
  for (const DotCase& c : cases) {
    double bound = 0.0;
    const Errors errors = dot_errors(ours, c, &bound);
    add_row(report, std::string("dot: ") + c.name, errors, bound);
  }
}

// ---- norms

std::vector<float> our_norm(const std::vector<float>& x, const std::vector<float>& gain, float epsilon) {
  Run run;
  const int n = static_cast<int>(x.size());
  const RmsNorm<Channel> norm{{{n}, stored(gain, n)}, epsilon};
  return copied(rms_norm(run.ctx, norm, seen<Token, Channel>(x, 1, n)));
}

void add_norm(Report& report, const char* name, int n, float size, float outlier) {
  Random random;
  Errors errors;
  for (int trial = 0; trial < 10; ++trial) {
    std::vector<float> x = random.normals(static_cast<std::size_t>(n));
    const std::vector<float> gain = random.normals(x.size());
    for (float& value : x) value *= size;
    if (outlier != 0.0f) x[random.below(n)] = outlier;
    const std::vector<float> ways[] = {our_norm(x, gain, 1e-6f), plain_norm(sequential_dot, x, gain, 1e-6f),
                                       plain_norm(pairwise_dot, x, gain, 1e-6f)};
    for (int way = 0; way < 3; ++way) add_norm_errors(errors.of[way], ways[way], x, gain, 1e-6f);
  }
  add_row(report, std::string("norm: ") + name, errors, roundings(n) / 2 + 5);
}

void add_norms(Report& report) {
  add_norm(report, "normal numbers, D = 128", 128, 1.0f, 0.0f);
  add_norm(report, "D = 7168", 7168, 1.0f, 0.0f);
  add_norm(report, "D = 7168, one of them 1e4", 7168, 1.0f, 1e4f);
  add_norm(report, "D = 7168, size 2^-70: squares subnormal", 7168, 0x1p-70f, 0.0f);
  add_norm(report, "D = 7168, size 2^55", 7168, 0x1p55f, 0.0f);
}

// ---- softmax

void add_softmax(Report& report, const char* name, int n, float size) {
  Random random;
  Errors errors;
  double largest = 0.0;
  for (int trial = 0; trial < std::max(1, 20000 / n); ++trial) {
    std::vector<float> x = random.normals(static_cast<std::size_t>(n));
    for (float& value : x) value *= size, largest = std::max(largest, std::fabs(1.4427 * value));
    const TrueSoftmax truth(x);
    add_softmax_errors(errors.of[1], plain_softmax(sequential_dot, x), truth);
    add_softmax_errors(errors.of[2], plain_softmax(pairwise_dot, x), truth);
    softmax(x.data(), n);
    add_softmax_errors(errors.of[0], x, truth);
  }
  const double weight = 1.22 * 0.6932 * largest + 1.6;
  add_row(report, std::string("softmax: ") + name, errors, 2 * weight + roundings(n) + 1);
}

void add_softmaxes(Report& report) {
  add_softmax(report, "8 logits of size 1", 8, 1.0f);
  add_softmax(report, "256 logits of size 1", 256, 1.0f);
  add_softmax(report, "size 30", 256, 30.0f);
  add_softmax(report, "size 1000", 256, 1000.0f);
  add_softmax(report, "256 logits of 0", 256, 0.0f);
  add_softmax(report, "32768 logits of size 1", 32768, 1.0f);
}

// ---- attention

std::vector<float> our_attention(const Attention& c) {
  Run run;
  auto out = run.ctx.make<float, Token, Head, ValueDim>(1, 1, c.width);
  attend(run.ctx, seen<Token, Head, HeadDim>(c.q, 1, 1, c.dim), seen<Position, KvHead, HeadDim>(c.k, c.keys, 1, c.dim),
         seen<Position, KvHead, ValueDim>(c.v, c.keys, 1, c.width), {.scale = c.scale, .start = c.keys - 1}, out);
  return copied(out);
}

struct AttentionCase {
  const char* name;
  int keys;
  float query_size;
  void (*change)(Attention&);
};

void add_attention(Report& report, const AttentionCase& a) {
  Random random;
  Errors errors;
  double bound = 0.0;
  for (int trial = 0; trial < (a.keys > 10000 ? 2 : 20); ++trial) {
    Attention c{a.keys, 64, 8, 0.125, random.normals(64), {}, {}};
    c.k = random.normals(static_cast<std::size_t>(c.keys * c.dim));
    c.v = random.normals(static_cast<std::size_t>(c.keys * c.width));
    for (float& value : c.q) value *= a.query_size;
    if (a.change) a.change(c);
    const TrueAttention truth(c);
    const std::vector<float> ways[] = {our_attention(c), plain_attention(sequential_dot, c),
                                       plain_attention(pairwise_dot, c)};
    Number off;
    for (int way = 0; way < 3; ++way) {
      for (int i = 0; i < c.width; ++i) {
        mpfr_sub_d(off, truth.out[i], ways[way][i], MPFR_RNDN);
        errors.of[way].push_back(std::fabs(off.as_double()) / (u * truth.size[i]));
      }
    }
    const double weight = (roundings(c.dim) + 2) * truth.largest_score + 1.6;
    bound = std::max(bound, 2 * weight + 2 * roundings(c.keys) + 1);
  }
  add_row(report, std::string("attention: ") + a.name, errors, bound);
}

void add_attentions(Report& report) {
  const auto positive_values = [](Attention& c) { for (float& v : c.v) v = std::fabs(v) + 1.0f; };
  const auto rising = [](Attention& c) {   // scores rise from 0 to 60: nearly every block moves the shift
    for (float& q : c.q) q = 0.0f;
    c.q[0] = 8.0f;
    for (int j = 0; j < c.keys; ++j) c.k[j * c.dim] = 60.0f * static_cast<float>(j) / static_cast<float>(c.keys);
  };
  const auto one_key = [](Attention& c) {   // key 0 outweighs all others together by e^20, and its value is small
    for (int i = 0; i < c.dim; ++i) c.k[i] = c.q[i] * 4.0f;
    for (int i = 0; i < c.width; ++i) c.v[i] *= 0x1p-10f;
  };
  const AttentionCase cases[] = {
    {"1024 keys, normal numbers", 1024, 1.0f, nullptr},
    {"32768 keys, normal numbers", 32768, 1.0f, nullptr},
    {"32768 keys, equal scores, values of one sign", 32768, 0.0f, positive_values},
    {"32768 keys, rising scores, values of one sign", 32768, 1.0f, rising},
    {"32768 keys, one outweighs the others", 32768, 1.0f, one_key},
    {"32768 keys, scores of size 100", 32768, 100.0f, nullptr},
  };
  for (const AttentionCase& c : cases) add_attention(report, c);
}

// ---- infinities, NaN, overflow

void check_special_values(Report& report) {
  const float infinity = INFINITY, nan = NAN, most = 0x1.fffffep127f;
  const auto dot_of = [](std::vector<float> a, std::vector<float> b) { return dot(a.data(), b.data(), int(a.size())); };
  const std::vector<float> ones(8, 1.0f);
  report.require(dot_of({infinity, 1}, {2, 1}) == infinity, "dot: an infinite product makes an infinite sum");
  report.require(is_nan(dot_of({infinity, 1}, {0, 1})), "dot: infinity times 0 is NaN");
  report.require(is_nan(dot_of({infinity, -infinity}, {1, 1})), "dot: infinity minus infinity is NaN");
  report.require(is_nan(dot_of({nan, 1}, {0, 1})), "dot: NaN stays NaN");
  report.require(is_nan(dot_of({most, 0, most, 0, -infinity}, ones)), "dot: what overflows on the way stays infinite");
  report.require(dot_of({most, 0, most, 0, -most, 0, -most}, ones) == infinity, "dot: also where the sum is 0");
  const auto norm = [](std::vector<float> x) { return our_norm(x, {1, 1}, 1e-6f); };
  report.require(norm({0, 0}) == std::vector<float>{0, 0}, "norm: zeros stay zeros");
  report.require(norm({0x1p70f, 0x1p60f}) == std::vector<float>{0, 0}, "norm: squares that overflow make zeros");
  report.require(norm({1, infinity})[0] == 0.0f && is_nan(norm({1, infinity})[1]), "norm: infinity makes 0 and NaN");
  report.require(is_nan(norm({1, nan})[0]), "norm: a NaN makes all NaN");
  float x[] = {-infinity, 0, nan, 0};
  softmax(x, 4);
  report.require(x[0] == 0 && x[1] == 0.5f && x[2] == 0 && x[3] == 0.5f, "softmax: -inf and NaN weigh nothing");
  float y[] = {infinity, 1e30f, 5};
  softmax(y, 3);
  report.require(y[0] == 0.5f && y[1] == 0.5f && y[2] == 0, "softmax: beyond 2^21 all scores are one");
  Attention c{3, 1, 1, 1.0, {1}, {0, 0, 0}, {3, 1, 2}};
  report.require(our_attention(c)[0] == 2.0f, "attention: equal scores make the mean");
  c.k[0] = nan;
  report.require(our_attention(c)[0] == 1.5f, "attention: a key of NaN weighs nothing");
  c.v[0] = infinity;
  report.require(is_nan(our_attention(c)[0]), "attention: an infinite value of weight 0 makes NaN");
}

// ---- growth

// Root mean square of the errors, in units of u sum |a b|, at lengths 2^5 … 2^17.
void write_growth(const char* path) {
  std::ofstream file(path);
  file << "numbers,n,eo32,sequential,pairwise\n";
  for (const Make make : {positive, normal}) {
    for (int log_n = 5; log_n <= 17; ++log_n) {
      double bound = 0.0;
      const Errors errors = dot_errors(dot, {"", 1 << log_n, log_n < 13 ? 400 : 200, make}, &bound);
      file << (make == normal ? "normal" : "positive") << formatted(",%d", 1 << log_n);
      for (const std::vector<double>& way : errors.of) {
        double squares = 0.0;
        for (double error : way) squares += error * error;
        file << formatted(",%.4g", std::sqrt(squares / static_cast<double>(way.size())));
      }
      file << '\n';
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Dot ours = dot;
  bool print = false, planted = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--print") print = true;
    else if (word == "--csv" && !value.empty()) write_growth(argv[++i]);
    else if (word == "--planted" && value == "sequential") ours = sequential_dot, planted = true, ++i;
    else if (word == "--planted" && value == "bf16") ours = bf16_dot, planted = true, ++i;
    else return std::fprintf(stderr, "sums [--print] [--csv FILE] [--planted sequential|bf16]\n"), 2;
  }
  Report report;
  report.lines = {"| case | Etalon | one chain | pairwise | bound |", "|---|---|---|---|---|"};
  check_special_values(report);
  add_dots(report, ours);
  add_norms(report);
  add_softmaxes(report);
  add_attentions(report);
  if (print) report.print();
  if (!print && !planted) report.compare_with(expectations);
  return report.finish(report.lines.size() - 2);
}
