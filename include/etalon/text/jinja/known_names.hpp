#pragma once
// Refuses unknown filters and tests when a template is read, except where Jinja itself waits until they are reached:
// directly inside {% if %} and inline if, so that a template can try a filter that only some programs have.
//
// Source: CodeGenerator._filter_test_common of jinja2 3.1 ("soft frames").
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "etalon/text/jinja/filters.hpp"
#include "etalon/text/jinja/syntax.hpp"

namespace etalon::text::jinja {

namespace detail {

// soft: whether an unknown name may wait.
enum class Frame { hard, soft };

class NameChecker {
 public:
  explicit NameChecker(int& line) : line_(line) {}

  void check(const Block& block, Frame frame) {
    for (const Statement& statement : block) std::visit([&](const auto& node) { check(node, frame); }, statement.node);
  }

 private:
  void check(const Expression* expression, Frame frame) {
    if (expression == nullptr) return;
    const bool is_filter = expression->kind == ExpressionKind::filter,
               is_test = expression->kind == ExpressionKind::test;
    line_ = expression->line;
    if (frame == Frame::hard && is_filter && find_filter(expression->text) == nullptr) {
      fail("a filter that Jinja has", etalon::quoted(expression->text),
           "the template uses a filter of another program");
    }
    if (frame == Frame::hard && is_test && find_test(expression->text) == nullptr) {
      fail("a test that Jinja has", etalon::quoted(expression->text), "the template uses a test of another program");
    }
    if (expression->kind == ExpressionKind::conditional) frame = Frame::soft;
    for (const ExpressionPointer& child : expression->children) check(child.get(), frame);
    for (const ArgumentNode& argument : expression->arguments) check(argument.value.get(), frame);
  }
  void check_all(const std::vector<ExpressionPointer>& expressions, Frame frame) {
    for (const ExpressionPointer& expression : expressions) check(expression.get(), frame);
  }

  void check(const Output& node, Frame frame) { check_all(node.parts, frame); }
  void check(const For& node, Frame frame) {
    check(node.iterable.get(), frame);
    check(node.condition.get(), Frame::hard);
    check(node.body, Frame::hard);
    check(node.otherwise, Frame::hard);
  }
  void check(const If& node, Frame) {
    for (const auto& [condition, branch] : node.branches) {
      check(condition.get(), Frame::soft);
      check(branch, Frame::soft);
    }
    check(node.otherwise, Frame::soft);
  }
  void check(const MacroStatement& node, Frame) {
    check_all(node.macro->defaults, Frame::hard);
    check(node.macro->body, Frame::hard);
  }
  void check(const CallBlock& node, Frame frame) {
    check(node.call.get(), frame);
    check_all(node.body->defaults, Frame::hard);
    check(node.body->body, Frame::hard);
  }
  void check(const FilterBlock& node, Frame) {
    check(node.filter.get(), Frame::hard);
    check(node.body, Frame::hard);
  }
  void check(const Set& node, Frame frame) { check(node.value.get(), frame); }
  void check(const SetBlock& node, Frame) {
    check(node.filter.get(), Frame::hard);
    check(node.body, Frame::hard);
  }
  void check(const With& node, Frame frame) {
    check_all(node.values, frame);
    check(node.body, Frame::hard);
  }
  void check(const NamedBlock& node, Frame) { check(node.body, Frame::hard); }
  void check(const Break&, Frame) {}
  void check(const Continue&, Frame) {}

  int& line_;
};

}  // namespace detail

// line: where the last name stood. Throws Failure.
inline void check_known_names(const Syntax& syntax, int& line) {
  detail::NameChecker(line).check(syntax.body, detail::Frame::hard);
}

}  // namespace etalon::text::jinja
