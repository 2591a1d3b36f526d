#pragma once
// Which names a scope hides from its very start, although it assigns them later.
//
// Jinja decides per scope (template, loop body, macro, set block, …) and before running it where each name comes from.
// A name that the scope assigns unconditionally, not having read it before and no outer scope knowing it, is undefined
// until then, even if the caller gave a variable of that name: in
//     {% for m in messages %}{{ tools }}{% endfor %}{% set tools = [] %}
// the loop never sees the caller's tools. A name assigned only in a branch keeps its outer meaning.
// Source: the rules of jinja2/idtracking.py, version 3.1.
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "etalon/text/jinja/syntax.hpp"

namespace etalon::text::jinja {

namespace detail {

class NameScope {
 public:
  explicit NameScope(const NameScope* outer) : outer_(outer) {}

  void read(Symbol name) {
    if (!knows(name)) origin_[name] = Origin::elsewhere;
  }
  void assign(Symbol name) {
    assigned_.insert(name);
    if (origin_.count(name) != 0) return;
    origin_[name] = outer_ != nullptr && outer_->knows(name) ? Origin::elsewhere : Origin::missing;
  }
  void declare(Symbol name) {
    assigned_.insert(name);
    origin_[name] = Origin::parameter;
  }
  // What is assigned in some branch and was not before comes from elsewhere until then.
  void merge(const std::vector<NameScope>& branches) {
    std::set<Symbol> news;
    for (const NameScope& branch : branches) news.insert(branch.assigned_.begin(), branch.assigned_.end());
    for (Symbol name : assigned_) news.erase(name);
    for (const NameScope& branch : branches) {
      for (const auto& [name, origin] : branch.origin_) origin_[name] = origin;
      assigned_.insert(branch.assigned_.begin(), branch.assigned_.end());
    }
    for (Symbol name : news) origin_[name] = Origin::elsewhere;
  }
  Missing missing() const {
    Missing out;
    for (const auto& [name, origin] : origin_) if (origin == Origin::missing) out.push_back(name);
    return out;
  }

 private:
  enum class Origin { elsewhere, missing, parameter };
  bool knows(Symbol name) const { return origin_.count(name) != 0 || (outer_ != nullptr && outer_->knows(name)); }

  const NameScope* outer_;
  std::map<Symbol, Origin> origin_;
  std::set<Symbol> assigned_;
};

// Walks one scope; scopes inside it are walked when it is complete, as they may see all of its names.
class NameFinder {
 public:
  static Missing scope(Block& body, const NameScope* outer, const std::vector<const Expression*>& targets = {}) {
    NameScope scope(outer);
    if (!targets.empty()) scope.declare(loop_symbol);
    for (const Expression* target : targets) declare_all(scope, *target);
    visit(scope, body);
    enter(scope, body);
    return scope.missing();
  }

 private:
  static void read_all(NameScope& scope, const Expression* expression) {
    if (expression == nullptr) return;
    if (expression->kind == ExpressionKind::name) scope.read(expression->symbol);
    for (const ExpressionPointer& child : expression->children) read_all(scope, child.get());
    for (const ArgumentNode& argument : expression->arguments) read_all(scope, argument.value.get());
  }
  static void declare_all(NameScope& scope, const Expression& target) {
    if (target.kind == ExpressionKind::name) scope.declare(target.symbol);
    for (const ExpressionPointer& child : target.children) declare_all(scope, *child);
  }
  static void assign_all(NameScope& scope, const Expression& target) {
    if (target.kind == ExpressionKind::name) scope.assign(target.symbol);
    if (target.kind == ExpressionKind::namespace_item) scope.read(target.symbol);
    for (const ExpressionPointer& child : target.children) assign_all(scope, *child);
  }

  static void visit(NameScope& scope, const Block& body) {
    for (const Statement& statement : body) std::visit([&](const auto& node) { visit(scope, node); }, statement.node);
  }
  static void visit(NameScope& scope, const Output& node) {
    for (const ExpressionPointer& part : node.parts) read_all(scope, part.get());
  }
  static void visit(NameScope& scope, const For& node) { read_all(scope, node.iterable.get()); }
  static void visit(NameScope& scope, const If& node) {
    // jinja2 sees elif branches as one: their conditions and bodies in a row.
    read_all(scope, node.branches[0].first.get());
    std::vector<NameScope> branches(3, scope);
    visit(branches[0], node.branches[0].second);
    for (std::size_t i = 1; i < node.branches.size(); ++i) {
      read_all(branches[1], node.branches[i].first.get());
      std::vector<NameScope> inner(1, branches[1]);
      visit(inner[0], node.branches[i].second);
      branches[1].merge(inner);
    }
    visit(branches[2], node.otherwise);
    scope.merge(branches);
  }
  static void visit(NameScope& scope, const MacroStatement& node) { scope.assign(node.macro->symbol); }
  static void visit(NameScope& scope, const CallBlock& node) { read_all(scope, node.call.get()); }
  static void visit(NameScope& scope, const FilterBlock& node) { read_all(scope, node.filter.get()); }
  static void visit(NameScope& scope, const Set& node) {
    read_all(scope, node.value.get());
    assign_all(scope, *node.target);
  }
  static void visit(NameScope& scope, const SetBlock& node) { assign_all(scope, *node.target); }
  static void visit(NameScope& scope, const With& node) {
    for (const ExpressionPointer& value : node.values) read_all(scope, value.get());
  }
  static void visit(NameScope&, const NamedBlock&) {}
  static void visit(NameScope&, const Break&) {}
  static void visit(NameScope&, const Continue&) {}

  // The scopes inside.
  static void enter(const NameScope& outer, Block& body) {
    for (Statement& statement : body) std::visit([&](auto& node) { enter(outer, node); }, statement.node);
  }
  static void enter(const NameScope& outer, For& node) {
    node.missing = scope(node.body, &outer, {node.target.get()});
    node.otherwise_missing = scope(node.otherwise, &outer);
  }
  static void enter(const NameScope& outer, If& node) {
    for (auto& [condition, branch] : node.branches) enter(outer, branch);
    enter(outer, node.otherwise);
  }
  static void enter(const NameScope& outer, MacroNode& node) {
    NameScope inner(&outer);
    for (Symbol parameter : node.parameters) inner.declare(parameter);
    for (const ExpressionPointer& value : node.defaults) read_all(inner, value.get());
    if (node.uses_caller) inner.declare(caller_symbol);
    if (node.uses_kwargs) inner.declare(kwargs_symbol);
    if (node.uses_varargs) inner.declare(varargs_symbol);
    visit(inner, node.body);
    enter(inner, node.body);
    node.missing = inner.missing();
  }
  static void enter(const NameScope& outer, MacroStatement& node) { enter(outer, *node.macro); }
  static void enter(const NameScope& outer, CallBlock& node) { enter(outer, *node.body); }
  static void enter(const NameScope& outer, FilterBlock& node) { node.missing = scope(node.body, &outer); }
  static void enter(const NameScope& outer, SetBlock& node) { node.missing = scope(node.body, &outer); }
  static void enter(const NameScope& outer, With& node) {
    std::vector<const Expression*> targets;
    for (const ExpressionPointer& target : node.targets) targets.push_back(target.get());
    node.missing = scope(node.body, &outer, targets);
  }
  static void enter(const NameScope&, NamedBlock& node) { node.missing = scope(node.body, nullptr); }
  template <class Leaf>
  static void enter(const NameScope&, Leaf&) {}
};

}  // namespace detail

inline void find_missing_names(Syntax& syntax) { syntax.missing = detail::NameFinder::scope(syntax.body, nullptr); }

}  // namespace etalon::text::jinja
