#pragma once
// True values: numbers of 160 bits computed by MPFR, and how far a binary32 result is from one.
//
// MPFR (Fousse, Hanrot, Lefèvre, Pélissier, Zimmermann 2007) rounds each of its functions correctly, here to 160 bits.
// A formula of a few such steps without cancellation is right to 2^-150 of its value, 2^-126 of an ulp: the truth.
// An ulp is the spacing of binary32 numbers at the true value, at least 2^-149.
#include <mpfr.h>

#include <cmath>

#include <etalon/math/real.hpp>

namespace etalon::test {

inline constexpr mpfr_prec_t true_bits = 160;

// MPFR keeps constants for each thread; they go when the thread does.
struct ThreadCaches {
  bool used = false;
  ~ThreadCaches() { mpfr_free_cache(); }
};
inline thread_local ThreadCaches thread_caches;

// One number of MPFR, with a life of its own.
struct Number {
  mpfr_t value;

  Number() : Number(true_bits) {}
  explicit Number(mpfr_prec_t bits) {
    thread_caches.used = true;   // makes them, so that they are unmade
    mpfr_init2(value, bits);
  }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
  ~Number() { mpfr_clear(value); }
  operator mpfr_ptr() { return value; }
  operator mpfr_srcptr() const { return value; }

  // Rounded once to binary32, subnormals included.
  float rounded() const { return mpfr_get_flt(value, MPFR_RNDN); }
  double as_double() const { return mpfr_get_d(value, MPFR_RNDN); }
};

// log2 of the spacing of binary32 numbers at a finite truth.
inline long spacing_exponent(mpfr_srcptr truth) {
  if (mpfr_zero_p(truth)) return -149;
  const long exponent = static_cast<long>(mpfr_get_exp(truth)) - 24;   // MPFR: truth = m 2^exp, m in [1/2, 1)
  return exponent < -149 ? -149 : exponent;
}

// (got - truth) in ulp; both finite. Right to 53 bits.
inline double ulps_from(double got, mpfr_srcptr truth) {
  Number off(320);
  mpfr_sub_d(off, truth, got, MPFR_RNDN);
  mpfr_mul_2si(off, off, -spacing_exponent(truth), MPFR_RNDN);
  return -off.as_double();
}

// The same for a truth in binary64.
inline double ulps_from(double got, double truth) {
  const int exponent = static_cast<int>(bits_of(truth) >> 52 & 0x7ffu) - 1023;
  const int spacing = exponent < -126 ? -149 : exponent - 23;
  return (got - truth) * double_of(static_cast<std::uint64_t>(1023 - spacing) << 52);
}

}  // namespace etalon::test
