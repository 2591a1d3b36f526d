#pragma once
// Regular expressions: compiled once, then searched for in many texts.
//
// See regex_syntax.hpp for what may be written, regex_search.hpp for how it is matched.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "etalon/text/regex_program.hpp"
#include "etalon/text/regex_search.hpp"
#include "etalon/text/regex_syntax.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text {

class Regex {
 public:
  // where: the pattern's place, for messages. Throws Error for what is not supported.
  static Regex compile(std::string_view pattern, const std::string& where = "regular expression") {
    Regex out;
    out.program_ = regex::Compiler(where).compile(regex::Parser(pattern, where).parse());
    return out;
  }

  // Matches exactly this text.
  static Regex literal(std::string_view text, const std::string& where) {
    regex::Node tree{.kind = regex::Kind::sequence};
    for (char32_t code : to_code_points(text)) {
      tree.children.push_back({.kind = regex::Kind::set, .set = CodePointSet({{code, code}})});
    }
    Regex out;
    out.program_ = regex::Compiler(where).compile(tree);
    return out;
  }

  // Calls on_match(begin, end) for the matches from left to right, none overlapping; an empty match right behind
  // another match does not count.
  template <class OnMatch>
  void find_all(std::string_view text, RegexScratch& scratch, OnMatch on_match) const {
    RegexSearch search(program_, text, scratch);
    std::size_t from = 0, last_end = RegexSearch::no_match;
    while (from <= text.size()) {
      const auto [begin, end] = search.find(from);
      if (begin == RegexSearch::no_match) return;
      if (begin == end && end == last_end) {
        from += from < text.size() ? utf8_length(static_cast<unsigned char>(text[from])) : 1;
        continue;
      }
      from = last_end = end;
      on_match(begin, end);
    }
  }

 private:
  Regex() = default;
  regex::Program program_;
};

}  // namespace etalon::text
