#pragma once
// The tokens of a template, and how its text literals and numbers are read.
//
// Escapes in literals are those of Python's unicode-escape; an unknown escape stays as written. Leaves out \N{name}.
#include <optional>
#include <string>
#include <string_view>

#include "etalon/text/jinja/number.hpp"

namespace etalon::text::jinja {

// data: text outside of tags. operation: any of + - / // * % ** ~ [ ] ( ) { } == != > >= < <= = . : | , ;
enum class TokenKind {
  data, block_begin, block_end, variable_begin, variable_end, name, text, integer, real, operation, end
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  // the name, the operator, the data, the literal's value
  int line = 1;
  Value value = {};  // of a number
};

inline std::string described(const Token& token) {
  switch (token.kind) {
    case TokenKind::data: return "text of the template";
    case TokenKind::block_begin: return "\"{%\"";
    case TokenKind::block_end: return "\"%}\"";
    case TokenKind::variable_begin: return "\"{{\"";
    case TokenKind::variable_end: return "\"}}\"";
    case TokenKind::text: return "the text " + etalon::quoted(token.text, 30);
    case TokenKind::end: return "the end of the template";
    default: return etalon::quoted(token.text, 30);
  }
}

namespace detail {

inline std::optional<char32_t> digits_of(std::string_view text, std::size_t at, std::size_t count, char32_t base) {
  char32_t code = 0;
  if (at + count > text.size()) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = text[at + i];
    const char32_t digit = c >= '0' && c <= '9'               ? static_cast<char32_t>(c - '0')
                           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? static_cast<char32_t>((c | 0x20) - 'a' + 10)
                                                              : 99;
    if (digit >= base) return std::nullopt;
    code = code * base + digit;
  }
  return code;
}

inline void append_code(std::string& out, std::optional<char32_t> code) {
  if (!code || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)) {
    fail("\\x, \\u or \\U with the hexadecimal digits of a character", "another escape in a text literal");
  }
  append_character(out, *code);
}

// The escape whose letter is at `at`; returns the place behind it.
inline std::size_t unescape(std::string_view body, std::size_t at, std::string& out) {
  constexpr std::string_view letters = "abfnrtv\\'\"", codes = "\a\b\f\n\r\t\v\\'\"";
  const char letter = body[at];
  if (const std::size_t known = letters.find(letter); known != letters.npos) return out += codes[known], at + 1;
  if (letter == '\n') return at + 1;
  if (letter == 'x' || letter == 'u' || letter == 'U') {
    const std::size_t count = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
    append_code(out, digits_of(body, at + 1, count, 16));
    return at + 1 + count;
  }
  if (letter == 'N') fail("an escape with digits", "\\N", "the interpreter does not know characters by name");
  std::size_t count = 0;
  while (count < 3 && at + count < body.size() && body[at + count] >= '0' && body[at + count] <= '7') ++count;
  if (count > 0) {
    append_code(out, digits_of(body, at, count, 8));
    return at + count;
  }
  (out += '\\') += letter;
  return at + 1;
}

}  // namespace detail

// body: the literal without its quotes.
inline std::string literal_text(std::string_view body) {
  std::string out;
  for (std::size_t i = 0; i < body.size();) {
    if (body[i] != '\\' || i + 1 == body.size()) out += body[i++];
    else i = detail::unescape(body, i + 1, out);
  }
  return out;
}

// How many bytes of a number stand at `at`, and whether it is a float; 0 where there is none.
struct NumberExtent {
  std::size_t size = 0;
  bool is_real = false;
};

inline NumberExtent number_at(std::string_view source, std::size_t at) {
  const auto is_digit = [&](std::size_t i) { return i < source.size() && source[i] >= '0' && source[i] <= '9'; };
  const auto skip_digits = [&](std::size_t i) {
    while (is_digit(i) || (i < source.size() && source[i] == '_' && is_digit(i + 1))) ++i;
    return i;
  };
  const auto letter = [&](std::size_t i) { return i < source.size() ? static_cast<char>(source[i] | 0x20) : ' '; };
  if (!is_digit(at)) return {};
  const std::size_t whole = skip_digits(at);
  if (at == 0 || source[at - 1] != '.') {
    const std::size_t fraction =
        whole < source.size() && source[whole] == '.' && is_digit(whole + 1) ? skip_digits(whole + 1) : whole;
    std::size_t exponent = fraction + 1;
    if (letter(fraction) == 'e')
      exponent += exponent < source.size() && (source[exponent] == '+' || source[exponent] == '-');
    if (letter(fraction) == 'e' && is_digit(exponent)) return {skip_digits(exponent) - at, true};
    if (fraction != whole) return {fraction - at, true};
  }
  if (source[at] != '0') return {whole - at, false};
  const int base = letter(at + 1) == 'x' ? 16 : letter(at + 1) == 'o' ? 8 : letter(at + 1) == 'b' ? 2 : 0;
  std::size_t end = base == 0 ? at + 1 : at + 2;
  const auto fits = [&](std::size_t i) {
    return base == 0 ? i < source.size() && source[i] == '0'
                     : detail::digits_of(source, i, 1, static_cast<char32_t>(base)).has_value();
  };
  while (fits(end) || (end < source.size() && source[end] == '_' && fits(end + 1))) ++end;
  if (base != 0 && end == at + 2) end = at + 1;  // "0x" without digits: the number 0, then a name
  return {end - at, false};
}

}  // namespace etalon::text::jinja
