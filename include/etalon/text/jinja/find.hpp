#pragma once
// Finding a part of a text in time that grows with the text, not with text times part.
//
// std::string::find is fast for short parts and quadratic for long ones that nearly match everywhere; those go through
// Knuth, Morris, Pratt, "Fast pattern matching in strings", SIAM J. Comput. 6 (1977).
#include <cstdint>
#include <string_view>
#include <vector>

#include "etalon/text/jinja/budget.hpp"

namespace etalon::text::jinja {

inline constexpr std::size_t short_part = 64;

// Where part starts in text, from `from` on; npos where it does not.
inline std::size_t find_in(std::string_view text, std::string_view part, std::size_t from = 0) {
  if (part.size() <= short_part || part.size() > text.size()) return text.find(part, from);
  std::vector<std::uint32_t> border(part.size() + 1, 0);  // of each prefix: its longest proper prefix that is a suffix
  for (std::size_t i = 1, length = 0; i < part.size(); ++i) {
    while (length > 0 && part[i] != part[length]) length = border[length];
    length += part[i] == part[length];
    border[i + 1] = static_cast<std::uint32_t>(length);
  }
  for (std::size_t i = from, length = 0; i < text.size(); ++i) {
    while (length > 0 && text[i] != part[length]) length = border[length];
    length += text[i] == part[length];
    if (length == part.size()) return i + 1 - length;
  }
  return text.npos;
}

// The last place; searches backwards, so long parts are charged for the worst case.
inline std::size_t find_last_in(Budget& budget, std::string_view text, std::string_view part) {
  if (part.size() > short_part) budget.step(text.size() / 64 * (part.size() / 64));
  return text.rfind(part);
}

inline void charge_search(Budget& budget, std::string_view text) { budget.step(text.size() / 128); }

}  // namespace etalon::text::jinja
