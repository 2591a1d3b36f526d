#pragma once
// The tree of a parsed template. Expressions are one kind of node with a list of children; statements are a variant.
//
// Names are numbered once for the whole template (symbol), so scopes compare integers.
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "etalon/text/jinja/value.hpp"

namespace etalon::text::jinja {

using Symbol = int;
// Names with a meaning of their own; every template numbers them first.
inline constexpr Symbol caller_symbol = 0, kwargs_symbol = 1, varargs_symbol = 2, loop_symbol = 3;
inline constexpr const char* reserved_names[] = {"caller", "kwargs", "varargs", "loop"};

enum class ExpressionKind {
  constant,        // value
  name,            // symbol
  list, tuple,     // children: items
  mapping,         // children: key, value, key, value, …
  attribute,       // children: object; text: the attribute
  item,            // children: object, key
  slice,           // children: object, start, stop, step (each of the last three may be missing)
  call,            // children: function; arguments
  filter,          // children: subject (missing in a filter block); text: the filter; arguments
  test,            // children: subject; text: the test; arguments
  negate, plus, logical_not,              // children: operand
  logical_and, logical_or,                // children: left, right
  arithmetic,      // children: left, right; text: + - * / // % **
  concatenate,     // children: parts of ~
  compare,         // children: operands; operators: between them
  conditional,     // children: value, condition, other value (may be missing)
  namespace_item,  // only as a target: symbol.text
};

enum class ArgumentKind { positional, named, star, double_star };

struct Expression;
using ExpressionPointer = std::unique_ptr<Expression>;

struct ArgumentNode {
  ArgumentKind kind = ArgumentKind::positional;
  std::string name;
  ExpressionPointer value;
};

struct Expression {
  ExpressionKind kind;
  int line;
  int depth = 1;  // of the tree below: bounded, so that walking and destroying it cannot exhaust the stack
  Symbol symbol = -1;
  std::string text = {};
  Value value = {};
  std::vector<ExpressionPointer> children = {};
  std::vector<ArgumentNode> arguments = {};
  std::vector<std::string> operators = {};
};

// Deeper trees are refused: walking and destroying them recurses.
inline constexpr int max_tree_depth = 500;

inline void measure(Expression& parent, const Expression* child) {
  if (child != nullptr) parent.depth = std::max(parent.depth, child->depth + 1);
  if (parent.depth > max_tree_depth)
    fail("at most " + std::to_string(max_tree_depth) + " operations in a chain", "more");
}
inline void adopt(Expression& parent, ExpressionPointer child) {
  measure(parent, child.get());
  parent.children.push_back(std::move(child));
}

struct Statement;
using Block = std::vector<Statement>;

// Names that a scope assigns without reading them first are known to be missing from its start (jinja2's idtracking).
using Missing = std::vector<Symbol>;

struct Output {
  std::vector<ExpressionPointer> parts;
};
struct For {
  ExpressionPointer target, iterable, condition;
  bool recursive = false;
  Block body, otherwise;
  Missing missing, otherwise_missing;
};
struct If {
  std::vector<std::pair<ExpressionPointer, Block>> branches;
  Block otherwise;
};
// Also the body of a call block and of {% generation %}, which have no name.
struct MacroNode {
  Symbol symbol = -1;
  std::string name;
  std::vector<Symbol> parameters;
  std::vector<std::string> parameter_names;
  std::vector<ExpressionPointer> defaults;  // of the last parameters
  Block body;
  Missing missing;
  bool uses_varargs = false, uses_kwargs = false, uses_caller = false;
};
struct MacroStatement {
  std::shared_ptr<MacroNode> macro;
};
struct CallBlock {
  std::shared_ptr<MacroNode> body;
  ExpressionPointer call;  // missing in {% generation %}
};
struct FilterBlock {
  ExpressionPointer filter;
  Block body;
  Missing missing;
};
struct Set {
  ExpressionPointer target, value;
};
struct SetBlock {
  ExpressionPointer target, filter;  // filter may be missing
  Block body;
  Missing missing;
};
struct With {
  std::vector<ExpressionPointer> targets, values;
  Block body;
  Missing missing;
};
struct NamedBlock {
  std::string name;
  Block body;
  Missing missing;
};
struct Break {};
struct Continue {};

struct Statement {
  int line;
  std::variant<Output, For, If, MacroStatement, CallBlock, FilterBlock, Set, SetBlock, With, NamedBlock, Break,
               Continue>
      node;
};

struct Syntax {
  std::string name;                  // of the template, for messages
  std::vector<std::string> symbols;  // their names
  Block body;
  Missing missing;
};

}  // namespace etalon::text::jinja
