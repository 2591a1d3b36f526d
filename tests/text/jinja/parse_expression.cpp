// How tightly operators bind.
#include <etalon/text/jinja/parse_expression.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

// The tree with brackets around every operation.
std::string shape(const Expression& node) {
  if (node.kind == ExpressionKind::constant || node.kind == ExpressionKind::name)
    return node.children.empty() ? "x" : "?";
  std::string out = "(";
  out += node.kind == ExpressionKind::logical_and  ? "and"
         : node.kind == ExpressionKind::logical_or ? "or"
         : node.kind == ExpressionKind::logical_not ? "not"
         : node.kind == ExpressionKind::negate      ? "neg"
         : node.kind == ExpressionKind::concatenate ? "~"
         : node.kind == ExpressionKind::compare     ? "cmp"
         : node.kind == ExpressionKind::conditional ? "if"
                                                    : node.text;
  for (const ExpressionPointer& child : node.children) out += child != nullptr ? " " + shape(*child) : "";
  return out + ")";
}
std::string tree_of(const std::string& source) {
  ExpressionParser parser(Lexer("{{ " + source + " }}").tokens());
  parser.skip_begin();
  return shape(*parser.expression());
}

}  // namespace

TEST_CASE("operators bind as Jinja binds them, which is not always as Python does") {
  CHECK(tree_of("x + x * x") == "(+ x (* x x))");
  CHECK(tree_of("x ** x ** x") == "(** (** x x) x)");
  CHECK(tree_of("x + x ~ x * x") == "(+ x (~ x (* x x)))");
  CHECK(tree_of("-x ** x") == "(** (neg x) x)");
  CHECK(tree_of("not x == x and x or x") == "(or (and (not (cmp x x)) x) x)");
  CHECK(tree_of("x + x | upper") == "(+ x (upper x))");
  CHECK(tree_of("-x | abs") == "(abs (neg x))");
  CHECK(tree_of("not x is defined") == "(not (defined x))");
  CHECK(tree_of("x if x else x if x else x") == "(if x x (if x x x))");
}
