// Functions of two and more numbers, and the binary64 ones, against MPFR: on hard numbers and on random ones.
//
//   pairs              compares with tests/accuracy/pairs.txt; exit 1 where a digit differs or a claim is broken
//   pairs --print      prints the table
//   pairs --planted    with fma as a product and a sum, each rounded: it must be noticed
//
// fma and division must give the correctly rounded result, everywhere. Hard numbers: zeros, the ends of the
// subnormals, powers of two and their neighbours, the largest, infinity, NaN, all with both signs, in all combinations;
// and c near -a b, where a product rounded too early shows. Gated units, rotation and combination have stated bounds.
#include <cstring>

#include <etalon/math/activation.hpp>
#include <etalon/math/double_functions.hpp>
#include <etalon/math/rotate.hpp>
#include <etalon/math/softmax.hpp>

#include "accuracy/report.hpp"
#include "accuracy/truth.hpp"
#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

constexpr double u = 0x1p-24;
constexpr int random_inputs = 200000;
constexpr const char* expectations = "tests/accuracy/pairs.txt";

std::vector<float> hard_numbers() {
  std::vector<float> numbers;
  for (const float x : {0.0f, 0x1p-149f, 0x1.8p-148f, 0x1.fffffcp-127f, 0x1p-126f, 0x1.000002p-126f, 0x1p-75f,
                        0x1.fffffep-1f, 1.0f, 0x1.000002p0f, 1.5f, 3.0f, 0x1.555556p1f, 0x1.fffffep23f, 0x1p24f,
                        0x1.000002p64f, 0x1p127f, 0x1.fffffep127f, INFINITY, NAN})
    numbers.push_back(x), numbers.push_back(-x);
  return numbers;
}

float any_float(Random& random) { return float_of(static_cast<std::uint32_t>(random.next() >> 32)); }
// Of a size between 2^-20 and 2^20.
float ordinary(Random& random) {
  const float digits = random.uniform() - 0.5f;   // one draw a statement: arguments have no order of evaluation
  return std::ldexp(digits, random.below(41) - 20);
}

bool right(float got, float rounded) { return is_nan(rounded) ? is_nan(got) : got == rounded; }

using Fma = float (*)(float, float, float);
float early_fma(float a, float b, float c) {
  volatile float product = a * b;
  return product + c;
}

// The sum has 640 bits: exact.
bool fma_is_right(Fma ours, float a, float b, float c) {
  static Number x(24), y(24), z(640);
  mpfr_set_flt(x, a, MPFR_RNDN);
  mpfr_set_flt(y, b, MPFR_RNDN);
  mpfr_set_flt(z, c, MPFR_RNDN);
  mpfr_fma(z, x, y, z, MPFR_RNDN);
  return right(ours(a, b, c), z.rounded());
}

void check_fma(Report& report, Fma ours) {
  Random random;
  long wrong_hard = 0, wrong_random = 0, hard = 0;
  const std::vector<float> numbers = hard_numbers();
  for (float a : numbers)
    for (float b : numbers)
      for (float c : numbers) ++hard, wrong_hard += !fma_is_right(ours, a, b, c);
  for (int i = 0; i < random_inputs; ++i) {
    const float x = any_float(random), y = any_float(random), z = any_float(random);
    const float a = ordinary(random), b = ordinary(random), c = -(a * b) * (1.0f + std::ldexp(1.0f, -random.below(30)));
    wrong_random += !fma_is_right(ours, x, y, z) + !fma_is_right(ours, a, b, c);   // c near -a b
  }
  report.lines.push_back(formatted("| fma | %ld hard, %d random | wrong: %ld, %ld |", hard, 2 * random_inputs,
                                   wrong_hard, wrong_random));
  report.require(wrong_hard + wrong_random == 0, "fma is correctly rounded");
}

bool quotient_is_right(float a, float b) {
  static Number x(24), z;
  mpfr_set_flt(x, a, MPFR_RNDN);
  mpfr_set_flt(z, b, MPFR_RNDN);
  mpfr_div(z, x, z, MPFR_RNDN);   // to 160 bits; no quotient of 24-bit numbers is nearer than 2^-49 to a tie it is not
  return right(divide(a, b), z.rounded());
}

void check_division(Report& report) {
  Random random;
  long wrong_hard = 0, wrong_random = 0, hard = 0;
  const std::vector<float> numbers = hard_numbers();
  for (float a : numbers)
    for (float b : numbers) ++hard, wrong_hard += !quotient_is_right(a, b);
  for (int i = 0; i < random_inputs; ++i) {
    const float a = any_float(random), b = any_float(random);
    wrong_random += !quotient_is_right(a, b);
  }
  report.lines.push_back(formatted("| division | %ld hard, %d random | wrong: %ld, %ld |", hard, random_inputs,
                                   wrong_hard, wrong_random));
  report.require(wrong_hard + wrong_random == 0, "division is correctly rounded");
}

void add_worst(Report& report, const char* name, const char* inputs, double worst, const char* unit, double bound) {
  report.lines.push_back(formatted("| %s | %s | %.3f %s |", name, inputs, worst, unit));
  report.require(worst <= bound, formatted("%s: %g is above its bound %g", name, worst, bound));
}

// In `y`: up gate sigmoid(alpha gate).
void true_gate(Number& y, double gate, double up, double alpha) {
  mpfr_set_d(y, -gate, MPFR_RNDN);
  mpfr_mul_d(y, y, alpha, MPFR_RNDN);
  mpfr_exp(y, y, MPFR_RNDN);
  mpfr_add_ui(y, y, 1, MPFR_RNDN);
  mpfr_d_div(y, gate, y, MPFR_RNDN);
  mpfr_mul_d(y, y, up, MPFR_RNDN);
}

// SwiGlu: silu's 2.40 ulp are at most 4.8 u, the product 1 u more: 5.8 ulp. gpt-oss's: sigmoid 2.49 ulp (5 u) at a
// rounded argument, which shifts it by alpha |gate| u, here under 21 u; up + 1 and two products: 29 ulp.
void check_gates(Report& report) {
  Random random;
  Number y;
  const ShiftedSwiGlu shifted{1.702f, 7.0f};
  const ClampedSwiGlu clamped{10.0f};
  double worst[3] = {};
  for (int i = 0; i < random_inputs; ++i) {
    const float gate = 3.0f * random.normal(), up = ordinary(random);
    if (gate < -12.0f) continue;
    true_gate(y, gate, up, 1.0);
    worst[0] = std::max(worst[0], std::fabs(ulps_from(SwiGlu{}(gate, up), y)));
    true_gate(y, std::min(gate, 10.0f), std::clamp(up, -10.0f, 10.0f), 1.0);
    worst[1] = std::max(worst[1], std::fabs(ulps_from(clamped(gate, up), y)));
    true_gate(y, std::min(gate, 7.0f), std::clamp(up, -7.0f, 7.0f) + 1.0, 1.702f);
    worst[2] = std::max(worst[2], std::fabs(ulps_from(shifted(gate, up), y)));
  }
  add_worst(report, "SwiGlu", "200000 random, gate above -12", worst[0], "ulp", 5.8);
  add_worst(report, "ClampedSwiGlu", "the same, limit 10", worst[1], "ulp", 5.8);
  add_worst(report, "ShiftedSwiGlu", "the same, alpha 1.702, limit 7", worst[2], "ulp", 29);
}

// rotate: one product and one fma: 2 u (|u c| + |v s|). combine: factors are powers of two, so one rounding: 0.5 ulp.
void check_rotation(Report& report) {
  Random random;
  Number y(320);
  double rotation = 0.0, combination = 0.0;
  for (int i = 0; i < random_inputs; ++i) {
    const float a = ordinary(random), b = ordinary(random);
    const precise::SinCos angle = precise::sin_cos(6.28 * static_cast<double>(random.uniform()));
    const auto c = static_cast<float>(angle.cos), s = static_cast<float>(angle.sin);
    const Pair turned = rotate(a, b, c, s);
    const double ac = static_cast<double>(a) * c, bs = static_cast<double>(b) * s;
    mpfr_set_d(y, ac, MPFR_RNDN);
    mpfr_sub_d(y, y, bs, MPFR_RNDN);
    mpfr_sub_d(y, y, turned.first, MPFR_RNDN);
    if (a != 0.0f) rotation = std::max(rotation, std::fabs(y.as_double()) / (u * (std::fabs(ac) + std::fabs(bs))));
    const SoftmaxSum before{random.below(60), 1.0f}, block{random.below(60), 1.0f};
    const Rescale factor = rescale(before, block);
    mpfr_set_d(y, static_cast<double>(a) * factor.before, MPFR_RNDN);
    mpfr_add_d(y, y, static_cast<double>(b) * factor.block, MPFR_RNDN);
    combination = std::max(combination, std::fabs(ulps_from(combine(factor, a, b), y)));
  }
  add_worst(report, "rotate", "200000 random", rotation, "u (\\|u c\\| + \\|v s\\|)", 2.0);
  add_worst(report, "combine (softmax of two blocks)", "200000 random", combination, "ulp", 0.5);
}

double distance(double got, const Number& truth) {
  Number off;
  mpfr_sub_d(off, truth, got, MPFR_RNDN);
  return std::fabs(off.as_double());
}
// In spacings of binary64 at the truth.
double wide_ulps(double got, const Number& truth) {
  return std::ldexp(distance(got, truth), 53 - static_cast<int>(mpfr_get_exp(truth.value)));
}

// The claims of math/double_functions.hpp.
void check_binary64(Report& report) {
  Random random;
  Number x, y;
  double worst[4] = {};
  const auto uniform = [&random] { return static_cast<double>(random.next() >> 11) * 0x1p-53; };
  for (int i = 0; i < random_inputs; ++i) {
    const double exponent = 1400.0 * uniform() - 700.0, digits = uniform(), turns = uniform();
    const double size = std::ldexp(1.0 + digits, random.below(2000) - 1000);
    const double angle = std::ldexp(turns, random.below(21)), base = 1.0 + 1e6 * uniform(), power = -uniform();
    mpfr_set_d(x, exponent, MPFR_RNDN);
    mpfr_exp(y, x, MPFR_RNDN);
    worst[0] = std::max(worst[0], wide_ulps(precise::exp(exponent), y));
    mpfr_set_d(x, size, MPFR_RNDN);
    mpfr_log(y, x, MPFR_RNDN);
    worst[1] = std::max(worst[1], wide_ulps(precise::log(size), y));
    mpfr_set_d(x, angle, MPFR_RNDN);
    mpfr_sin(y, x, MPFR_RNDN);
    worst[2] = std::max(worst[2], distance(precise::sin_cos(angle).sin, y));
    mpfr_cos(y, x, MPFR_RNDN);
    worst[2] = std::max(worst[2], distance(precise::sin_cos(angle).cos, y));
    mpfr_set_d(x, base, MPFR_RNDN);
    mpfr_set_d(y, power, MPFR_RNDN);
    mpfr_pow(y, x, y, MPFR_RNDN);
    worst[3] = std::max(worst[3], wide_ulps(precise::power(base, power), y));
  }
  add_worst(report, "precise::exp", "200000 random, to 700", worst[0], "ulp of binary64", 0.87);
  add_worst(report, "precise::log", "200000 random, all normal numbers", worst[1], "ulp of binary64", 1.2);
  add_worst(report, "precise::sin_cos", "200000 random, below 2^20", worst[2] * 1e16, "1e-16", 2.1);
  add_worst(report, "precise::power", "200000 random, base to 1e6, exponent -1 … 0", worst[3], "ulp of binary64", 30);
}

}  // namespace

int main(int argc, char** argv) {
  const bool print = argc > 1 && std::strcmp(argv[1], "--print") == 0;
  const bool planted = argc > 1 && std::strcmp(argv[1], "--planted") == 0;
  if (argc > 1 + print + planted) return std::fprintf(stderr, "pairs [--print] [--planted]\n"), 2;
  Report report;
  report.lines = {"| function | inputs | largest error |", "|---|---|---|"};
  check_fma(report, planted ? early_fma : [](float a, float b, float c) { return fma(a, b, c); });
  check_division(report);
  check_gates(report);
  check_rotation(report);
  check_binary64(report);
  if (print) report.print();
  if (!print && !planted) report.compare_with(expectations);
  return report.finish(report.lines.size() - 2);
}
