#pragma once
// One result of a function of one number, judged; and what all judgements of a row of the table come to.
//
// The rule (unary.cpp says why it suffices): the C library's binary64 decides, except where it leaves a doubt or the
// error may be the largest yet; there MPFR does.
#include <algorithm>
#include <atomic>
#include <string>

#include "accuracy/functions.hpp"
#include "accuracy/sweep.hpp"

namespace etalon::test {

inline constexpr double doubt = 1e-6;   // ulp

struct Options {
  std::uint64_t stride = 1;
  int threads = 2;
  bool mpfr = false, print = false, planted = false;
  std::string only;
};

// What the inputs of one row (a function, or its inputs below the split) came to. Errors in ulp.
struct Row {
  double worst = 0.0, sum = 0.0, ordinary_sum = 0.0;   // ordinary: 2^-10 <= |x| < 2^7
  float worst_at = 0.0f;
  std::uint64_t inputs = 0, ordinary = 0;   // that have a finite result
  std::uint64_t not_rounded = 0;            // results that are not the correctly rounded ones
  std::uint64_t falls = 0;                  // below the result of the float before (silu's left part: above)
  std::int64_t largest_fall = 0;            // in steps between neighbouring floats
  std::uint64_t wrong_kind = 0;             // NaN or infinity where the truth, rounded, is not, or the other way round
  std::uint64_t outside = 0;                // of the function's range
  std::uint64_t judged = 0;                 // by MPFR

  void add(const Row& other) {
    if (other.worst > worst) worst = other.worst, worst_at = other.worst_at;
    sum += other.sum, ordinary_sum += other.ordinary_sum;
    inputs += other.inputs, ordinary += other.ordinary, not_rounded += other.not_rounded;
    falls += other.falls, wrong_kind += other.wrong_kind, outside += other.outside, judged += other.judged;
    largest_fall = std::max(largest_fall, other.largest_fall);
  }
};
struct Rows {
  Row above, below;
  double screen_off = 0.0;   // the screen's largest distance from the truth, in ulp

  void add(const Rows& other) {
    above.add(other.above), below.add(other.below);
    screen_off = std::max(screen_off, other.screen_off);
  }
};

// The fault of --planted: one result in 4096 is the float below the right one.
inline float with_fault(float x, float y) {
  const bool hit = (bits_of(x) & 0xfffu) == 0x7acu && y > 0x1p-100f && y < 0x1p100f;
  return hit ? float_of(bits_of(y) - 1) : y;
}

// Both NaN, the same infinity, or both neither.
inline bool same_kind(float a, float b) {
  return std::isfinite(a) ? std::isfinite(b) : is_nan(a) ? is_nan(b) : a == b;
}

// One function, judged on one thread.
struct Judge {
  const Function& f;
  const Options& options;
  std::atomic<double>* worst_known;   // of all threads: above, below
  Number x{}, y{};

  float ours(float at) const { return options.planted ? with_fault(at, f.ours(at)) : f.ours(at); }
  void ask(float at) {
    mpfr_set_flt(x, at, MPFR_RNDN);
    f.truth(y, x);
  }
  // Of the screen from the truth that was asked for.
  double screen_distance(float at) const {
    const double screened = f.screen(static_cast<double>(at));
    if (std::fabs(screened) < 0x1p128 && mpfr_number_p(y.value)) return std::fabs(ulps_from(screened, y));
    return same_kind(static_cast<float>(screened), y.rounded()) ? 0.0 : INFINITY;
  }
};

// Is a value, in ulp, so close to the middle between two floats that the screen cannot tell its rounding?
inline bool doubtful(double in_ulps) {
  const double above = in_ulps - static_cast<double>(static_cast<std::int64_t>(in_ulps));
  return std::fabs(std::fabs(above) - 0.5) < doubt;
}

inline void raise_to(std::atomic<double>& most, double value) {
  double seen = most.load();
  while (value > seen && !most.compare_exchange_weak(seen, value)) {}
}

inline void add_error(Row& row, float x, double error) {
  ++row.inputs;
  row.sum += error;
  if (std::fabs(x) >= 0x1p-10f && std::fabs(x) < 0x1p7f) row.ordinary_sum += error, ++row.ordinary;
  if (error > row.worst) row.worst = error, row.worst_at = x;
}

inline void judge(Judge& j, float x, float got, Rows& rows) {
  const bool below = x < j.f.split;
  Row& row = below ? rows.below : rows.above;
  const double truth = j.f.screen(static_cast<double>(x));
  const bool finite = std::fabs(truth) < 0x1p128, comparable = finite && std::isfinite(got);
  float rounded = static_cast<float>(truth);
  double error = comparable ? std::fabs(ulps_from(got, truth)) : 0.0;
  const bool record = error > std::max(j.worst_known[below].load(std::memory_order_relaxed), 0.1) - doubt;
  if (record || j.options.mpfr || (finite && doubtful(ulps_from(0.0, truth)))) {
    j.ask(x);
    rounded = j.y.rounded();
    if (comparable) error = std::fabs(ulps_from(got, j.y));
    raise_to(j.worst_known[below], error);
    rows.screen_off = std::max(rows.screen_off, j.screen_distance(x));
    ++row.judged;
  }
  row.wrong_kind += !same_kind(got, rounded) || (j.f.canonical && is_nan(got) && bits_of(got) != canonical_nan_bits);
  row.not_rounded += !is_nan(rounded) && got != rounded;
  row.outside += got < j.f.least || got > j.f.most;
  if (std::isfinite(got) && std::isfinite(rounded)) add_error(row, x, error);
}

// Neighbours: their results must rise (fall, below the turn).
inline void compare(const Function& f, float before, float x, float y_before, float y, Rows& rows) {
  if (!std::isfinite(y_before) || !std::isfinite(y) || (before < f.turn && x > f.turn)) return;
  const std::int64_t rise = place_of(y) - place_of(y_before), fall = x > f.turn ? -rise : rise;
  Row& row = x < f.split ? rows.below : rows.above;
  row.falls += fall > 0;
  row.largest_fall = std::max(row.largest_fall, fall);
}

}  // namespace etalon::test
