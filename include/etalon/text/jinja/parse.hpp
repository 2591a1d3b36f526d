#pragma once
// Parses a template into its tree: text, {{ … }} and the statements of Jinja that a lone template can use.
//
// Refused, by name, because a chat template stands alone: extends, include, import, from, autoescape, scoped or
// required blocks, and tags of extensions that transformers does not load. {% generation %} marks the assistant's text
// for training.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/text/jinja/names.hpp"
#include "etalon/text/jinja/parse_expression.hpp"

namespace etalon::text::jinja {

class Parser : private ExpressionParser {
 public:
  Parser(std::vector<Token> tokens, std::string name) : ExpressionParser(std::move(tokens)), name_(std::move(name)) {}

  // Throws Failure; line() says where.
  Syntax parse() {
    Syntax out;
    out.name = name_;
    out.body = block({});
    out.symbols = take_symbols();
    find_missing_names(out);
    return out;
  }
  using TokenStream::line;

 private:
  using Ends = std::initializer_list<std::string_view>;

  // Statements up to {% END %}, which stays, behind its "{%"; with no ends: up to the end of the template.
  Block block(Ends ends) {
    const Deeper deeper(depth_);
    Block out;
    while (current().kind != TokenKind::end) {
      if (current().kind == TokenKind::data || current().kind == TokenKind::variable_begin) {
        out.push_back(output());
        continue;
      }
      expect(TokenKind::block_begin, "text or a tag");
      for (std::string_view end : ends) if (is_name(end)) return out;
      out.push_back(statement());
      expect(TokenKind::block_end, "the end of the statement");
    }
    if (ends.size() > 0) fail_here("{% " + std::string(*(ends.end() - 1)) + " %}");
    return out;
  }
  // The rest of a statement that has a body: "%}", the body, and the name of the end.
  Block body(Ends ends) {
    skip_operation(":");
    expect(TokenKind::block_end, "the end of the statement");
    return block(ends);
  }
  Block body_to(std::string_view end) {
    Block out = body({end});
    expect_name(end);
    return out;
  }

  Statement output() {
    Output out;
    const int line = current().line;
    while (current().kind == TokenKind::data || current().kind == TokenKind::variable_begin) {
      if (current().kind == TokenKind::data) {
        auto text = std::make_unique<Expression>(Expression{ExpressionKind::constant, current().line});
        text->value = Value::text(take().text);
        out.parts.push_back(std::move(text));
        continue;
      }
      take();
      out.parts.push_back(expression_or_tuple(true));
      expect(TokenKind::variable_end, "\"}}\"");
    }
    return {line, std::move(out)};
  }

  Statement statement() {
    const int line = current().line;
    const std::string tag = take_identifier("the name of a statement");
    if (tag == "for") return {line, for_loop()};
    if (tag == "if") return {line, if_chain()};
    if (tag == "set") return set(line);
    if (tag == "macro") return {line, macro()};
    if (tag == "call") return {line, call_block()};
    if (tag == "filter") return {line, filter_block()};
    if (tag == "with") return {line, with()};
    if (tag == "print") return {line, print()};
    if (tag == "block") return {line, named_block()};
    if (tag == "generation") return {line, generation()};
    if (tag == "break" || tag == "continue") return {line, loop_control(tag)};
    fail("a statement that a chat template can use", "{% " + tag + " %}",
         "for, if, set, macro, call, filter, with, print, block, break, continue and generation are known");
  }

  decltype(Statement::node) loop_control(const std::string& tag) {
    if (loops_ == 0) fail("{% " + tag + " %} inside a loop", "it outside of any");
    if (tag == "break") return Break{};
    return Continue{};
  }

  For for_loop() {
    For out;
    out.target = target(false, "in");
    expect_name("in");
    out.iterable = expression_or_tuple(false, "recursive");
    if (skip_name("if")) out.condition = expression();
    out.recursive = skip_name("recursive");
    ++loops_;
    out.body = body({"else", "endfor"});
    --loops_;
    if (skip_name("else")) out.otherwise = body({"endfor"});
    expect_name("endfor");
    return out;
  }

  If if_chain() {
    If out;
    do {
      ExpressionPointer condition = expression_or_tuple(false);
      out.branches.emplace_back(std::move(condition), body({"elif", "else", "endif"}));
    } while (skip_name("elif"));
    if (skip_name("else")) out.otherwise = body({"endif"});
    expect_name("endif");
    return out;
  }

  Statement set(int line) {
    ExpressionPointer to = target(true);
    if (skip_operation("=")) {
      ExpressionPointer value = expression_or_tuple(true);
      return {line, Set{std::move(to), std::move(value)}};
    }
    ExpressionPointer filter = filters(nullptr);
    return {line, SetBlock{std::move(to), std::move(filter), body_to("endset"), {}}};
  }

  void signature(MacroNode& macro) {
    expect_operation("(");
    while (!skip_operation(")")) {
      macro.parameter_names.push_back(take_identifier("the name of a parameter"));
      macro.parameters.push_back(symbol(macro.parameter_names.back()));
      if (skip_operation("=")) macro.defaults.push_back(expression());
      else if (!macro.defaults.empty()) fail_here("a default value, as the parameter before has one");
      if (!is_operation(")")) expect_operation(",");
    }
  }
  // The body of a macro or call block. Loops outside of it do not count for break and continue.
  void macro_body(MacroNode& macro, std::string_view end) {
    const int loops = std::exchange(loops_, 0);
    const auto outer = std::exchange(mentions_, {});
    macro.body = body_to(end);
    macro.uses_caller = mentions_[caller_symbol];
    macro.uses_kwargs = mentions_[kwargs_symbol];
    macro.uses_varargs = mentions_[varargs_symbol];
    for (std::size_t i = 0; i < outer.size(); ++i) mentions_[i] = mentions_[i] || outer[i];
    loops_ = loops;
  }

  MacroStatement macro() {
    auto out = std::make_shared<MacroNode>();
    out->name = take_identifier("the name of a macro");
    out->symbol = symbol(out->name);
    signature(*out);
    macro_body(*out, "endmacro");
    return {std::move(out)};
  }

  CallBlock call_block() {
    CallBlock out{std::make_shared<MacroNode>(), nullptr};
    if (is_operation("(")) signature(*out.body);
    out.call = expression();
    if (out.call->kind != ExpressionKind::call) fail("a call behind {% call %}", "another expression");
    macro_body(*out.body, "endcall");
    return out;
  }
  CallBlock generation() {
    CallBlock out{std::make_shared<MacroNode>(), nullptr};
    macro_body(*out.body, "endgeneration");
    return out;
  }

  FilterBlock filter_block() {
    ExpressionPointer first = filters(filter(nullptr));
    return {std::move(first), body_to("endfilter"), {}};
  }

  With with() {
    With out;
    while (current().kind != TokenKind::block_end && !is_operation(":")) {
      if (!out.targets.empty()) expect_operation(",");
      out.targets.push_back(target(false));
      expect_operation("=");
      out.values.push_back(expression());
    }
    out.body = body_to("endwith");
    return out;
  }

  Output print() {
    Output out;
    while (current().kind != TokenKind::block_end) {
      if (!out.parts.empty()) expect_operation(",");
      out.parts.push_back(expression());
    }
    return out;
  }

  NamedBlock named_block() {
    NamedBlock out;
    out.name = take_identifier("the name of a block");
    if (is_name("scoped") || is_name("required")) fail_here("a plain {% block %}");
    const int loops = std::exchange(loops_, 0);
    out.body = body_to("endblock");
    loops_ = loops;
    skip_name(out.name);
    return out;
  }

  std::string name_;
};

}  // namespace etalon::text::jinja
