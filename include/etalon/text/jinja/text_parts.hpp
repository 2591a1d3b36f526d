#pragma once
// Taking texts apart: counting and replacing parts, stripping, splitting at white space, separators and line ends.
//
// Source: Python's documentation of str, version 3.11.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "etalon/text/jinja/find.hpp"
#include "etalon/text/jinja/value.hpp"

namespace etalon::text::jinja {

// The range [start, stop) of a slice with step 1 over `length` items, clipped as Python does.
struct Window {
  std::size_t start, stop;
};
inline Window window_of(Integer start, Integer stop, std::size_t length) {
  const Integer size = static_cast<Integer>(length);
  const auto clip = [&](Integer i) { return i < 0 ? (i + size < 0 ? Integer(0) : i + size) : i > size ? size : i; };
  const Integer first = clip(start), last = clip(stop);
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(last < first ? first : last)};
}

inline std::size_t count_parts(Budget& budget, std::string_view text, std::string_view part) {
  if (part.empty()) return count_characters(text) + 1;
  charge_search(budget, text);
  std::size_t count = 0;
  for (std::size_t at = find_in(text, part); at != text.npos; at = find_in(text, part, at + part.size())) ++count;
  return count;
}

// Splits before every character: what replace does for an empty part.
inline std::string spread(std::string_view text, std::string_view with, std::size_t count) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (count > 0) --count, out += with;
    const std::size_t start = at;
    next_character(text, at);
    out += text.substr(start, at - start);
  }
  return count > 0 ? out + std::string(with) : out;
}

// count below zero: all of them.
inline std::string replaced(Budget& budget, std::string_view text, std::string_view part, std::string_view with,
                            Integer count) {
  const std::size_t all = count_parts(budget, text, part);
  const std::size_t most = count < 0 || count > static_cast<Integer>(all) ? all : static_cast<std::size_t>(count);
  budget.make_times(with.size() + 1, most);
  budget.make(text.size());
  if (part.empty()) return spread(text, with, most);
  std::string out;
  std::size_t from = 0;
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t at = find_in(text, part, from);
    out.append(text.substr(from, at - from)).append(with);
    from = at + part.size();
  }
  return out.append(text.substr(from));
}

enum class Sides { left, right, both };

// chars: the characters to remove, white space where it is none.
inline std::string_view strip(std::string_view text, const Text* chars, Sides sides) {
  const auto goes = [&](std::string_view character, char32_t code) {
    return chars == nullptr ? is_space(code) : chars->utf8.find(character) != std::string::npos;
  };
  std::size_t first = 0, last = text.size();
  while (sides != Sides::right && first < last) {
    std::size_t next = first;
    const char32_t code = next_character(text, next);
    if (!goes(text.substr(first, next - first), code)) break;
    first = next;
  }
  while (sides != Sides::left && first < last) {
    std::size_t before = last;
    const char32_t code = previous_character(text, before);
    if (!goes(text.substr(before, last - before), code)) break;
    last = before;
  }
  return text.substr(first, last - first);
}

// Split at white space, at most `most` times; the rest is one part without the space before it.
inline std::vector<std::string_view> split_space(std::string_view text, std::size_t most, Sides from) {
  std::vector<std::string_view> out;
  const Sides outer = from == Sides::left ? Sides::left : Sides::right;
  for (text = strip(text, nullptr, outer); !text.empty(); text = strip(text, nullptr, outer)) {
    if (out.size() == most) {
      out.push_back(text);
      break;
    }
    std::size_t cut = from == Sides::left ? 0 : text.size();
    if (from == Sides::left)
      for (std::size_t at = 0; cut < text.size() && !is_space(next_character(text, at)); cut = at) {
      }
    else for (std::size_t at = cut; cut > 0 && !is_space(previous_character(text, at)); cut = at) {}
    out.push_back(from == Sides::left ? text.substr(0, cut) : text.substr(cut));
    text = from == Sides::left ? text.substr(cut) : text.substr(0, cut);
  }
  if (from == Sides::right) std::reverse(out.begin(), out.end());
  return out;
}

inline std::vector<std::string_view> split_at(Budget& budget, std::string_view text, std::string_view part,
                                              std::size_t most, Sides from) {
  std::vector<std::string_view> out;
  while (out.size() < most) {
    const std::size_t at = from == Sides::left ? find_in(text, part) : find_last_in(budget, text, part);
    if (at == text.npos) break;
    out.push_back(from == Sides::left ? text.substr(0, at) : text.substr(at + part.size()));
    text = from == Sides::left ? text.substr(at + part.size()) : text.substr(0, at);
  }
  out.push_back(text);
  if (from == Sides::right) std::reverse(out.begin(), out.end());
  return out;
}

enum class LineEnds { dropped, kept };

inline std::vector<std::string_view> split_lines(std::string_view text, LineEnds ends) {
  std::vector<std::string_view> out;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t before = at;
    const char32_t c = next_character(text, at);
    if (!is_line_break(c)) continue;
    if (c == '\r' && at < text.size() && text[at] == '\n') ++at;
    out.push_back(text.substr(start, (ends == LineEnds::kept ? at : before) - start));
    start = at;
  }
  if (start < text.size()) out.push_back(text.substr(start));
  return out;
}

}  // namespace etalon::text::jinja
