#pragma once
// Every rounding of one binary32 number to fewer digits, and the result an independent rule gives: the nearest number
// of the format, of a tie the one with the even last digit.
//
// The rule knows a format by its precision and range alone (no bits of it): grid step at x, two neighbours, their exact
// midpoint in binary64. Judged by equality, on every input.
#include <algorithm>
#include <cmath>
#include <vector>

#include <etalon/formats/fp8.hpp>
#include <etalon/math/rounding.hpp>

namespace etalon::test {

// A floating-point format: digits of the significand, exponent of the smallest normal number, largest finite number.
struct Grid {
  int digits, smallest_exponent;
  double largest;
  bool saturates;   // beyond the largest: it, or infinity
};

// 2^n as a normal binary64 number.
inline double power(int n) { return double_of(static_cast<std::uint64_t>(n + 1023) << 52); }

inline double nearest_on(const Grid& grid, double x) {
  const double size = std::fabs(x);
  if (!(size < INFINITY)) return grid.saturates && !std::isnan(x) ? std::copysign(grid.largest, x) : x;
  const int exponent = std::max(std::ilogb(size), grid.smallest_exponent);   // of 0: the least integer
  const double step = power(exponent - (grid.digits - 1)), steps = size / step;   // exact; below 2^digits
  const int down = static_cast<int>(steps);
  const double above = steps - down;
  const bool up = above > 0.5 || (above == 0.5 && down % 2 == 1);
  double rounded = (down + up) * step;
  if (rounded > grid.largest) rounded = grid.saturates ? grid.largest : INFINITY;
  return std::copysign(rounded, x);
}

struct Rounding {
  const char* name;
  float (*ours)(float);
  double (*rule)(double);
  float domain = INFINITY;   // |x| up to here
};

inline const std::vector<Rounding>& roundings() {
  static constexpr Grid bf16{8, -126, 0x1.fep127, false}, e4m3{4, -6, 448.0, true}, e5m2{3, -14, 57344.0, true};
  static const std::vector<Rounding> all = {
    {"round_to_integer", [](float x) { return round_to_integer(x); },
     [](double x) { return x - std::remainder(x, 1.0); }, 0x1p22f},
    {"round_to_bf16", [](float x) { return round_to_bf16(x); }, [](double x) { return nearest_on(bf16, x); }},
    {"round_activation", [](float x) { return round_activation(x); },
     [](double x) { return std::fabs(x) < 0x1p-55 ? 0.0 : nearest_on(bf16, x); }},
    {"to_e4m3", [](float x) { return to_e4m3(x).decode(); }, [](double x) { return nearest_on(e4m3, x); }},
    {"to_e5m2", [](float x) { return to_e5m2(x).decode(); }, [](double x) { return nearest_on(e5m2, x); }},
  };
  return all;
}

}  // namespace etalon::test
