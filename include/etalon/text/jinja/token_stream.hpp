#pragma once
// The tokens of a template while it is parsed: looking at the next, taking it, insisting on one; names get numbers.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "etalon/text/jinja/lexer.hpp"
#include "etalon/text/jinja/syntax.hpp"

namespace etalon::text::jinja {

// Deeper templates are refused, so that neither parsing nor running them can exhaust the stack.
inline constexpr int max_parse_depth = 150;

class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {
    for (const char* name : reserved_names) symbol(name);
  }

  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token take() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_[at_]; }
  bool is_name(std::string_view word) const { return current().kind == TokenKind::name && current().text == word; }
  bool is_operation(std::string_view sign) const { return is(current(), sign); }
  bool skip_name(std::string_view word) { return is_name(word) && (take(), true); }
  bool skip_operation(std::string_view sign) { return is_operation(sign) && (take(), true); }

  void expect(TokenKind kind, const std::string& what) {
    if (current().kind != kind) fail_here(what);
    take();
  }
  void expect_operation(std::string_view sign) {
    if (!skip_operation(sign)) fail_here("\"" + std::string(sign) + "\"");
  }
  void expect_name(std::string_view word) {
    if (!skip_name(word)) fail_here("\"" + std::string(word) + "\"");
  }
  std::string take_identifier(const std::string& what) {
    if (current().kind != TokenKind::name || is_decimal(static_cast<unsigned char>(current().text[0]))) fail_here(what);
    return take().text;
  }
  [[noreturn]] void fail_here(const std::string& expected) const { fail(expected, described(current())); }

  Symbol symbol(const std::string& name) {
    const auto [at, is_new] = numbers_.try_emplace(name, static_cast<Symbol>(names_.size()));
    if (is_new) names_.push_back(name);
    return at->second;
  }
  std::vector<std::string> take_symbols() { return std::move(names_); }
  int line() const { return current().line; }

 protected:
  struct Deeper {
    explicit Deeper(int& depth) : depth_(depth) {
      if (depth_ >= max_parse_depth)
        fail("at most " + std::to_string(max_parse_depth) + " nested constructs", "one more");
      ++depth_;
    }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    int& depth_;
  };
  int depth_ = 0;
  int loops_ = 0;  // for loops around this place, within the macro
  std::array<bool, 3> mentions_ = {};  // of caller, kwargs, varargs since this was last cleared

  static bool is(const Token& token, std::string_view sign) {
    return token.kind == TokenKind::operation && token.text == sign;
  }
  bool is_one_of(std::initializer_list<std::string_view> signs) const {
    return std::any_of(signs.begin(), signs.end(), [&](std::string_view sign) { return is_operation(sign); });
  }

  template <class... Children>
  ExpressionPointer node(ExpressionKind kind, std::string text, Children... children) {
    auto out = std::make_unique<Expression>(Expression{kind, current().line});
    out->text = std::move(text);
    (adopt(*out, std::move(children)), ...);
    return out;
  }

  std::string take_comparison() {
    if (is_one_of({"==", "!=", "<", "<=", ">", ">="})) return take().text;
    if (skip_name("in")) return "in";
    if (!is_name("not") || ahead().kind != TokenKind::name || ahead().text != "in") return {};
    take();
    take();
    return "not in";
  }
  bool starts_argument() const {
    const TokenKind kind = current().kind;
    if (kind == TokenKind::name) return !is_name("else") && !is_name("or") && !is_name("and");
    return kind == TokenKind::text || kind == TokenKind::integer || kind == TokenKind::real ||
           is_one_of({"(", "[", "{"});
  }

 private:
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::vector<std::string> names_;
  std::unordered_map<std::string, Symbol> numbers_;
};

}  // namespace etalon::text::jinja
