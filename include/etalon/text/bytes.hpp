#pragma once
// The byte-level alphabet (GPT-2, Radford et al. 2019): every byte written as one printable character, so that a
// vocabulary of byte strings can be kept as text.
//
// Bytes 33-126, 161-172 and 174-255 are the character of the same number; the other 68, in order, are U+0100 to U+0143.
// A blank is thus Ġ (U+0120), a line feed Ċ (U+010A).
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "etalon/text/utf8.hpp"

namespace etalon::text {

namespace detail {

constexpr std::array<char32_t, 256> make_byte_characters() {
  std::array<char32_t, 256> out{};
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    out[byte] = printable ? byte : next++;
  }
  return out;
}

constexpr std::array<std::int16_t, 0x144> make_character_bytes() {
  std::array<std::int16_t, 0x144> out{};
  out.fill(-1);
  const auto characters = make_byte_characters();
  for (std::int16_t byte = 0; byte < 256; ++byte) out[characters[static_cast<std::size_t>(byte)]] = byte;
  return out;
}

}  // namespace detail

inline constexpr std::array<char32_t, 256> byte_characters = detail::make_byte_characters();

// The byte a character stands for, if it is of the alphabet.
inline std::optional<char> byte_of_character(char32_t code) {
  static constexpr auto bytes = detail::make_character_bytes();
  if (code >= bytes.size() || bytes[code] < 0) return std::nullopt;
  return static_cast<char>(bytes[code]);
}

inline void append_byte_characters(std::string& out, std::string_view bytes) {
  for (char byte : bytes) append_utf8(out, byte_characters[static_cast<unsigned char>(byte)]);
}

// The bytes that well-formed text stands for; nothing if any of its characters is not of the alphabet.
inline std::optional<std::string> bytes_of_characters(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto [code, length] = decode_utf8(text, i);
    const auto byte = byte_of_character(code);
    if (!byte) return std::nullopt;
    out += *byte;
    i += length;
  }
  return out;
}

}  // namespace etalon::text
