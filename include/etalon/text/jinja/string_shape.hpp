#pragma once
// Methods of str about case, padding and what the text is made of: upper, title, center, zfill, isdigit, …
//
// Source: Python's documentation of str, version 3.11. Leaves out: encode, translate, maketrans (refused by name).
#include <string>
#include <string_view>

#include "etalon/text/jinja/string_search.hpp"

namespace etalon::text::jinja {

// First character in title case, the rest in lower case.
inline std::string capitalized(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  if (text.empty()) return out;
  append_title(out, next_character(text, at));
  return out + lower(text.substr(at));
}

namespace detail {

inline bool is_cased(char32_t c) { return is_upper(c) || is_lower(c); }

inline std::string title(std::string_view text) {
  std::string out;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (in_word) append_lower(out, c);
    else append_title(out, c);
    in_word = is_cased(c);
  }
  return out;
}

inline std::string swap_case(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (is_upper(c)) append_lower(out, c);
    else if (is_lower(c)) append_upper(out, c);
    else append_character(out, c);
  }
  return out;
}

// Full case folding where it differs from lower case is known for ß only.
inline std::string fold_case(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (c == 0xDF || c == 0x1E9E) out += "ss";
    else if (c == 0x3C2) append_character(out, 0x3C3);
    else append_lower(out, c);
  }
  return out;
}

template <std::string (*Change)(std::string_view)>
Value changed(Runtime& runtime, const Text& text, const Arguments& arguments) {
  const Bound none("a method of str", arguments, {});
  runtime.budget.make(text.utf8.size());
  return runtime.text_like(text, Change(text.utf8));
}

// Every character passes, and there is one.
template <bool (*Test)(char32_t)>
Value all_are(Runtime& runtime, const Text& text, const Arguments& arguments) {
  const Bound none("a method of str", arguments, {});
  runtime.budget.step(text.utf8.size() / 64);
  for (std::size_t at = 0; at < text.utf8.size();) if (!Test(next_character(text.utf8, at))) return Value(false);
  return Value(!text.utf8.empty());
}

inline bool is_digit(char32_t c) {
  return is_decimal(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || c == 0x2070 || (c >= 0x2074 && c <= 0x2079) ||
         (c >= 0x2080 && c <= 0x2089) || (c >= 0x2460 && c <= 0x2468);
}
inline bool is_alphanumeric(char32_t c) { return is_letter(c) || is_numeric(c); }
inline bool is_ascii(char32_t c) { return c < 0x80; }

// No cased character of the other case, and one of this.
inline bool has_only_case(std::string_view text, bool (*wanted)(char32_t), bool (*other)(char32_t)) {
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (other(c)) return false;
    any = any || wanted(c);
  }
  return any;
}
inline bool is_title(std::string_view text) {
  bool any = false, in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if ((is_upper(c) && in_word) || (is_lower(c) && !in_word)) return false;
    in_word = is_cased(c);
    any = any || in_word;
  }
  return any;
}

}  // namespace detail

inline bool is_upper_text(std::string_view text) { return detail::has_only_case(text, is_upper, is_lower); }
inline bool is_lower_text(std::string_view text) { return detail::has_only_case(text, is_lower, is_upper); }

// left, right: how often the fill character goes on each side.
inline Value padded(Runtime& runtime, const Text& text, const std::string& fill, std::size_t left, std::size_t right) {
  runtime.budget.make_times(fill.size(), left + right);
  runtime.budget.make(text.utf8.size());
  std::string out;
  for (std::size_t i = 0; i < left; ++i) out += fill;
  out += text.utf8;
  for (std::size_t i = 0; i < right; ++i) out += fill;
  return runtime.text_like(text, std::move(out));
}

// Python puts the odd fill character of an odd width to the left.
inline Value centered(Runtime& runtime, const Text& text, std::size_t width, const std::string& fill) {
  if (width <= text.length) return padded(runtime, text, fill, 0, 0);
  const std::size_t total = width - text.length;
  const std::size_t left = total / 2 + (total & width & 1);
  return padded(runtime, text, fill, left, total - left);
}

namespace detail {

inline Value justify(Runtime& runtime, const Text& text, const Arguments& arguments, Sides sides) {
  const Bound bound("a padding method of str", arguments, {"", ""}, 1);
  const std::string fill = bound[1] != nullptr ? bound.text(1).utf8 : " ";
  if (count_characters(fill) != 1) fail("one fill character", etalon::quoted(fill));
  const std::size_t width = size_of(runtime, bound.integer(0));
  if (sides == Sides::both) return centered(runtime, text, width, fill);
  const std::size_t missing = width > text.length ? width - text.length : 0;
  return padded(runtime, text, fill, sides == Sides::right ? missing : 0, sides == Sides::left ? missing : 0);
}

inline Value zero_fill(Runtime& runtime, const Text& text, const Arguments& arguments) {
  const Bound bound("zfill", arguments, {""}, 1);
  const std::size_t width = size_of(runtime, bound.integer(0));
  const std::size_t zeros = width > text.length ? width - text.length : 0;
  const std::size_t sign = text.utf8.starts_with('-') || text.utf8.starts_with('+') ? 1 : 0;
  runtime.budget.make(zeros);
  return runtime.text_like(text, text.utf8.substr(0, sign) + std::string(zeros, '0') + text.utf8.substr(sign));
}

inline Value expand_tabs(Runtime& runtime, const Text& text, const Arguments& arguments) {
  const Bound bound("expandtabs", arguments, {"tabsize"});
  const std::size_t size = size_of(runtime, bound.integer(0, 8));
  std::string out;
  std::size_t column = 0;
  for (char c : text.utf8) {
    if (c == '\t' && size == 0) continue;
    const std::size_t blanks = c == '\t' ? size - column % size : 0;
    runtime.budget.make(blanks);
    if (c == '\t') out.append(blanks, ' ');
    else out += c;
    column = c == '\n' || c == '\r' ? 0 : column + (c == '\t' ? blanks : begins_character(c) ? 1 : 0);
  }
  return runtime.text_like(text, std::move(out));
}

inline Value is_identifier(Runtime&, const Text& text, const Arguments& arguments) {
  const Bound none("isidentifier", arguments, {});
  for (std::size_t at = 0; at < text.utf8.size();) {
    const bool is_first = at == 0;
    const char32_t c = next_character(text.utf8, at);
    if (!(is_letter(c) || c == '_' || (!is_first && is_decimal(c)))) return Value(false);
  }
  return Value(!text.utf8.empty());
}

[[noreturn]] inline Value unsupported(Runtime&, const Text&, const Arguments&) {
  fail("a method of str that the interpreter has", "encode, translate or maketrans",
       "the template uses more of Python");
}

}  // namespace detail

inline constexpr NamedTextMethod shape_methods[] = {
    {"upper", detail::changed<upper>},
    {"lower", detail::changed<lower>},
    {"title", detail::changed<detail::title>},
    {"capitalize", detail::changed<capitalized>},
    {"swapcase", detail::changed<detail::swap_case>},
    {"casefold", detail::changed<detail::fold_case>},
    {"center", [](Runtime& r, const Text& t, const Arguments& a) { return detail::justify(r, t, a, Sides::both); }},
    {"ljust", [](Runtime& r, const Text& t, const Arguments& a) { return detail::justify(r, t, a, Sides::left); }},
    {"rjust", [](Runtime& r, const Text& t, const Arguments& a) { return detail::justify(r, t, a, Sides::right); }},
    {"zfill", detail::zero_fill},
    {"expandtabs", detail::expand_tabs},
    {"isalpha", detail::all_are<is_letter>},
    {"isdecimal", detail::all_are<is_decimal>},
    {"isdigit", detail::all_are<detail::is_digit>},
    {"isnumeric", detail::all_are<is_numeric>},
    {"isalnum", detail::all_are<detail::is_alphanumeric>},
    {"isspace", detail::all_are<is_space>},
    {"isidentifier", detail::is_identifier},
    {"isascii", [](Runtime& r, const Text& t, const Arguments& a) {
       return t.utf8.empty() ? Value(true) : detail::all_are<detail::is_ascii>(r, t, a); }},
    {"isprintable", [](Runtime& r, const Text& t, const Arguments& a) {
       return t.utf8.empty() ? Value(true) : detail::all_are<is_printable>(r, t, a); }},
    {"isupper", [](Runtime&, const Text& t, const Arguments&) { return Value(is_upper_text(t.utf8)); }},
    {"islower", [](Runtime&, const Text& t, const Arguments&) { return Value(is_lower_text(t.utf8)); }},
    {"istitle", [](Runtime&, const Text& t, const Arguments&) { return Value(detail::is_title(t.utf8)); }},
    {"encode", detail::unsupported},
    {"translate", detail::unsupported},
    {"maketrans", detail::unsupported},
};

}  // namespace etalon::text::jinja
