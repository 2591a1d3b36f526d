#pragma once
// Parses expressions, loosest first:
//
//   a if c else b | or | and | not | == != < <= > >= in not-in | + - | ~ | * / // % | ** | unary - + |
//   .name [item] (call) | filter and test
//
// A filter or test binds tighter than any operator: a + b|upper is a + (b|upper).
// Source: the grammar of Jinja 3.1 (https://jinja.palletsprojects.com/en/3.1.x/templates/#expressions).
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/text/jinja/token_stream.hpp"

namespace etalon::text::jinja {

class ExpressionParser : protected TokenStream {
 public:
  using TokenStream::TokenStream;

  void skip_begin() { expect(TokenKind::variable_begin, "\"{{\""); }  // for an expression alone

  ExpressionPointer expression() {
    const Deeper deeper(depth_);
    ExpressionPointer value = logical_or();
    while (skip_name("if")) {
      ExpressionPointer condition = logical_or();
      ExpressionPointer other = skip_name("else") ? expression() : nullptr;
      value = node(ExpressionKind::conditional, {}, std::move(value), std::move(condition), std::move(other));
    }
    return value;
  }

  // One expression, or several with commas: a tuple. ends: a name that ends it ("in", "recursive").
  ExpressionPointer expression_or_tuple(bool with_condition, std::string_view ends = {}) {
    return tuple_of([&] { return with_condition ? expression() : logical_or(); }, ends, Empty::refused);
  }

  // What {% set %} and {% for %} assign to: names, tuples of names; ns.name where with_namespace.
  ExpressionPointer target(bool with_namespace, std::string_view ends = {}) {
    ExpressionPointer out = tuple_of([&] { return primary(with_namespace); }, ends, Empty::refused);
    check_target(*out, ends == "in");
    return out;
  }

  ExpressionPointer filters(ExpressionPointer subject) {
    while (skip_operation("|")) subject = filter(std::move(subject));
    return subject;
  }
  // The name of a filter and its arguments; subject may be missing (filter blocks).
  ExpressionPointer filter(ExpressionPointer subject) {
    std::string name = take_identifier("the name of a filter");
    while (skip_operation(".")) name += "." + take_identifier("the rest of the filter's name");
    ExpressionPointer out = node(ExpressionKind::filter, name, std::move(subject));
    if (is_operation("(")) arguments(*out);
    return out;
  }

 private:
  enum class Empty { allowed, refused };

  template <class ParseOne>
  ExpressionPointer tuple_of(ParseOne parse_one, std::string_view ends, Empty empty) {
    ExpressionPointer out = node(ExpressionKind::tuple, {});
    bool is_tuple = false;
    while (true) {
      const bool at_end = current().kind == TokenKind::variable_end || current().kind == TokenKind::block_end ||
                          is_operation(")") || (!ends.empty() && is_name(ends));
      if (at_end) break;
      adopt(*out, parse_one());
      if (!skip_operation(",")) break;
      is_tuple = true;
    }
    if (!is_tuple && out->children.size() == 1) return std::move(out->children[0]);
    if (out->children.empty() && empty == Empty::refused) fail_here("an expression");
    return out;
  }

  void check_target(const Expression& target, bool is_loop_target) const {
    if (target.kind == ExpressionKind::name && target.symbol == loop_symbol && (loops_ > 0 || is_loop_target)) {
      fail("a name other than loop, which the for loop sets", "loop");
    }
    if (target.kind == ExpressionKind::tuple) {
      for (const ExpressionPointer& child : target.children) check_target(*child, is_loop_target);
    } else if (target.kind != ExpressionKind::name && target.kind != ExpressionKind::namespace_item) {
      fail("a name to assign to", "another expression");
    }
  }

  ExpressionPointer logical_or() {
    ExpressionPointer left = logical_and();
    while (skip_name("or")) left = node(ExpressionKind::logical_or, {}, std::move(left), logical_and());
    return left;
  }
  ExpressionPointer logical_and() {
    ExpressionPointer left = logical_not();
    while (skip_name("and")) left = node(ExpressionKind::logical_and, {}, std::move(left), logical_not());
    return left;
  }
  ExpressionPointer logical_not() {
    const Deeper deeper(depth_);
    if (!skip_name("not")) return comparison();
    return node(ExpressionKind::logical_not, {}, logical_not());
  }

  ExpressionPointer comparison() {
    ExpressionPointer first = sum();
    std::string sign = take_comparison();
    if (sign.empty()) return first;
    ExpressionPointer out = node(ExpressionKind::compare, {}, std::move(first));
    for (; !sign.empty(); sign = take_comparison()) {
      out->operators.push_back(sign);
      adopt(*out, sum());
    }
    return out;
  }

  template <class Operand>
  ExpressionPointer chain(std::initializer_list<std::string_view> signs, Operand operand) {
    ExpressionPointer left = operand();
    while (is_one_of(signs)) {
      std::string sign = take().text;
      left = node(ExpressionKind::arithmetic, std::move(sign), std::move(left), operand());
    }
    return left;
  }
  ExpressionPointer sum() {
    return chain({"+", "-"}, [&] { return concatenation(); });
  }
  ExpressionPointer concatenation() {
    ExpressionPointer first = product();
    if (!is_operation("~")) return first;
    ExpressionPointer out = node(ExpressionKind::concatenate, {}, std::move(first));
    while (skip_operation("~")) adopt(*out, product());
    return out;
  }
  ExpressionPointer product() {
    return chain({"*", "/", "//", "%"}, [&] { return chain({"**"}, [&] { return unary(true); }); });
  }

  ExpressionPointer unary(bool with_filters) {
    const Deeper deeper(depth_);
    ExpressionPointer out;
    if (skip_operation("-")) out = node(ExpressionKind::negate, {}, unary(false));
    else if (skip_operation("+")) out = node(ExpressionKind::plus, {}, unary(false));
    else out = primary(false);
    out = postfix(std::move(out));
    return with_filters ? filters_and_tests(std::move(out)) : std::move(out);
  }

  ExpressionPointer primary(bool with_namespace) {
    const Deeper deeper(depth_);
    const Token& token = current();
    if (token.kind == TokenKind::name) return name(with_namespace);
    if (token.kind == TokenKind::integer || token.kind == TokenKind::real) return constant(take().value);
    if (token.kind == TokenKind::text) {
      std::string text;
      while (current().kind == TokenKind::text) text += take().text;
      return constant(Value::text(std::move(text)));
    }
    if (skip_operation("(")) {
      ExpressionPointer out = tuple_of([&] { return expression(); }, {}, Empty::allowed);
      expect_operation(")");
      return out;
    }
    if (skip_operation("[")) return list();
    if (skip_operation("{")) return mapping();
    fail_here("an expression");
  }

  ExpressionPointer constant(Value value) {
    ExpressionPointer out = node(ExpressionKind::constant, {});
    out->value = std::move(value);
    return out;
  }

  ExpressionPointer name(bool with_namespace) {
    const std::string word = take_identifier("a name");
    if (word == "true" || word == "True") return constant(Value(true));
    if (word == "false" || word == "False") return constant(Value(false));
    if (word == "none" || word == "None") return constant(Value());
    const bool is_namespace_item = with_namespace && skip_operation(".");
    ExpressionPointer out = node(is_namespace_item ? ExpressionKind::namespace_item : ExpressionKind::name, {});
    out->symbol = symbol(word);
    if (out->symbol < 3) mentions_[static_cast<std::size_t>(out->symbol)] = true;
    if (is_namespace_item) out->text = take_identifier("the name of the namespace's attribute");
    return out;
  }

  ExpressionPointer list() {
    ExpressionPointer out = node(ExpressionKind::list, {});
    while (!skip_operation("]")) {
      adopt(*out, expression());
      if (!is_operation("]")) expect_operation(",");
    }
    return out;
  }
  ExpressionPointer mapping() {
    ExpressionPointer out = node(ExpressionKind::mapping, {});
    while (!skip_operation("}")) {
      adopt(*out, expression());
      expect_operation(":");
      adopt(*out, expression());
      if (!is_operation("}")) expect_operation(",");
    }
    return out;
  }

  ExpressionPointer postfix(ExpressionPointer object) {
    while (true) {
      if (skip_operation(".")) object = attribute(std::move(object));
      else if (skip_operation("[")) object = subscript(std::move(object));
      else if (is_operation("(")) object = call(std::move(object));
      else return object;
    }
  }
  ExpressionPointer filters_and_tests(ExpressionPointer subject) {
    while (true) {
      if (is_operation("|")) subject = filters(std::move(subject));
      else if (skip_name("is")) subject = test(std::move(subject));
      else if (is_operation("(")) subject = call(std::move(subject));
      else return subject;
    }
  }

  ExpressionPointer attribute(ExpressionPointer object) {
    if (current().kind == TokenKind::integer)
      return node(ExpressionKind::item, {}, std::move(object), constant(take().value));
    if (current().kind != TokenKind::name) fail_here("the name of an attribute");
    std::string name = take().text;
    return node(ExpressionKind::attribute, std::move(name), std::move(object));
  }

  ExpressionPointer subscript(ExpressionPointer object) {
    ExpressionPointer parts[3];
    int colons = 0;
    while (!is_operation("]")) {
      if (skip_operation(":")) {
        if (++colons > 2) fail_here("\"]\"");
      } else {
        if (parts[colons] != nullptr) fail("one index or slice", "several", "tuples as an index are not supported");
        parts[colons] = expression();
      }
    }
    if (colons == 0 && parts[0] == nullptr) fail_here("an index");
    take();
    if (colons == 0) return node(ExpressionKind::item, {}, std::move(object), std::move(parts[0]));
    return node(ExpressionKind::slice, {}, std::move(object), std::move(parts[0]), std::move(parts[1]),
                std::move(parts[2]));
  }

  ExpressionPointer call(ExpressionPointer function) {
    ExpressionPointer out = node(ExpressionKind::call, {}, std::move(function));
    arguments(*out);
    return out;
  }
  // (a, b, name=c, *d, **e) behind a function, filter or test.
  void arguments(Expression& owner) {
    const Deeper deeper(depth_);
    expect_operation("(");
    while (!skip_operation(")")) {
      ArgumentNode argument;
      if (skip_operation("*")) argument.kind = ArgumentKind::star;
      else if (skip_operation("**")) argument.kind = ArgumentKind::double_star;
      else if (current().kind == TokenKind::name && is(ahead(), "="))
        argument = {ArgumentKind::named, take_identifier("a name"), nullptr};
      if (argument.kind == ArgumentKind::named) take();
      const ArgumentKind last = owner.arguments.empty() ? ArgumentKind::positional : owner.arguments.back().kind;
      const bool is_last_kind = last == ArgumentKind::double_star ||
                                (last != ArgumentKind::positional && argument.kind == ArgumentKind::positional);
      if (is_last_kind || (last == ArgumentKind::star && argument.kind == ArgumentKind::star))
        fail_here("arguments in Python's order");
      argument.value = expression();
      measure(owner, argument.value.get());
      owner.arguments.push_back(std::move(argument));
      if (!is_operation(")")) expect_operation(",");
    }
  }

  // Behind "is". A test's one argument may stand without parentheses: x is divisibleby 3.
  ExpressionPointer test(ExpressionPointer subject) {
    const bool is_negated = skip_name("not");
    std::string name = take_identifier("the name of a test");
    while (skip_operation(".")) name += "." + take_identifier("the rest of the test's name");
    ExpressionPointer out = node(ExpressionKind::test, name, std::move(subject));
    if (is_operation("(")) {
      arguments(*out);
    } else if (starts_argument()) {
      if (is_name("is")) fail_here("one test (tests cannot be chained with is)");
      out->arguments.push_back({ArgumentKind::positional, {}, postfix(primary(false))});
      measure(*out, out->arguments.back().value.get());
    }
    return is_negated ? node(ExpressionKind::logical_not, {}, std::move(out)) : std::move(out);
  }
};

}  // namespace etalon::text::jinja
