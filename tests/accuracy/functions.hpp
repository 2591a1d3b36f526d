#pragma once
// Every function of one binary32 number in include/etalon/math: ours, the same in binary64, and the truth by MPFR.
//
// Left out: functions that round to a narrower format (formats.hpp), those of several numbers (sums.cpp, pairs.cpp).
#include <cmath>
#include <vector>

#include <etalon/math/activation.hpp>
#include <etalon/math/tanh.hpp>

#include "accuracy/truth.hpp"

namespace etalon::test {

struct Function {
  const char* name;
  float (*ours)(float);
  double (*screen)(double);                      // by the C library's binary64
  void (*truth)(Number& y, const Number& x);
  float least, most;                             // bounds of the result
  float split = -INFINITY;                       // inputs below it make a row of their own
  const char* below = nullptr;                   // its name
  float turn = -INFINITY;                        // results rise with x above it and fall below it
  float domain = INFINITY;                       // |x| up to here
  bool canonical = true;                         // every NaN it returns is the one NaN 0x7fc00000
  int largest_fall = 1;                          // in ulp, from one float to the next
};

inline void true_sigmoid(Number& y, const Number& x) {
  mpfr_neg(y, x, MPFR_RNDN);
  mpfr_exp(y, y, MPFR_RNDN);
  mpfr_add_ui(y, y, 1, MPFR_RNDN);
  mpfr_ui_div(y, 1, y, MPFR_RNDN);
}
inline void true_silu(Number& y, const Number& x) {
  mpfr_neg(y, x, MPFR_RNDN);
  mpfr_exp(y, y, MPFR_RNDN);
  mpfr_add_ui(y, y, 1, MPFR_RNDN);
  mpfr_div(y, x, y, MPFR_RNDN);
}
inline void true_softplus(Number& y, const Number& x) {
  mpfr_abs(y, x, MPFR_RNDN);
  mpfr_neg(y, y, MPFR_RNDN);
  mpfr_exp(y, y, MPFR_RNDN);
  mpfr_log1p(y, y, MPFR_RNDN);
  if (mpfr_sgn(x.value) > 0) mpfr_add(y, y, x, MPFR_RNDN);
}
inline double softplus_in_double(double x) { return (x > 0.0 ? x : 0.0) + std::log1p(std::exp(-std::fabs(x))); }

// exp(x) is subnormal below the first, infinite above the second.
inline constexpr float exp_subnormal = -0x1.5d589ep+6f, exp_overflow = 0x1.62e42ep+6f;

inline const std::vector<Function>& functions() {
  static const std::vector<Function> all = {
    {"exp2", [](float x) { return exp2(x); }, [](double x) { return std::exp2(x); },
     [](Number& y, const Number& x) { mpfr_exp2(y, x, MPFR_RNDN); },
     0.0f, INFINITY, -126.0f, "exp2, subnormal results"},
    {"exp2_fraction", [](float x) { return exp2_fraction(x); }, [](double x) { return std::exp2(x); },
     [](Number& y, const Number& x) { mpfr_exp2(y, x, MPFR_RNDN); },
     0x1.6a09e6p-1f, 0x1.6a09e6p+0f, -INFINITY, nullptr, -INFINITY, 0.5f, false},
    {"exp", [](float x) { return exp(x); }, [](double x) { return std::exp(x); },
     [](Number& y, const Number& x) { mpfr_exp(y, x, MPFR_RNDN); },
     0.0f, INFINITY, exp_subnormal, "exp, subnormal results"},
    {"log", [](float x) { return log(x); }, [](double x) { return std::log(x); },
     [](Number& y, const Number& x) { mpfr_log(y, x, MPFR_RNDN); }, -INFINITY, INFINITY},
    {"log1p", [](float x) { return log1p(x); }, [](double x) { return std::log1p(x); },
     [](Number& y, const Number& x) { mpfr_log1p(y, x, MPFR_RNDN); }, -INFINITY, INFINITY},
    {"tanh", [](float x) { return tanh(x); }, [](double x) { return std::tanh(x); },
     [](Number& y, const Number& x) { mpfr_tanh(y, x, MPFR_RNDN); }, -1.0f, 1.0f},
    {"sigmoid", [](float x) { return sigmoid(x); }, [](double x) { return 1.0 / (1.0 + std::exp(-x)); }, true_sigmoid,
     0.0f, 1.0f, -exp_overflow, "sigmoid below -88.722", -INFINITY, INFINITY, false},
    {"silu", [](float x) { return silu(x); }, [](double x) { return x / (1.0 + std::exp(-x)); }, true_silu,
     -0.27846456f, INFINITY, -exp_overflow, "silu below -88.722", -1.27846454f, INFINITY, false, 2},
    {"softplus", [](float x) { return softplus(x); }, softplus_in_double, true_softplus,
     0.0f, INFINITY, -INFINITY, nullptr, -INFINITY, INFINITY, false},
    {"sqrt(softplus)", [](float x) { return square_root(softplus(x)); },
     [](double x) { return std::sqrt(softplus_in_double(x)); },
     [](Number& y, const Number& x) { true_softplus(y, x); mpfr_sqrt(y, y, MPFR_RNDN); },
     0.0f, INFINITY, exp_subnormal, "sqrt(softplus) below -87.337", -INFINITY, INFINITY, false},
    {"square_root", [](float x) { return square_root(x); }, [](double x) { return std::sqrt(x); },
     [](Number& y, const Number& x) { mpfr_sqrt(y, x, MPFR_RNDN); },
     0.0f, INFINITY, -INFINITY, nullptr, -INFINITY, INFINITY, false},
    {"-1/square_root", [](float x) { return -divide(1.0f, square_root(x)); },
     [](double x) { return -1.0 / std::sqrt(x); },
     [](Number& y, const Number& x) { mpfr_sqrt(y, x, MPFR_RNDN); mpfr_si_div(y, -1, y, MPFR_RNDN); },
     -INFINITY, INFINITY, -INFINITY, nullptr, -INFINITY, INFINITY, false},
  };
  return all;
}

// What a function returns at a point where it must return exactly that.
struct SpecialValue {
  const char* name;
  std::uint32_t input, output;
};

inline const std::vector<SpecialValue>& special_values() {
  constexpr std::uint32_t zero = 0, minus_zero = 0x80000000u, one = 0x3f800000u, half = 0x3f000000u;
  constexpr std::uint32_t infinity = 0x7f800000u, minus_infinity = 0xff800000u, nan = canonical_nan_bits;
  constexpr std::uint32_t minus_one = 0xbf800000u, signalling = 0xff800001u;
  static const std::vector<SpecialValue> all = {
    {"exp2", zero, one}, {"exp2", minus_zero, one}, {"exp2", infinity, infinity}, {"exp2", minus_infinity, zero},
    {"exp2", signalling, nan}, {"exp2", 0x43000000u, infinity}, {"exp2", 0xc3160000u, zero},   // 128; -150: a tie
    {"exp", zero, one}, {"exp", minus_zero, one}, {"exp", infinity, infinity}, {"exp", minus_infinity, zero},
    {"exp", signalling, nan},
    {"log", one, zero}, {"log", zero, minus_infinity}, {"log", minus_zero, minus_infinity},
    {"log", infinity, infinity}, {"log", minus_one, nan}, {"log", minus_infinity, nan}, {"log", signalling, nan},
    {"log1p", zero, zero}, {"log1p", minus_zero, minus_zero}, {"log1p", minus_one, minus_infinity},
    {"log1p", infinity, infinity}, {"log1p", minus_infinity, nan}, {"log1p", signalling, nan},
    {"tanh", zero, zero}, {"tanh", minus_zero, minus_zero}, {"tanh", infinity, one},
    {"tanh", minus_infinity, minus_one}, {"tanh", signalling, nan},
    {"sigmoid", zero, half}, {"sigmoid", infinity, one}, {"sigmoid", minus_infinity, zero},
    {"silu", zero, zero}, {"silu", minus_zero, minus_zero}, {"silu", infinity, infinity},
    {"softplus", infinity, infinity}, {"softplus", minus_infinity, zero}, {"softplus", zero, 0x3f317218u},   // ln 2
    {"sqrt(softplus)", infinity, infinity}, {"sqrt(softplus)", minus_infinity, zero},
    {"square_root", zero, zero}, {"square_root", minus_zero, minus_zero}, {"square_root", infinity, infinity},
  };
  return all;
}

}  // namespace etalon::test
