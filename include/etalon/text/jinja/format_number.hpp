#pragma once
// Numbers and texts laid out by a specification: the part that "%5.2f" % x and "{:>5.2f}".format(x) share.
//
// Source: Python's format specification mini-language,
//   [[fill]align][sign][#][0][width][,_][.precision][type]   (docs.python.org/3/library/string.html#formatspec).
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "etalon/text/jinja/arguments.hpp"

namespace etalon::text::jinja {

struct FormatSpec {
  std::string fill = " ";
  char align = 0;       // < > = ^, 0: the type's own
  char sign = '-';      // - + or a space
  bool alternate = false, zero = false;
  char grouping = 0;    // , or _
  Integer width = 0, precision = -1;
  char type = 0;
};

inline constexpr Integer max_precision = 1000, max_width = 1'000'000;

// "1234567" → "1,234,567"; groups of four for hexadecimal, octal, binary.
inline std::string grouped(std::string digits, char separator, int size) {
  for (long at = static_cast<long>(digits.size()) - size; at > 0; at -= size) {
    digits.insert(static_cast<std::size_t>(at), 1, separator);
  }
  return digits;
}

// The digits of |value| without sign, for the types e, f, g, % and none.
inline std::string real_digits(double value, const FormatSpec& spec) {
  const double size = std::fabs(value);
  const char type = spec.type == 0 || spec.type == 'n' ? 'g' : spec.type;
  if (!std::isfinite(size)) {
    const bool is_upper_case = type == 'E' || type == 'F' || type == 'G';
    return std::string(std::isnan(size) ? (is_upper_case ? "NAN" : "nan") : (is_upper_case ? "INF" : "inf")) +
           (type == '%' ? "%" : "");
  }
  if (spec.type == 0 && spec.precision < 0) return to_text(size);
  const int precision = spec.precision < 0 ? 6 : static_cast<int>(spec.precision);
  std::string pattern = spec.alternate ? "%#.*" : "%.*";
  pattern += type == '%' ? 'f' : type;
  std::vector<char> buffer(static_cast<std::size_t>(precision) + 400);
  const double shown = type == '%' ? size * 100 : size;
  const int written = std::snprintf(buffer.data(), buffer.size(), pattern.c_str(), precision, shown);
  std::string out(buffer.data(), static_cast<std::size_t>(written));
  if (type == '%') out += '%';
  if (spec.type == 0 && out.find_first_of(".e") == out.npos) out += ".0";
  return out;
}

inline std::string integer_digits(Integer value, const FormatSpec& spec) {
  const int base = spec.type == 'x' || spec.type == 'X' ? 16 : spec.type == 'o' ? 8 : spec.type == 'b' ? 2 : 10;
  std::string out = to_text(value, base);
  if (value < 0) out.erase(0, 1);
  return spec.type == 'X' ? upper(out) : out;
}

inline std::string sign_of(bool is_negative, const FormatSpec& spec) {
  if (is_negative) return "-";
  return spec.sign == '-' ? "" : std::string(1, spec.sign);
}

// head: sign and prefix, which "=" alignment keeps to the left of the fill.
inline std::string aligned(Runtime& runtime, const std::string& head, const std::string& body, const FormatSpec& spec,
                           char own_align) {
  const std::size_t width = size_of(runtime, spec.width), length = count_characters(head) + count_characters(body);
  const std::size_t missing = width > length ? width - length : 0;
  const char align = spec.align != 0 ? spec.align : own_align;
  runtime.budget.make_times(spec.fill.size(), missing);
  runtime.budget.make(head.size() + body.size());
  const auto fill = [&](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += spec.fill;
    return out;
  };
  if (align == '=') return head + fill(missing) + body;
  if (align == '<') return head + body + fill(missing);
  if (align == '^') return fill(missing / 2) + head + body + fill(missing - missing / 2);
  return fill(missing) + head + body;
}

inline std::string formatted(Runtime& runtime, Integer value, const FormatSpec& spec) {
  const int group = spec.type == 'x' || spec.type == 'X' || spec.type == 'o' || spec.type == 'b' ? 4 : 3;
  std::string digits = integer_digits(value, spec);
  if (spec.grouping != 0) digits = grouped(std::move(digits), spec.grouping, group);
  std::string head = sign_of(value < 0, spec);
  if (spec.alternate && group == 4) (head += '0') += spec.type;
  return aligned(runtime, head, digits, spec, '>');
}

inline std::string formatted(Runtime& runtime, double value, const FormatSpec& spec) {
  std::string digits = real_digits(value, spec);
  if (spec.grouping != 0) {
    const std::size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
    digits = grouped(digits.substr(0, whole), spec.grouping, 3) + digits.substr(whole);
  }
  return aligned(runtime, sign_of(std::signbit(value) && !std::isnan(value), spec), digits, spec, '>');
}

inline std::string formatted(Runtime& runtime, const Text& value, const FormatSpec& spec) {
  std::string shown = value.utf8;
  if (spec.precision >= 0 && static_cast<Integer>(value.length) > spec.precision) {
    shown.resize(byte_of_character(shown, static_cast<std::size_t>(spec.precision)));
  }
  return aligned(runtime, "", shown, spec, '<');
}

inline void check(const FormatSpec& spec) {
  if (spec.width > max_width || spec.precision > max_precision) {
    fail("a width up to " + to_text(max_width) + " and a precision up to " + to_text(max_precision), "a larger one");
  }
}

}  // namespace etalon::text::jinja
