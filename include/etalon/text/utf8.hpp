#pragma once
// UTF-8: code points to bytes and back (Unicode standard, 3.9, table 3-7).
//
// Everything behind the tokenizer's front door works on valid UTF-8, so most functions here trust their input;
// only `well_formed`, `first_ill_formed` and `replace_ill_formed` look at bytes from outside.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace etalon::text {

inline constexpr char32_t replacement_character = 0xFFFD;

// The bytes of a character, given its first byte. For bytes that cannot be first: 1.
constexpr std::size_t utf8_length(unsigned char first) {
  return first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

struct DecodedCharacter {
  char32_t code;
  std::size_t length;
};

// The character at text[at]. Requires well-formed text and at < text.size().
constexpr DecodedCharacter decode_utf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[at + i])); };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first < 0xF0) return {(first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F), 4};
}

// The character that ends at text[end - 1]. Requires well-formed text and 0 < end <= text.size().
constexpr DecodedCharacter decode_utf8_before(std::string_view text, std::size_t end) {
  std::size_t start = end - 1;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  return decode_utf8(text, start);
}

// Requires a code point below U+110000 that is no surrogate.
inline void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

inline std::string to_utf8(char32_t code) {
  std::string out;
  append_utf8(out, code);
  return out;
}

inline std::u32string to_code_points(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto [code, length] = decode_utf8(text, i);
    out += code;
    i += length;
  }
  return out;
}

// What stands at the start of arbitrary bytes: a whole character, the beginning of one that the bytes end in, or
// bytes that no character begins with. length is that of the character or of the longest such beginning (the
// "maximal subpart", which one replacement character stands for); at least 1.
enum class Utf8Kind { whole, cut_short, ill_formed };
struct Utf8Prefix {
  Utf8Kind kind;
  std::size_t length;
};

constexpr Utf8Prefix utf8_prefix(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {Utf8Kind::whole, 1};
  if (first < 0xC2 || first > 0xF4) return {Utf8Kind::ill_formed, 1};
  const std::size_t length = utf8_length(first);
  // The second byte's range is narrower where the first byte could begin overlong forms, surrogates or more than
  // U+10FFFF.
  unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == bytes.size()) return {Utf8Kind::cut_short, i};
    if (byte(i) < low || byte(i) > high) return {Utf8Kind::ill_formed, i};
    low = 0x80;
    high = 0xBF;
  }
  return {Utf8Kind::whole, length};
}

// The offset of the first byte that is not part of a whole character; npos for well-formed text.
inline std::size_t first_ill_formed(std::string_view bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (static_cast<unsigned char>(bytes[i]) < 0x80) {
      ++i;
      continue;
    }
    const Utf8Prefix next = utf8_prefix(bytes.substr(i));
    if (next.kind != Utf8Kind::whole) return i;
    i += next.length;
  }
  return std::string_view::npos;
}

inline bool well_formed(std::string_view bytes) { return first_ill_formed(bytes) == std::string_view::npos; }

// Each maximal ill-formed part becomes U+FFFD, as the Unicode standard (3.9, "best practice") and WHATWG do it.
inline std::string replace_ill_formed(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const Utf8Prefix next = utf8_prefix(bytes.substr(i));
    if (next.kind == Utf8Kind::whole) {
      out += bytes.substr(i, next.length);
    } else {
      append_utf8(out, replacement_character);
    }
    i += next.length;
  }
  return out;
}

}  // namespace etalon::text
