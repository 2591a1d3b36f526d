#pragma once
// Filters that give texts and numbers: upper, trim, replace, indent, truncate, int, round, urlencode, …
//
// Source: https://jinja.palletsprojects.com/en/3.1.x/templates/#builtin-filters.
#include <string>
#include <string_view>
#include <vector>

#include "etalon/text/jinja/attributes.hpp"

namespace etalon::text::jinja {

using Filter = Value (*)(Runtime&, const Value&, const Arguments&);

struct NamedFilter {
  std::string_view name;
  Filter filter;
};

namespace detail {

// soft_str: a text as it is, anything else as str() prints it.
inline Value soft_text(Runtime& runtime, const Value& value) {
  return value.as_text() != nullptr ? value : runtime.text(str(runtime.budget, value));
}
inline Value text_like(Runtime& runtime, const Value& text, std::string utf8) {
  return runtime.text_like(*text.as_text(), std::move(utf8));
}

template <std::string (*Change)(std::string_view)>
Value change_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound none("the filter", arguments, {});
  const Value text = soft_text(runtime, value);
  return text_like(runtime, text, Change(text.as_text()->utf8));
}

inline Value string_filter(Runtime& runtime, const Value& value, const Arguments&) { return soft_text(runtime, value); }
inline Value safe_filter(Runtime& runtime, const Value& value, const Arguments&) {
  return Value::safe_text(str(runtime.budget, value));
}
inline Value escape_filter(Runtime& runtime, const Value& value, const Arguments&) {
  return Value::safe_text(escaped(runtime, value));
}
inline Value force_escape_filter(Runtime& runtime, const Value& value, const Arguments&) {
  return Value::safe_text(escaped(runtime, str(runtime.budget, value)));
}

// Each word's first character in upper case; words begin at - ( { [ < and white space.
inline Value title_filter(Runtime& runtime, const Value& value, const Arguments&) {
  const std::string text = str(runtime.budget, value);
  const auto separates = [](char32_t c) {
    return is_space(c) || (c < 0x80 && std::string_view("-({[<").find(static_cast<char>(c)) != std::string_view::npos);
  };
  std::string out, word;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (!separates(c)) {
      if (word.empty()) append_upper(out, c), word = " ";
      else append_character(word, c);
      if (at < text.size()) continue;
    }
    if (!word.empty()) out += lower(std::string_view(word).substr(1));
    word.clear();
    if (separates(c)) append_character(out, c);
  }
  return runtime.text(std::move(out));
}

inline Value trim_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("trim", arguments, {"chars"});
  const Value text = soft_text(runtime, value);
  return text_like(runtime, text,
                   std::string(strip(text.as_text()->utf8, bound.is_given(0) ? &bound.text(0) : nullptr, Sides::both)));
}

inline Value replace_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("replace", arguments, {"old", "new", "count"}, 2);
  const auto shown = [&](const Value& part) { return str(runtime.budget, part); };
  return runtime.text(replaced(runtime.budget, shown(value), shown(*bound[0]), shown(*bound[1]),
                               bound.is_given(2) ? bound.integer(2) : -1));
}

inline Value format_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Value text = soft_text(runtime, value);
  if (arguments.named.empty()) return percent_format(runtime, *text.as_text(), Value::tuple(arguments.positional));
  if (!arguments.positional.empty()) fail("values by position or by name", "both");
  Mapping named;
  for (const auto& [name, argument] : arguments.named) put(runtime.budget, named, Value::text(name), argument);
  return percent_format(runtime, *text.as_text(), mapping_value(std::move(named)));
}

inline Value indent_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("indent", arguments, {"width", "first", "blank"});
  if (value.as_text() == nullptr) fail("a text to indent", "a value of type " + type_name(value));
  const Text* given = bound[0] != nullptr ? bound[0]->as_text() : nullptr;
  const std::size_t width = given == nullptr ? size_of(runtime, bound.integer(0, 4)) : 0;
  runtime.budget.make(width);
  const std::string indent = given != nullptr ? given->utf8 : std::string(width, ' ');
  const std::string text = value.as_text()->utf8 + "\n";
  const std::vector<std::string_view> lines = split_lines(text, LineEnds::dropped);
  runtime.budget.make_times(indent.size() + 1, lines.size());
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) out += '\n';
    const bool is_indented = i == 0 ? bound.truthy(1) : bound.truthy(2) || !lines[i].empty();
    if (is_indented) out += indent;
    out += lines[i];
  }
  return text_like(runtime, value, std::move(out));
}

// Cuts at `length` characters with `end` behind, at a word's end unless killwords; five characters more are let
// through.
inline Value truncate_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("truncate", arguments, {"length", "killwords", "end", "leeway"});
  const Value end = bound[2] != nullptr ? *bound[2] : Value::text("...");
  if (end.as_text() == nullptr) fail("a text as end", "a value of type " + type_name(end));
  const Integer length = bound.integer(0, 255), leeway = bound.is_given(3) ? bound.integer(3) : 5;
  const Integer kept = length - static_cast<Integer>(end.as_text()->length);
  if (kept < 0 || leeway < 0) fail("a length that the end fits in", "a smaller one");
  const std::optional<std::size_t> size = length_of(value);
  if (size && static_cast<Integer>(*size) <= length + leeway) return value;
  if (value.as_text() == nullptr) fail("a text to truncate", "a value of type " + type_name(value));
  const Text& text = *value.as_text();
  const std::string head = text.utf8.substr(0, byte_of_character(text.utf8, static_cast<std::size_t>(kept)));
  const std::size_t blank = bound.truthy(1) ? std::string::npos : head.rfind(' ');
  return operate(runtime, "+", text_like(runtime, value, head.substr(0, blank)), end);
}

inline Value center_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("center", arguments, {"width"});
  const Value text = soft_text(runtime, value);
  return centered(runtime, *text.as_text(), size_of(runtime, bound.integer(0, 80)), " ");
}

inline Value word_count_filter(Runtime& runtime, const Value& value, const Arguments&) {
  const std::string text = str(runtime.budget, value);
  Integer count = 0;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const bool is_in = is_word(next_character(text, at));
    count += is_in && !in_word ? 1 : 0;
    in_word = is_in;
  }
  return Value::integer(count);
}

inline std::string percent_encoded(std::string_view text, std::string_view safe) {
  std::string out;
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    const bool is_plain = byte < 0x80 && (is_letter(byte) || is_decimal(byte) ||
                                          std::string_view("_.-~").find(c) != std::string_view::npos);
    if (is_plain || safe.find(c) != safe.npos) out += c;
    else (((out += '%') += "0123456789ABCDEF"[byte >> 4]) += "0123456789ABCDEF"[byte & 15]);
  }
  return out;
}

inline Value url_encode_filter(Runtime& runtime, const Value& value, const Arguments&) {
  if (value.as_text() != nullptr || !can_iterate(value))
    return runtime.text(percent_encoded(str(runtime.budget, value), "/"));
  const auto quoted_part = [&](const Value& part) {
    return replaced(runtime.budget, percent_encoded(str(runtime.budget, part), ""), "%20", "+", -1);
  };
  std::string out;
  for (const Value& pair :
       collect(runtime, value.as_mapping() != nullptr ? items_of(runtime, *value.as_mapping()) : value)) {
    const std::vector<Value> both = collect(runtime, pair);
    if (both.size() != 2) fail("pairs of a key and a value", "another length");
    out += (out.empty() ? "" : "&") + quoted_part(both[0]) + "=" + quoted_part(both[1]);
  }
  return runtime.text(std::move(out));
}

inline Value int_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("int", arguments, {"default", "base"});
  if (value.is_undefined()) fail_undefined(value);
  if (const auto number = integer_of(value)) return Value::integer(*number);
  const Value otherwise = bound[0] != nullptr ? *bound[0] : Value::integer(0);
  std::optional<double> real;
  if (const Text* text = value.as_text()) {
    runtime.budget.step(text->utf8.size() / 64);
    if (const auto number =
            parse_integer(text->utf8, static_cast<int>(std::clamp(bound.integer(1, 10), Integer(0), Integer(36)))))
      return Value::integer(*number);
    real = parse_float(text->utf8);
    if (real && std::isinf(*real)) return otherwise;
  } else if (value.as<double>() != nullptr) {
    real = *value.as<double>();
  }
  if (!real || std::isnan(*real)) return otherwise;
  if (!truncated(*real)) fail_overflow();
  return Value::integer(*truncated(*real));
}

inline Value float_filter(Runtime&, const Value& value, const Arguments& arguments) {
  const Bound bound("float", arguments, {"default"});
  if (value.is_undefined()) fail_undefined(value);
  if (is_number(value)) return Value(real_of(value));
  const std::optional<double> real = value.as_text() != nullptr ? parse_float(value.as_text()->utf8) : std::nullopt;
  if (real) return Value(*real);
  return bound[0] != nullptr ? *bound[0] : Value(0.0);
}

inline Value abs_filter(Runtime&, const Value& value, const Arguments&) {
  if (value.is_undefined()) fail_undefined(value);
  if (!is_number(value)) fail("a number", "a value of type " + type_name(value));
  if (const auto number = integer_of(value)) return Value::integer(*number < 0 ? subtract(0, *number) : *number);
  return Value(std::fabs(real_of(value)));
}

// Ties go to the even neighbour. digits below zero round to tens, hundreds, …
inline Value rounded(const Value& value, Integer digits) {
  if (digits > 300 || digits < -36) return digits > 0 || value.as<double>() == nullptr ? value : Value(0.0);
  if (const auto number = integer_of(value)) {
    if (digits >= 0) return Value::integer(*number);
    const Integer unit = power(10, -digits), rest = floor_modulo(*number, unit), down = *number - rest;
    const bool goes_up = rest * 2 > unit || (rest * 2 == unit && floor_modulo(down / unit, Integer(2)) == 1);
    return Value::integer(goes_up ? add(down, unit) : down);
  }
  const double real = real_of(value);
  if (!std::isfinite(real)) return value;
  if (digits < 0) {
    const double unit = std::pow(10.0, static_cast<double>(-digits));
    return Value(std::nearbyint(real / unit) * unit);
  }
  FormatSpec spec;
  spec.type = 'f';
  spec.precision = digits;
  return Value(std::copysign(*parse_float(real_digits(real, spec)), real));
}

inline Value round_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("round", arguments, {"precision", "method"});
  const std::string method = bound[1] != nullptr ? bound.text(1).utf8 : "common";
  if (value.is_undefined()) fail_undefined(value);
  if (!is_number(value)) fail("a number", "a value of type " + type_name(value));
  if (method == "common") return rounded(value, bound.integer(0));
  if (method != "ceil" && method != "floor") fail("common, ceil or floor", etalon::quoted(method));
  const Value scale = operate(runtime, "**", Value::integer(10), Value::integer(bound.integer(0)));
  const double scaled = real_of(operate(runtime, "*", value, scale));
  const std::optional<Integer> whole = truncated(method == "ceil" ? std::ceil(scaled) : std::floor(scaled));
  if (!whole) fail_overflow();
  return operate(runtime, "/", Value::integer(*whole), scale);
}

}  // namespace detail

inline constexpr NamedFilter text_filters[] = {
    {"upper", detail::change_filter<upper>},
    {"lower", detail::change_filter<lower>},
    {"capitalize", detail::change_filter<capitalized>},
    {"title", detail::title_filter},
    {"trim", detail::trim_filter},
    {"replace", detail::replace_filter},
    {"format", detail::format_filter},
    {"indent", detail::indent_filter},
    {"truncate", detail::truncate_filter},
    {"center", detail::center_filter},
    {"wordcount", detail::word_count_filter},
    {"string", detail::string_filter},
    {"safe", detail::safe_filter},
    {"escape", detail::escape_filter},
    {"e", detail::escape_filter},
    {"forceescape", detail::force_escape_filter},
    {"urlencode", detail::url_encode_filter},
    {"int", detail::int_filter},
    {"float", detail::float_filter},
    {"abs", detail::abs_filter},
    {"round", detail::round_filter},
};

}  // namespace etalon::text::jinja
