#pragma once
// Unicode characters as Python's str sees them: code points of UTF-8 text, white space, case, classes.
//
// Texts here are valid UTF-8 (checked where they come in), so decoding needs no error path.
// Source: Python's documentation of str; Unicode Character Database for the tables.
// Leaves out: locale-dependent case.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include "etalon/text/jinja/character_case.hpp"
#include "etalon/text/jinja/character_classes.hpp"
#include "etalon/text/jinja/character_letters.hpp"
#include "etalon/text/jinja/character_ranges.hpp"

namespace etalon::text::jinja {

inline bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

inline std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

// Well-formed as RFC 3629 has it: shortest form, no surrogates, nothing beyond U+10FFFF.
inline bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t i) {
      return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
    };
    const unsigned lead = byte(0), next = byte(1);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : (lead & 0xF0) == 0xE0       ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0) return false;
    for (std::size_t i = 1; i < length; ++i) if ((byte(i) & 0xC0) != 0x80) return false;
    if ((lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F) || (lead == 0xF0 && next < 0x90) ||
        (lead == 0xF4 && next > 0x8F))
      return false;
    at += length;
  }
  return true;
}

// The code point at byte `at`, which moves behind it.
inline char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  const char32_t lead = byte(at);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length == 1 || at + length > text.size()) return ++at, lead;
  char32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(at + i) & 0x3F);
  at += length;
  return code;
}

// The code point that ends at byte `at`, which moves to its start.
inline char32_t previous_character(std::string_view text, std::size_t& at) {
  do --at;
  while (at > 0 && !begins_character(text[at]));
  std::size_t copy = at;
  return next_character(text, copy);
}

inline void append_character(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) return put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  if (code < 0x10000) return put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
}

// The byte where character `index` starts; the size of the text for its count of characters.
inline std::size_t byte_of_character(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; index > 0 && at < text.size(); --index) {
    do ++at;
    while (at < text.size() && !begins_character(text[at]));
  }
  return at;
}

template <std::size_t Count>
bool in_ranges(const tables::CodeRange (&ranges)[Count], char32_t code) {
  const auto after = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                      [](char32_t c, const tables::CodeRange& range) { return c < range.first; });
  return after != std::begin(ranges) && code <= std::prev(after)->last;
}

// What strip(), split() and the template's "-" remove.
inline bool is_space(char32_t c) {
  if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}
// Where splitlines() splits.
inline bool is_line_break(char32_t c) {
  return (c >= 10 && c <= 13) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}
inline bool is_printable(char32_t c) {
  return c < 0x80 ? c >= 0x20 && c != 0x7F : !in_ranges(tables::unprintable, c);
}
inline bool is_letter(char32_t c) {
  return c < 0x80 ? (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') : in_ranges(tables::letter, c);
}
inline bool is_decimal(char32_t c) { return c < 0x80 ? c >= '0' && c <= '9' : in_ranges(tables::digit, c); }
inline bool is_numeric(char32_t c) { return is_decimal(c) || (c >= 0x80 && in_ranges(tables::other_numeric, c)); }
inline bool is_word(char32_t c) { return is_letter(c) || is_numeric(c) || c == '_'; }
inline bool is_upper(char32_t c) { return c < 0x80 ? c >= 'A' && c <= 'Z' : in_ranges(tables::upper, c); }
inline bool is_lower(char32_t c) { return c < 0x80 ? c >= 'a' && c <= 'z' : in_ranges(tables::lower, c); }

namespace detail {

template <std::size_t Count>
char32_t mapped(const tables::CaseRange (&ranges)[Count], char32_t c) {
  const auto after = std::upper_bound(std::begin(ranges), std::end(ranges), c,
                                      [](char32_t code, const tables::CaseRange& range) { return code < range.first; });
  if (after == std::begin(ranges)) return c;
  const tables::CaseRange& range = *std::prev(after);
  if (c > range.last || (c - range.first) % static_cast<char32_t>(range.step) != 0) return c;
  return static_cast<char32_t>(static_cast<long>(c) + range.delta);
}

template <std::size_t Count>
const char* special(const tables::SpecialCase (&cases)[Count], char32_t c) {
  for (const tables::SpecialCase& one : cases) if (one.character == c) return one.text;
  return nullptr;
}

}  // namespace detail

inline void append_upper(std::string& out, char32_t c) {
  if (c < 0x80) return append_character(out, c >= 'a' && c <= 'z' ? c - 32 : c);
  if (const char* several = detail::special(tables::to_upper_long, c)) out += several;
  else append_character(out, detail::mapped(tables::to_upper, c));
}
inline void append_title(std::string& out, char32_t c) {
  const char* other = c < 0x80 ? nullptr : detail::special(tables::to_title_other, c);
  if (other != nullptr) out += other;
  else append_upper(out, c);
}
// İ (U+0130) is the one character whose lower case is two.
inline void append_lower(std::string& out, char32_t c) {
  if (c < 0x80) return append_character(out, c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (c == 0x130) out += "i\xCC\x87";
  else append_character(out, detail::mapped(tables::to_lower, c));
}

inline std::string upper(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) append_upper(out, next_character(text, at));
  return out;
}

// A capital sigma that ends a word becomes ς (Unicode's Final_Sigma, here: a letter before it and none behind it).
inline std::string lower(std::string_view text) {
  std::string out;
  bool after_letter = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    std::size_t ahead = at;
    if (c == 0x3A3 && after_letter && (at == text.size() || !is_letter(next_character(text, ahead)))) out += "\xCF\x82";
    else append_lower(out, c);
    after_letter = is_letter(c);
  }
  return out;
}

}  // namespace etalon::text::jinja
