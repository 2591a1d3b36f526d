#pragma once
// Splits a template into tokens, with the white space rules of trim_blocks and lstrip_blocks.
//
//   {{ expression }}   {% statement %}   {# comment #}   {% raw %} … {% endraw %}
//
// A "-" inside a tag's edge strips all white space on that side, a "+" keeps it; otherwise white space before a
// statement or comment that starts its line goes (lstrip_blocks), and one newline behind it (trim_blocks).
// Source: https://jinja.palletsprojects.com/en/3.1.x/templates/#whitespace-control. One final newline is dropped.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/text/jinja/token.hpp"

namespace etalon::text::jinja {

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(normalised(source)) {}

  // Throws Failure; line() says where.
  std::vector<Token> tokens() {
    while (at_ < source_.size()) text_and_tag();
    push(TokenKind::end, {});
    return std::move(tokens_);
  }
  int line() const { return line_; }

 private:
  static std::string normalised(std::string_view source) {
    std::string out;
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
      out += source[i] == '\r' ? '\n' : source[i];
    }
    if (out.ends_with('\n')) out.pop_back();
    return out;
  }

  bool at(std::string_view what) const { return std::string_view(source_).substr(at_).starts_with(what); }
  std::string_view rest() const { return std::string_view(source_).substr(at_); }

  void push(TokenKind kind, std::string text, Value value = {}) {
    tokens_.push_back({kind, std::move(text), line_, std::move(value)});
  }

  void advance(std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) line_ += source_[at_ + i] == '\n';
    at_ += bytes;
    if (bytes > 0) line_starting_ = source_[at_ - 1] == '\n';
  }
  void skip_space() {
    std::size_t end = at_;
    for (std::size_t next = end; end < source_.size() && is_space(next_character(source_, next)); end = next) {}
    advance(end - at_);
  }

  // Text up to the next tag, then the tag.
  void text_and_tag() {
    std::size_t tag = at_;
    while (tag < source_.size() && !(source_[tag] == '{' && tag + 1 < source_.size() &&
                                     (source_[tag + 1] == '{' || source_[tag + 1] == '%' || source_[tag + 1] == '#')))
      ++tag;
    if (tag == source_.size()) return data(rest(), rest().size());
    const char kind = source_[tag + 1];
    const char sign = sign_at(tag + 2);
    data(stripped_before(rest().substr(0, tag - at_), sign, kind != '{'), tag - at_);
    if (kind == '#') return comment(sign);
    if (const std::size_t behind = kind == '%' ? behind_word_tag(at_, "raw") : 0; behind != 0) {
      advance(behind - at_);
      return raw();
    }
    push(kind == '{' ? TokenKind::variable_begin : TokenKind::block_begin, kind == '{' ? "{{" : "{%");
    advance(sign == 0 ? 2 : 3);
    inside(kind == '{' ? TokenKind::variable_end : TokenKind::block_end);
  }

  char sign_at(std::size_t place) const {
    const char c = place < source_.size() ? source_[place] : '\0';
    return c == '-' || c == '+' ? c : '\0';
  }

  void data(std::string_view kept, std::size_t bytes) {
    if (!kept.empty()) push(TokenKind::data, std::string(kept));
    advance(bytes);
  }

  std::string_view stripped_before(std::string_view text, char sign, bool may_strip_line) const {
    std::size_t end = text.size();
    for (std::size_t before = end; end > 0 && is_space(previous_character(text, before)); end = before) {}
    if (sign == '-') return text.substr(0, end);
    if (sign == '+' || !may_strip_line) return text;
    const std::size_t newline = text.rfind('\n');
    const std::size_t start = newline == text.npos ? 0 : newline + 1;
    const bool is_line_start = start > 0 || line_starting_;
    return is_line_start && end <= start ? text.substr(0, start) : text;
  }

  // The end of a statement or comment, whose first byte is at_: "+%}", "-%}" with the space behind, "%}" with a
  // newline.
  bool skip_end(std::string_view end) {
    const char sign = sign_at(at_);
    const std::size_t size = (sign == 0 ? 0 : 1) + end.size();
    if (!rest().substr(sign == 0 ? 0 : 1).starts_with(end)) return false;
    if (sign == '+' && end == "}}") return false;
    advance(size);
    if (sign == '-') skip_space();
    else if (sign == 0 && end != "}}" && at("\n")) advance(1);
    return true;
  }

  void comment(char sign) {
    advance(sign == 0 ? 2 : 3);
    const std::size_t close = source_.find("#}", at_);
    if (close == source_.npos) fail("\"#}\" that ends the comment", "the end of the template");
    const char before = close > at_ ? sign_at(close - 1) : '\0';
    advance(close - at_ - (before == 0 ? 0 : 1));
    skip_end("#}");
  }

  // The place behind WORD if "{% WORD %}" stands at `place`, else 0.
  std::size_t behind_word_tag(std::size_t place, std::string_view word) const {
    const auto skip = [&] {
      for (std::size_t next = place; place < source_.size() && is_space(next_character(source_, next)); place = next) {}
    };
    const auto follows = [&](std::string_view text) {
      return std::string_view(source_).substr(place).starts_with(text);
    };
    place += sign_at(place + 2) == 0 ? 2 : 3;
    skip();
    if (!follows(word)) return 0;
    place += word.size();
    skip();
    return follows("%}") || follows("-%}") || (word == "endraw" && follows("+%}")) ? place : 0;
  }

  // Behind the word raw.
  void raw() {
    const bool strips = at("-");
    advance(strips ? 3 : 2);
    if (strips) skip_space();
    for (std::size_t tag = source_.find("{%", at_); tag != source_.npos; tag = source_.find("{%", tag + 1)) {
      const std::size_t behind = behind_word_tag(tag, "endraw");
      if (behind == 0) continue;
      data(stripped_before(rest().substr(0, tag - at_), sign_at(tag + 2), true), tag - at_);
      advance(behind - at_);
      skip_end("%}");
      return;
    }
    fail("{% endraw %}", "the end of the template");
  }

  // Tokens of a tag up to and with its end, which counts only outside of all brackets.
  void inside(TokenKind end) {
    const std::string_view closing = end == TokenKind::variable_end ? "}}" : "%}";
    std::string brackets;
    while (at_ < source_.size()) {
      const int line = line_;
      if (brackets.empty() && skip_end(closing)) {
        tokens_.push_back({end, std::string(closing), line, {}});
        return;
      }
      token(brackets);
    }
    fail("\"" + std::string(closing) + "\" that ends the tag", "the end of the template");
  }

  void token(std::string& brackets) {
    const std::size_t start = at_;
    std::size_t next = at_;
    const char32_t c = next_character(source_, next);
    if (is_space(c)) return skip_space();
    if (const NumberExtent number = number_at(source_, at_); number.size > 0) return push_number(number);
    if (is_word(c)) {
      for (std::size_t end = next; end < source_.size() && is_word(next_character(source_, end)); next = end) {}
      push(TokenKind::name, source_.substr(start, next - start));
      return advance(next - start);
    }
    if (c == '\'' || c == '"') return push_literal(static_cast<char>(c));
    push_operation(brackets);
  }

  void push_number(NumberExtent number) {
    std::string digits;
    for (char c : rest().substr(0, number.size)) if (c != '_') digits += c;
    push(number.is_real ? TokenKind::real : TokenKind::integer, digits,
         number.is_real ? Value(*parse_float(digits)) : Value(*parse_integer(digits, 0)));
    advance(number.size);
  }

  void push_literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) fail("a closing quote", "the end of the template");
    push(TokenKind::text, literal_text(std::string_view(source_).substr(at_ + 1, end - at_ - 1)));
    advance(end + 1 - at_);
  }

  void push_operation(std::string& brackets) {
    constexpr std::string_view doubles[] = {"//", "**", "==", "!=", ">=", "<="};
    std::size_t size = 0;
    for (std::string_view two : doubles) if (at(two)) size = 2;
    const char c = source_[at_];
    if (size == 0 && std::string_view("+-/*%~[](){}><=.:|,;").find(c) != std::string_view::npos) size = 1;
    if (size == 0)
      fail("an expression", "the character " + etalon::quoted(rest().substr(0, byte_of_character(rest(), 1))));
    if (size == 1 && (c == '(' || c == '[' || c == '{')) brackets += c == '(' ? ')' : c == '[' ? ']' : '}';
    if (size == 1 && (c == ')' || c == ']' || c == '}')) {
      if (brackets.empty() || brackets.back() != c) fail("brackets in pairs", etalon::quoted(std::string(1, c)));
      brackets.pop_back();
    }
    push(TokenKind::operation, source_.substr(at_, size));
    advance(size);
  }

  std::string source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
};

}  // namespace etalon::text::jinja
