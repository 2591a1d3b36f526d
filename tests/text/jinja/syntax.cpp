// The tree of a template.
#include <etalon/text/jinja/syntax.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("a tree that grows too deep is refused while it grows") {
  auto tree = std::make_unique<Expression>(Expression{ExpressionKind::constant, 1});
  const auto grow = [&] {
    auto parent = std::make_unique<Expression>(Expression{ExpressionKind::negate, 1});
    adopt(*parent, std::move(tree));
    tree = std::move(parent);
  };
  for (int i = 1; i < max_tree_depth; ++i) grow();
  CHECK(tree->depth == max_tree_depth);
  CHECK_THROWS_AS(grow(), Failure);
}
