#pragma once
// Regular expressions: reading a pattern character by character, its escapes, and bracketed classes like
// [\p{Lu}\p{M}&&[^\p{Han}]].
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/error.hpp"
#include "etalon/text/unicode.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text::regex {

// A pattern and where in it we stand. Positions count characters from 0.
class Reader {
 public:
  Reader(std::string_view pattern, std::string where)
      : pattern_(pattern), codes_(to_code_points(pattern)), where_(std::move(where)) {
    if (codes_.size() > longest) refuse("at most 20000 characters", std::to_string(codes_.size()));
  }

  bool at_end() const { return at_ == codes_.size(); }
  std::size_t position() const { return at_; }
  void rewind(std::size_t position) { at_ = position; }
  // 0 at the end.
  char32_t peek(std::size_t ahead = 0) const { return at_ + ahead < codes_.size() ? codes_[at_ + ahead] : 0; }
  char32_t next() {
    if (at_end()) refuse("more of the pattern", "its end");
    return codes_[at_++];
  }
  bool take(char32_t code) {
    if (at_end() || codes_[at_] != code) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view ascii) {
    for (std::size_t i = 0; i < ascii.size(); ++i) {
      if (peek(i) != static_cast<unsigned char>(ascii[i])) return false;
    }
    at_ += ascii.size();
    return true;
  }

  // * + ? {n} {n,} {,m} {n,m}; a brace that begins none of these stands for itself. interval: it was one in braces.
  bool take_quantifier(std::uint32_t& min, std::uint32_t& max, bool& interval) {
    interval = false;
    if (take('*')) return min = 0, max = no_limit, true;
    if (take('+')) return min = 1, max = no_limit, true;
    if (take('?')) return min = 0, max = 1, true;
    const std::size_t start = at_;
    interval = true;
    if (take('{')) {
      const auto low = number();
      const bool comma = take(',');
      const auto high = comma ? number() : low;
      if (take('}') && (low || high)) {
        min = low.value_or(0);
        max = high.value_or(no_limit);
        return true;
      }
    }
    at_ = start;
    return false;
  }

  std::optional<std::uint32_t> digits(int base, int most) {
    std::uint32_t value = 0;
    int count = 0;
    for (; count < most; ++count, ++at_) {
      const char32_t c = peek();
      const int digit = c >= '0' && c <= '9'   ? static_cast<int>(c - '0')
                        : c >= 'a' && c <= 'f' ? static_cast<int>(c - 'a' + 10)
                        : c >= 'A' && c <= 'F' ? static_cast<int>(c - 'A' + 10)
                                               : 99;
      if (digit >= base) break;
      value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
    }
    if (count == 0) return std::nullopt;
    return value;
  }

  [[noreturn]] void refuse(std::string expected, std::string found) const {
    refuse_at(at_, std::move(expected), std::move(found));
  }
  [[noreturn]] void refuse_at(std::size_t position, std::string expected, std::string found) const {
    throw Error(where_ + ": regular expression " + etalon::quoted(pattern_, 200) + " at character " +
                    std::to_string(position + 1),
                std::move(expected), std::move(found), "rewrite the pattern with what is supported");
  }

 private:
  static constexpr std::size_t longest = 20000;
  static constexpr std::uint32_t no_limit = 0xFFFFFFFF;
  static constexpr std::uint32_t largest_repeat = 100000;

  std::optional<std::uint32_t> number() {
    const auto value = digits(10, 9);
    if (value && *value > largest_repeat) refuse("at most 100000 repetitions", std::to_string(*value));
    return value;
  }

  std::string_view pattern_;
  std::u32string codes_;
  std::string where_;
  std::size_t at_ = 0;
};

// A character (code is set) or a set of them.
struct ClassItem {
  std::optional<char32_t> code;
  CodePointSet set;
};

inline CodePointSet with_case_variants(const CodePointSet& set) {
  static const CodePointSet cased = [] {
    std::vector<CodePointSet::Range> all;
    const std::span<const std::uint32_t> table = unicode::case_groups;
    for (std::size_t i = 0; i < table.size(); i += 1 + table[i]) {
      for (std::size_t k = 1; k <= table[i]; ++k) all.push_back({table[i + k], table[i + k]});
    }
    return CodePointSet(std::move(all));
  }();
  std::vector<CodePointSet::Range> ranges = set.ranges();
  const CodePointSet relevant = set.intersected(cased);
  for (const auto& [first, last] : relevant.ranges()) {
    for (char32_t c = first; c <= last; ++c) {
      for (std::uint32_t variant : unicode::case_variants(c)) ranges.push_back({variant, variant});
    }
  }
  return CodePointSet(std::move(ranges));
}

inline CodePointSet property_set(Reader& in) {
  const std::size_t start = in.position();
  bool negated = in.take('^');
  std::string name;
  while (!in.take('}')) append_utf8(name, in.next());
  auto set = unicode::property(name);
  if (!set) in.refuse_at(start, "a character property (general category or script)", etalon::quoted(name, 40));
  return negated ? set->complement() : *set;
}

inline char32_t hexadecimal_escape(Reader& in, char32_t kind) {
  const std::size_t start = in.position();
  std::optional<std::uint32_t> code;
  if (kind == 'u') {
    code = in.digits(16, 4);
  } else if (in.take('{')) {
    code = in.digits(16, 8);
    if (!in.take('}')) in.refuse_at(start, "one code point in braces", "more, or none");
  } else {
    code = in.digits(16, 2);
  }
  if (!code || *code > last_code_point || (*code >= 0xD800 && *code <= 0xDFFF)) {
    in.refuse_at(start, "the number of a code point", code ? std::to_string(*code) : "no hexadecimal digit");
  }
  return *code;
}

// An escape that stands for a character or a set, inside or outside brackets; the backslash comes next.
inline ClassItem class_escape(Reader& in) {
  const std::size_t start = in.position();
  in.next();
  const char32_t c = in.next();
  const auto named = [](std::string_view name, bool negated) {
    const CodePointSet set = *unicode::property(name);
    return ClassItem{{}, negated ? set.complement() : set};
  };
  const auto code = [](char32_t value) { return ClassItem{value, {}}; };
  switch (c) {
    case 'd': case 'D': return named("nd", c == 'D');
    case 'w': case 'W': return named("word", c == 'W');
    case 's': case 'S': return named("space", c == 'S');
    case 'h': case 'H': return named("xdigit", c == 'H');
    case 'p': case 'P': {
      if (!in.take('{')) in.refuse_at(start, "\\p{NAME}", "\\p without braces");
      const CodePointSet set = property_set(in);
      return {{}, c == 'P' ? set.complement() : set};
    }
    case 't': return code('\t');
    case 'n': return code('\n');
    case 'r': return code('\r');
    case 'f': return code('\f');
    case 'v': return code('\v');
    case 'a': return code(7);
    case 'e': return code(27);
    case 'x': case 'u': return code(hexadecimal_escape(in, c));
    case '0': return code(in.digits(8, 2).value_or(0));
    default: break;
  }
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (letter || (c >= '1' && c <= '9')) {
    in.refuse_at(start, "an escape with a known meaning", "\\" + to_utf8(c));
  }
  return code(c);
}

// [:alpha:] and [:^alpha:], of which the opening bracket was read and ":" comes next.
inline std::optional<CodePointSet> posix_bracket(Reader& in) {
  const std::size_t start = in.position();
  in.next();
  const bool negated = in.take('^');
  std::string name;
  while (in.peek() >= 'a' && in.peek() <= 'z') append_utf8(name, in.next());
  if (!in.take(":]")) return in.rewind(start), std::nullopt;
  auto set = unicode::property(name);
  if (!set) in.refuse_at(start, "the name of a POSIX class", etalon::quoted(name, 40));
  if (name == "punct") {
    for (char32_t symbol : std::u32string_view(U"$+<=>^`|~")) set = set->united(CodePointSet({{symbol, symbol}}));
  }
  return negated ? set->complement() : *set;
}

enum class LetterCase { counts, ignored };

CodePointSet parse_class(Reader& in, int depth, LetterCase letter_case = LetterCase::counts);

// One member of a class: a nested class, an escape, or a character.
inline ClassItem class_item(Reader& in, int depth) {
  if (in.take('[')) {
    if (in.peek() == ':') {
      if (auto set = posix_bracket(in)) return {{}, *set};
    }
    return {{}, parse_class(in, depth + 1)};
  }
  if (in.peek() == '\\') {
    if (in.take("\\b")) return {char32_t{8}, {}};
    return class_escape(in);
  }
  return {in.next(), {}};
}

// A closing bracket at the start of a class stands for itself, if another one closes the class.
inline void require_another_bracket(const Reader& in, std::size_t start) {
  std::size_t ahead = 1;
  while (in.peek(ahead) != 0 && in.peek(ahead) != ']') ++ahead;
  if (in.peek(ahead) == 0) in.refuse_at(start, "a member of the class", "none");
}

// From behind the opening bracket to behind the closing one. && takes the intersection of what stands on its two
// sides; ^ negates the whole; where case is ignored, variants are added before that.
inline CodePointSet parse_class(Reader& in, int depth, LetterCase letter_case) {
  if (depth > 20) in.refuse("at most 20 classes inside each other", "one more");
  const std::size_t start = in.position();
  const bool negated = in.take('^');
  std::optional<CodePointSet> met;  // what stands before the last &&
  std::vector<CodePointSet::Range> members;
  const auto meet = [&] {
    const CodePointSet current(std::exchange(members, {}));
    met = met ? met->intersected(current) : current;
  };
  for (bool first = true; first || in.peek() != ']'; first = false) {
    if (first && in.peek() == ']') require_another_bracket(in, start);
    if (in.take("&&")) {
      meet();
      continue;
    }
    ClassItem item = class_item(in, depth);
    if (!item.code) {
      if (in.peek() == '-' && in.peek(1) != ']' && in.peek(1) != 0 && !(in.peek(1) == '&' && in.peek(2) == '&')) {
        in.refuse("a range between two characters", "a set before -");
      }
      members.insert(members.end(), item.set.ranges().begin(), item.set.ranges().end());
      continue;
    }
    char32_t last = *item.code;
    if (in.peek() == '-' && in.peek(1) != ']' && in.peek(1) != '[' && in.peek(1) != 0) {
      in.next();
      const ClassItem upper = class_item(in, depth);
      if (!upper.code || *upper.code < last) in.refuse_at(start, "a range from lower to higher", "another");
      last = *upper.code;
    }
    members.push_back({*item.code, last});
  }
  in.next();
  meet();
  if (letter_case == LetterCase::ignored) met = with_case_variants(*met);
  return negated ? met->complement() : *met;
}

}  // namespace etalon::text::regex
