#pragma once
// Python's int and float as text, and integer arithmetic that refuses to overflow.
//
// repr(float) is the shortest decimal that reads back to the same double; exponents below -4 or from 16 on are written
// with e (Python language reference, float.__repr__). Floor division and modulo take the sign of the divisor.
// Leaves out: integers beyond 127 bits (an error, never a wrap).
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "etalon/text/jinja/value.hpp"

namespace etalon::text::jinja {

inline std::string to_text(Integer number, int base = 10) {
  if (number == 0) return "0";
  const bool negative = number < 0;
  std::string digits;
  for (; number != 0; number /= base) {
    const int digit = static_cast<int>(number % base);
    digits += "0123456789abcdef"[digit < 0 ? -digit : digit];
  }
  if (negative) digits += '-';
  return {digits.rbegin(), digits.rend()};
}

inline std::string to_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific).ptr;
  std::string_view shown(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = shown.find('e');
  int exponent = 0;
  std::from_chars(shown.data() + e + (shown[e + 1] == '+' ? 2 : 1), shown.data() + shown.size(), exponent);
  std::string sign = shown[0] == '-' ? "-" : "", digits;
  for (char c : shown.substr(0, e)) if (c >= '0' && c <= '9') digits += c;
  if (exponent < -4 || exponent >= 16) {
    std::string power = std::to_string(std::abs(exponent));
    if (power.size() < 2) power = "0" + power;
    const std::string fraction = digits.size() > 1 ? "." + digits.substr(1) : "";
    return sign + digits[0] + fraction + (exponent < 0 ? "e-" : "e+") + power;
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

[[noreturn]] inline void fail_overflow() {
  fail("integers of at most 127 bits", "a larger one", "the template computes with very large numbers");
}
inline Integer add(Integer a, Integer b) {
  Integer out;
  if (__builtin_add_overflow(a, b, &out)) fail_overflow();
  return out;
}
inline Integer subtract(Integer a, Integer b) {
  Integer out;
  if (__builtin_sub_overflow(a, b, &out)) fail_overflow();
  return out;
}
inline Integer multiply(Integer a, Integer b) {
  Integer out;
  if (__builtin_mul_overflow(a, b, &out)) fail_overflow();
  return out;
}
inline Integer floor_divide(Integer a, Integer b) {
  if (b == 0) fail("a divisor other than 0", "0");
  if (b == -1) return subtract(0, a);
  const Integer quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}
inline Integer floor_modulo(Integer a, Integer b) {
  if (b == 0) fail("a divisor other than 0", "0");
  if (b == -1) return 0;
  const Integer rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
inline double floor_modulo(double a, double b) {
  if (b == 0) fail("a divisor other than 0", "0");
  double rest = std::fmod(a, b);
  if (rest != 0) return (rest < 0) != (b < 0) ? rest + b : rest;
  return std::copysign(0.0, b);
}
inline double floor_divide(double a, double b) {
  const double rest = floor_modulo(a, b);
  const double quotient = (a - rest) / b;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1 : floored;
}
inline Integer power(Integer base, Integer exponent) {
  Integer out = 1;
  if (base == 0 || base == 1) return exponent == 0 ? Integer(1) : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  for (Integer i = 0; i < exponent; ++i) out = multiply(out, base);
  return out;
}

// Truncated towards zero; empty for what has no integer of 127 bits.
inline std::optional<Integer> truncated(double number) {
  if (!(std::fabs(number) < 0x1p126)) return std::nullopt;
  return static_cast<Integer>(number);
}

inline std::string_view stripped(std::string_view text) {
  std::size_t first = 0, last = text.size();
  for (std::size_t at = 0; first < last && is_space(next_character(text, at)); first = at) {}
  for (std::size_t at = last; last > first && is_space(previous_character(text, at)); last = at) {}
  return text.substr(first, last - first);
}

// Digits with single underscores between them, as Python writes and reads numbers; empty if it is anything else.
inline std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is_alnum = [&](std::size_t at) {
      return at < text.size() &&
             (is_letter(static_cast<unsigned char>(text[at])) || is_decimal(static_cast<unsigned char>(text[at])));
    };
    if (text[i] != '_') out += text[i];
    else if (i == 0 || !is_alnum(i - 1) || !is_alnum(i + 1)) return std::nullopt;
  }
  return out;
}

// int("…", base); empty for what is not an integer.
inline std::optional<Integer> parse_integer(std::string_view text, int base = 10) {
  text = stripped(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    const int prefixed = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
    if (prefixed != 0 && (base == prefixed || base == 0)) {
      base = prefixed;
      text.remove_prefix(text.size() > 2 && text[2] == '_' ? 3 : 2);
    } else if (base == 0 && text.find_first_not_of("0_") != text.npos) {
      return std::nullopt;
    }
  }
  if (base == 0) base = 10;
  const std::optional<std::string> digits = without_underscores(text);
  if (!digits || digits->empty()) return std::nullopt;
  Integer out = 0;
  for (char c : *digits) {
    const int digit = c >= '0' && c <= '9'                     ? c - '0'
                      : (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? (c | 0x20) - 'a' + 10
                                                               : 99;
    if (digit >= base) return std::nullopt;
    out = add(multiply(out, base), digit);
  }
  return negative ? -out : out;
}

// float("…"); empty for what is not a number.
inline std::optional<double> parse_float(std::string_view text) {
  std::optional<std::string> plain = without_underscores(stripped(text));
  if (!plain || plain->empty()) return std::nullopt;
  std::string lowered = lower(*plain);
  const bool negative = lowered.starts_with('-');
  if (negative || lowered.starts_with('+')) lowered.erase(0, 1);
  const double sign = negative ? -1.0 : 1.0;
  if (lowered == "inf" || lowered == "infinity") return sign * HUGE_VAL;
  if (lowered == "nan") return std::nan("");
  if (lowered.empty() || lowered.find_first_not_of("0123456789.e+-") != lowered.npos) return std::nullopt;
  if (!is_decimal(static_cast<unsigned char>(lowered[0])) && lowered[0] != '.') return std::nullopt;
  double out = 0;
  const auto [end, problem] = std::from_chars(lowered.data(), lowered.data() + lowered.size(), out);
  if (end != lowered.data() + lowered.size() || problem == std::errc::invalid_argument) return std::nullopt;
  if (problem == std::errc::result_out_of_range) out = std::strtod(lowered.c_str(), nullptr);  // 0 or infinity
  return sign * out;
}

}  // namespace etalon::text::jinja
