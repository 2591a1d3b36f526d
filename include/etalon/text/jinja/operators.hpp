#pragma once
// + - * / // % ** and unary signs on values, as Python defines them for its built-in types.
#include <string>
#include <vector>

#include "etalon/text/jinja/format_percent.hpp"

namespace etalon::text::jinja {

namespace detail {

[[noreturn]] inline void fail_operands(const std::string& sign, const Value& a, const Value& b) {
  if (a.is_undefined()) fail_undefined(a);
  if (b.is_undefined()) fail_undefined(b);
  fail("operands that fit " + sign, type_name(a) + " and " + type_name(b));
}

inline Value joined(Runtime& runtime, const Text& a, const Text& b) {
  if (!a.safe && !b.safe) {
    runtime.budget.make(a.utf8.size() + b.utf8.size());
    return Value::text(a.utf8 + b.utf8);
  }
  const std::string left = a.safe ? a.utf8 : escaped(runtime, a.utf8),
                    right = b.safe ? b.utf8 : escaped(runtime, b.utf8);
  runtime.budget.make(left.size() + right.size());
  return Value::safe_text(left + right);
}

inline Value joined(Runtime& runtime, const Sequence& a, const Sequence& b) {
  runtime.budget.make((a.items.size() + b.items.size()) * sizeof(Value));
  std::vector<Value> items = a.items;
  items.insert(items.end(), b.items.begin(), b.items.end());
  return Value::sequence(a.kind, std::move(items));
}

inline Value repeated(Runtime& runtime, const Text& text, Integer times) {
  const std::size_t count = size_of(runtime, times);
  runtime.budget.make_times(text.utf8.size(), count);
  std::string out;
  if (!text.utf8.empty()) {
    out.reserve(text.utf8.size() * count);
    for (std::size_t i = 0; i < count; ++i) out += text.utf8;
  }
  return text_value(std::move(out), text);
}

inline Value repeated(Runtime& runtime, const Sequence& sequence, Integer times) {
  const std::size_t count = size_of(runtime, times);
  runtime.budget.make_times(sequence.items.size() * sizeof(Value), count);
  std::vector<Value> items;
  if (!sequence.items.empty()) {
    for (std::size_t i = 0; i < count; ++i) items.insert(items.end(), sequence.items.begin(), sequence.items.end());
  }
  return Value::sequence(sequence.kind, std::move(items));
}

inline Value multiplied(Runtime& runtime, const Value& a, const Value& b) {
  const std::optional<Integer> left = integer_of(a), right = integer_of(b);
  if (left && right) return Value::integer(multiply(*left, *right));
  if (is_number(a) && is_number(b)) return Value(real_of(a) * real_of(b));
  const Value& thing = left ? b : a;
  const std::optional<Integer> times = left ? left : right;
  if (times && thing.as_text() != nullptr) return repeated(runtime, *thing.as_text(), *times);
  if (times && thing.is_list_or_tuple()) return repeated(runtime, *thing.as_sequence(), *times);
  fail_operands("*", a, b);
}

inline Value added(Runtime& runtime, const Value& a, const Value& b) {
  const std::optional<Integer> left = integer_of(a), right = integer_of(b);
  if (left && right) return Value::integer(add(*left, *right));
  if (is_number(a) && is_number(b)) return Value(real_of(a) + real_of(b));
  if (a.as_text() != nullptr && b.as_text() != nullptr) return joined(runtime, *a.as_text(), *b.as_text());
  if (a.is_list_or_tuple() && b.is_list_or_tuple() && a.as_sequence()->kind == b.as_sequence()->kind) {
    return joined(runtime, *a.as_sequence(), *b.as_sequence());
  }
  fail_operands("+", a, b);
}

inline double divided(double a, double b) {
  if (b == 0) fail("a divisor other than 0", "0");
  return a / b;
}

inline Value raised(const Value& a, const Value& b) {
  const std::optional<Integer> base = integer_of(a), exponent = integer_of(b);
  if (base && exponent && *exponent >= 0) return Value::integer(power(*base, *exponent));
  const double x = real_of(a), y = real_of(b);
  if (x == 0 && y < 0) fail("a base other than 0 for a negative power", "0");
  if (x < 0 && y != std::floor(y)) fail("a real result", "a complex one");
  const double out = std::pow(x, y);
  if (std::isinf(out) && std::isfinite(x) && std::isfinite(y))
    fail("a result within the range of float", "a larger one");
  return Value(out);
}

}  // namespace detail

inline Value operate(Runtime& runtime, const std::string& sign, const Value& a, const Value& b) {
  if (sign == "+") return detail::added(runtime, a, b);
  if (sign == "*") return detail::multiplied(runtime, a, b);
  if (sign == "%" && a.as_text() != nullptr) return percent_format(runtime, *a.as_text(), b);
  if (!is_number(a) || !is_number(b)) detail::fail_operands(sign, a, b);
  if (sign == "/") return Value(detail::divided(real_of(a), real_of(b)));
  if (sign == "**") return detail::raised(a, b);
  const std::optional<Integer> left = integer_of(a), right = integer_of(b);
  const bool is_whole = left && right;
  if (sign == "-") return is_whole ? Value::integer(subtract(*left, *right)) : Value(real_of(a) - real_of(b));
  if (sign == "//")
    return is_whole ? Value::integer(floor_divide(*left, *right)) : Value(floor_divide(real_of(a), real_of(b)));
  return is_whole ? Value::integer(floor_modulo(*left, *right)) : Value(floor_modulo(real_of(a), real_of(b)));
}

inline Value negated(const Value& value) {
  if (const auto number = integer_of(value)) return Value::integer(subtract(0, *number));
  if (const double* real = value.as<double>()) return Value(-*real);
  if (value.is_undefined()) fail_undefined(value);
  fail("a number behind -", "a value of type " + type_name(value));
}

inline Value unsigned_plus(const Value& value) {
  if (const auto number = integer_of(value)) return Value::integer(*number);
  if (value.as<double>() != nullptr) return value;
  if (value.is_undefined()) fail_undefined(value);
  fail("a number behind +", "a value of type " + type_name(value));
}

}  // namespace etalon::text::jinja
