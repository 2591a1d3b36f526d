#pragma once
// The true dot product, norm, softmax and attention of binary32 numbers, by MPFR.
//
// A sum of products is kept in 640 bits: from 2^-298 to 2^272 nothing is lost. What follows a sum (root, quotient, exp)
// has 160 bits, attention 120: thousands of times finer than any error measured here.
#include <algorithm>
#include <vector>

#include "accuracy/methods.hpp"
#include "accuracy/truth.hpp"

namespace etalon::test {

inline constexpr mpfr_prec_t exact_bits = 640;

// a . b, and the sum of |a b|.
struct ExactDot {
  Number value{exact_bits};
  double size = 0.0;
};

inline void exact_dot(ExactDot& out, const std::vector<float>& a, const std::vector<float>& b) {
  Number x(24);
  mpfr_set_zero(out.value, 1);
  out.size = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double product = static_cast<double>(a[k]) * b[k];   // exact
    mpfr_add_d(out.value, out.value, product, MPFR_RNDN);
    out.size += std::fabs(product);
  }
}

// Errors of a norm's results in ulp: y = x gain / sqrt(x . x / n + epsilon).
inline void add_norm_errors(std::vector<double>& errors, const std::vector<float>& y, const std::vector<float>& x,
                            const std::vector<float>& gain, float epsilon) {
  ExactDot square;
  exact_dot(square, x, x);
  Number inverse, truth;
  mpfr_div_ui(inverse, square.value, x.size(), MPFR_RNDN);
  mpfr_add_d(inverse, inverse, static_cast<double>(epsilon), MPFR_RNDN);
  mpfr_rec_sqrt(inverse, inverse, MPFR_RNDN);
  for (std::size_t i = 0; i < x.size(); ++i) {
    mpfr_mul_d(truth, inverse, static_cast<double>(x[i]) * gain[i], MPFR_RNDN);
    errors.push_back(std::fabs(ulps_from(y[i], truth)));
  }
}

// exp(x - largest) of every x, and their sum.
struct TrueSoftmax {
  std::vector<Number> weight;
  Number total;

  explicit TrueSoftmax(const std::vector<float>& x) : weight(x.size()) {
    mpfr_set_zero(total, 1);
    double largest = -INFINITY;
    for (float value : x) largest = std::max(largest, static_cast<double>(value));
    for (std::size_t i = 0; i < x.size(); ++i) {
      mpfr_set_d(weight[i], x[i], MPFR_RNDN);
      mpfr_sub_d(weight[i], weight[i], largest, MPFR_RNDN);
      mpfr_exp(weight[i], weight[i], MPFR_RNDN);
      mpfr_add(total, total, weight[i], MPFR_RNDN);
    }
  }
};

// Errors of probabilities in ulp. Those below 2^-100 are passed over: R5 takes a weight below 2^-126 of a block's
// largest for nothing.
inline void add_softmax_errors(std::vector<double>& errors, const std::vector<float>& p, const TrueSoftmax& truth) {
  Number quotient;
  for (std::size_t i = 0; i < p.size(); ++i) {
    mpfr_div(quotient, truth.weight[i], truth.total, MPFR_RNDN);
    if (quotient.as_double() >= 0x1p-100) errors.push_back(std::fabs(ulps_from(p[i], quotient)));
  }
}

// One query's attention in 120 bits: out = sum p v / sum p, p = exp(scale q . k). MPFR's exponents have no need of a
// largest score to subtract.
struct TrueAttention {
  std::vector<Number> out;
  std::vector<double> size;     // sum p |v| / sum p
  double largest_score = 0.0;   // of scale sum |q k|, over the keys

  explicit TrueAttention(const Attention& c);
};

inline constexpr mpfr_prec_t attention_bits = 120;

// scale q . k_j in `score`; returns scale sum |q k|.
inline double true_score(Number& score, const Attention& c, int j) {
  double size = 0.0;
  mpfr_set_zero(score, 1);
  for (int i = 0; i < c.dim; ++i) {
    const double product = static_cast<double>(c.q[i]) * c.k[j * c.dim + i];
    mpfr_add_d(score, score, product, MPFR_RNDN);
    size += std::fabs(product);
  }
  mpfr_mul_d(score, score, c.scale, MPFR_RNDN);
  return size * c.scale;
}

inline TrueAttention::TrueAttention(const Attention& c) : out(c.width), size(c.width, 0.0) {
  Number p(attention_bits), total(attention_bits), term(attention_bits);
  std::vector<Number> absolute(size.size());
  mpfr_set_zero(total, 1);
  for (int i = 0; i < c.width; ++i) mpfr_set_zero(out[i], 1), mpfr_set_zero(absolute[i], 1);
  for (int j = 0; j < c.keys; ++j) {
    largest_score = std::max(largest_score, true_score(p, c, j));
    mpfr_exp(p, p, MPFR_RNDN);
    mpfr_add(total, total, p, MPFR_RNDN);
    for (int i = 0; i < c.width; ++i) {
      mpfr_mul_d(term, p, static_cast<double>(c.v[j * c.width + i]), MPFR_RNDN);
      mpfr_add(out[i], out[i], term, MPFR_RNDN);
      mpfr_abs(term, term, MPFR_RNDN);
      mpfr_add(absolute[i], absolute[i], term, MPFR_RNDN);
    }
  }
  for (int i = 0; i < c.width; ++i) {
    mpfr_div(out[i], out[i], total, MPFR_RNDN);
    mpfr_div(absolute[i], absolute[i], total, MPFR_RNDN);
    size[i] = absolute[i].as_double();
  }
}

}  // namespace etalon::test
