#pragma once
// Regular expressions: from the pattern's text to a tree.
//
// The syntax is Oniguruma's, as `tokenizer.json` files use it: alternation, classes with nesting and &&, \p{…},
// greedy, lazy and possessive quantifiers, groups (none captures), look-around, anchors, (?imx-imx). Three habits of
// its own: ^ and $ are line anchors, (?m) lets the dot match a line feed, {n}? means "n times or not at all".
// Left out, and refused by name: back-references, \G \K \X \y, absent groups, conditionals, calls.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/error.hpp"
#include "etalon/text/regex_class.hpp"
#include "etalon/text/unicode.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text::regex {

enum class Kind { empty, set, sequence, alternation, repeat, atomic, look_ahead, look_behind, anchor };
enum class Anchor { line_start, line_end, text_start, text_end, text_end_or_newline, word_boundary, not_word_boundary };
enum class Greed { greedy, lazy, possessive };

inline constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();

struct Node {
  Kind kind = Kind::empty;
  CodePointSet set = {};             // set
  std::vector<Node> children = {};   // sequence, alternation; one for repeat, atomic, look_*
  std::uint32_t min = 0, max = 0;    // repeat; max may be unlimited
  Greed greed = Greed::greedy;       // repeat
  bool negated = false;              // look_*
  Anchor anchor = Anchor::line_start;
};

class Parser {
 public:
  Parser(std::string_view pattern, std::string where) : in_(pattern, std::move(where)) {}

  // Throws Error that names the place and the construct.
  Node parse() {
    Node tree = alternation(Options{});
    if (!in_.at_end()) in_.refuse("a pattern", "an unmatched )");
    return tree;
  }

 private:
  struct Options {
    bool ignore_case = false, dot_matches_newline = false, extended = false;
  };
  static constexpr int deepest = 50;

  Node alternation(Options options) {
    if (++depth_ > deepest) in_.refuse("at most 50 groups inside each other", "one more");
    Node out{.kind = Kind::alternation};
    out.children.push_back(sequence(options));
    while (in_.take('|')) out.children.push_back(sequence(options));
    --depth_;
    if (out.children.size() > 1) return out;
    return Node(std::move(out.children[0]));
  }

  Node sequence(Options options) {
    Node out{.kind = Kind::sequence};
    std::u32string literals;  // of a run in which case is ignored: "ss" there also matches ß
    while (!in_.at_end() && in_.peek() != '|' && in_.peek() != ')') {
      if (options.extended && skip_blanks()) continue;
      if (in_.take("(?#")) {
        while (!in_.take(')')) in_.next();
        continue;
      }
      const std::size_t start = in_.position();
      char32_t literal = 0;
      Node atom = one_atom(options, literal);
      const bool quantified = quantify(atom, start, options);
      if (literal != 0 && options.ignore_case && !quantified) {
        literals += literal;
        continue;
      }
      flush(literals, out);
      if (atom.kind != Kind::empty) out.children.push_back(std::move(atom));
    }
    flush(literals, out);
    return out;
  }

  bool skip_blanks() {
    const char32_t c = in_.peek();
    if (c == '#') {
      while (!in_.at_end() && in_.peek() != '\n') in_.next();
      return true;
    }
    if (c != ' ' && !(c >= '\t' && c <= '\r')) return false;
    in_.next();
    return true;
  }

  // Literals in which case is ignored: one set each, or an alternation where several fold to one code point.
  static void flush(std::u32string& literals, Node& out) {
    for (std::size_t i = 0; i < literals.size();) {
      std::size_t length = 1;
      const CodePointSet whole = folded_to(std::u32string_view(literals).substr(i), length);
      Node plain{.kind = Kind::sequence};
      for (std::size_t k = 0; k < length; ++k) plain.children.push_back(any_case(literals[i + k]));
      if (whole.ranges().empty()) {
        out.children.push_back(std::move(plain.children[0]));
      } else {
        Node both{.kind = Kind::alternation};
        both.children.push_back(std::move(plain));
        both.children.push_back({.kind = Kind::set, .set = whole});
        out.children.push_back(std::move(both));
      }
      i += length;
    }
    literals.clear();
  }

  // The code points whose full case folding is the longest beginning of `text` that is one; sets `length` to its
  // length.
  static CodePointSet folded_to(std::u32string_view text, std::size_t& length) {
    std::vector<CodePointSet::Range> found;
    for (const auto& [code, folded] : unicode::case_expansion_table().all()) {
      if (folded.size() > text.size() || folded.size() < length) continue;
      bool same = true;
      for (std::size_t k = 0; k < folded.size(); ++k) same = same && any_case(text[k]).set.contains(folded[k]);
      if (!same) continue;
      if (folded.size() > length) found.clear();
      length = folded.size();
      found.push_back({code, code});
    }
    return CodePointSet(std::move(found));
  }

  static Node any_case(char32_t code) {
    CodePointSet set({{code, code}});
    return {.kind = Kind::set, .set = with_case_variants(set)};
  }

  static Node character(char32_t code, Options options) {
    if (!options.ignore_case) return {.kind = Kind::set, .set = CodePointSet({{code, code}})};
    const auto folded = unicode::case_expansion_table().find(code);
    if (folded.empty()) return any_case(code);
    Node both{.kind = Kind::alternation}, spelled{.kind = Kind::sequence};
    for (std::uint32_t part : folded) spelled.children.push_back(any_case(part));
    std::u32string parts(folded.begin(), folded.end());
    std::size_t length = 1;
    both.children.push_back({.kind = Kind::set, .set = folded_to(parts, length).united(any_case(code).set)});
    both.children.push_back(std::move(spelled));
    return both;
  }

  // One thing a quantifier can follow. Sets `literal` where it is a plain character that may join a run.
  Node one_atom(Options& options, char32_t& literal) {
    if (in_.take('(')) return group(options);
    if (in_.take('[')) {
      const LetterCase letter_case = options.ignore_case ? LetterCase::ignored : LetterCase::counts;
      return {.kind = Kind::set, .set = parse_class(in_, 0, letter_case)};
    }
    if (in_.take('.')) {
      CodePointSet all({{0, last_code_point}});
      return {.kind = Kind::set, .set = options.dot_matches_newline ? all : all.intersected(not_newline())};
    }
    if (in_.take('^')) return {.kind = Kind::anchor, .anchor = Anchor::line_start};
    if (in_.take('$')) return {.kind = Kind::anchor, .anchor = Anchor::line_end};
    const char32_t c = in_.peek();
    if (c == '*' || c == '+' || c == '?') in_.refuse("something to repeat", "a quantifier");
    if (c == '\\') {
      if (auto node = special_escape(); node.kind != Kind::empty) return node;
      const ClassItem item = class_escape(in_);
      if (!item.code) return {.kind = Kind::set, .set = item.set};
      literal = *item.code;
    } else {
      literal = in_.next();
    }
    Node node = character(literal, options);
    if (node.kind != Kind::set) literal = 0;
    return node;
  }

  static CodePointSet not_newline() { return CodePointSet({{'\n', '\n'}}).complement(); }

  // Escapes that are no set of characters; an empty node (and nothing read) for the others.
  Node special_escape() {
    const auto anchor = [](Anchor which) { return Node{.kind = Kind::anchor, .anchor = which}; };
    if (in_.take("\\A")) return anchor(Anchor::text_start);
    if (in_.take("\\z")) return anchor(Anchor::text_end);
    if (in_.take("\\Z")) return anchor(Anchor::text_end_or_newline);
    if (in_.take("\\b")) return anchor(Anchor::word_boundary);
    if (in_.take("\\B")) return anchor(Anchor::not_word_boundary);
    if (in_.take("\\N")) return {.kind = Kind::set, .set = not_newline()};
    if (in_.take("\\O")) return {.kind = Kind::set, .set = CodePointSet({{0, last_code_point}})};
    if (!in_.take("\\R")) return {};
    const auto one = [](char32_t c) { return Node{.kind = Kind::set, .set = CodePointSet({{c, c}})}; };
    Node pair{.kind = Kind::sequence, .children = {one('\r'), one('\n')}};
    Node single{.kind = Kind::set, .set = CodePointSet({{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}})};
    Node either{.kind = Kind::alternation, .children = {std::move(pair), std::move(single)}};
    return {.kind = Kind::atomic, .children = {std::move(either)}};
  }

  // What follows an opening parenthesis, up to and with the closing one.
  Node group(Options& options) {
    if (in_.take("?=")) return enclosed(Kind::look_ahead, false, options);
    if (in_.take("?!")) return enclosed(Kind::look_ahead, true, options);
    if (in_.take("?<=")) return enclosed(Kind::look_behind, false, options);
    if (in_.take("?<!")) return enclosed(Kind::look_behind, true, options);
    if (in_.take("?>")) return enclosed(Kind::atomic, false, options);
    if (in_.take("?:")) return inside(options);
    if (in_.take("?<")) return named_group('>', options);
    if (in_.take("?'")) return named_group('\'', options);
    if (!in_.take('?')) return inside(options);
    const Options inner = option_letters(options);
    if (in_.take(':')) return inside(inner);
    if (!in_.take(')')) {
      in_.refuse("an option i, m or x, or a group (?: (?= (?! (?<= (?<! (?>", "another kind of group");
    }
    // Options without a group hold to the end of the enclosing group, its alternatives included.
    return alternation(inner);
  }

  Node enclosed(Kind kind, bool negated, Options options) {
    Node out{.kind = kind, .negated = negated};
    out.children.push_back(inside(options));
    return out;
  }

  Node inside(Options options) {
    Node tree = alternation(options);
    if (!in_.take(')')) in_.refuse(")", "the end of the pattern");
    if (tree.kind == Kind::empty) tree.kind = Kind::sequence;
    return tree;
  }

  Node named_group(char32_t closing, Options options) {
    while (!in_.take(closing)) {
      if (in_.at_end()) in_.refuse("the end of the group's name", "the end of the pattern");
      in_.next();
    }
    return inside(options);
  }

  Options option_letters(Options options) {
    for (bool on = true;; in_.next()) {
      switch (in_.peek()) {
        case '-': on = false; break;
        case 'i': options.ignore_case = on; break;
        case 'm': options.dot_matches_newline = on; break;
        case 'x': options.extended = on; break;
        default: return options;
      }
    }
  }

  // Wraps `atom` in the quantifiers that follow it; false where none does.
  bool quantify(Node& atom, std::size_t start, const Options&) {
    bool any = false;
    std::uint32_t min, max;
    for (bool interval; in_.take_quantifier(min, max, interval); any = true) {
      const bool cannot = atom.kind == Kind::anchor || atom.kind == Kind::look_ahead || atom.kind == Kind::look_behind;
      if (cannot) in_.refuse_at(start, "something to repeat", "an anchor or look-around");
      Greed greed = Greed::greedy;
      bool optional = false;
      if (interval && min > max) {  // {3,1} is the possessive {1,3}
        std::swap(min, max);
        greed = Greed::possessive;
      } else if (in_.take('?')) {
        optional = interval && min == max;
        if (!optional) greed = Greed::lazy;
      } else if (!interval && in_.take('+')) {
        greed = Greed::possessive;
      }
      wrap(atom, min, max, greed);
      if (optional) wrap(atom, 0, 1, Greed::greedy);
    }
    return any;
  }

  static void wrap(Node& atom, std::uint32_t min, std::uint32_t max, Greed greed) {
    Node outer{.kind = Kind::repeat, .min = min, .max = max, .greed = greed};
    outer.children.push_back(std::move(atom));
    atom = std::move(outer);
  }

  Reader in_;
  int depth_ = 0;
};

}  // namespace etalon::text::regex
