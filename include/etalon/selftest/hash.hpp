#pragma once
// FNV-1a, 64 bits: a short name for the exact bits of some numbers.
//
//   h = 14695981039346656037;  for each byte b:  h = (h xor b) * 1099511628211       Fowler, Noll, Vo
//
// Not cryptographic: it tells apart what differs by accident. Bytes are taken in little-endian order.
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include <etalon/math/real.hpp>

namespace etalon {

struct Hash {
  std::uint64_t value = 14695981039346656037ull;

  void add_byte(std::uint8_t byte) { value = (value ^ byte) * 1099511628211ull; }
  void add_word(std::uint32_t word) {
    for (int i = 0; i < 4; ++i) add_byte(static_cast<std::uint8_t>(word >> (8 * i)));
  }
  void add(std::span<const float> numbers) {
    for (float x : numbers) add_word(bits_of(x));
  }
  void add(std::span<const int> numbers) {
    for (int x : numbers) add_word(static_cast<std::uint32_t>(x));
  }
  void add(std::string_view text) {
    for (char c : text) add_byte(static_cast<std::uint8_t>(c));
  }
  // Sixteen hexadecimal digits.
  std::string text() const {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
    return digits;
  }
};

}  // namespace etalon
