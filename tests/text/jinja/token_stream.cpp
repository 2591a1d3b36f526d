// Tokens while they are parsed.
#include <etalon/text/jinja/token_stream.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

TEST_CASE("names are numbered once, the reserved ones first") {
  TokenStream stream(Lexer("{{ a }}").tokens());
  CHECK(stream.symbol("caller") == caller_symbol);
  CHECK(stream.symbol("loop") == loop_symbol);
  CHECK(stream.symbol("x") == stream.symbol("x"));
}

TEST_CASE("taking goes on to the end and stays there") {
  TokenStream stream(Lexer("{{ a }}").tokens());
  CHECK(stream.take().kind == TokenKind::variable_begin);
  CHECK(stream.is_name("a"));
  for (int i = 0; i < 9; ++i) stream.take();
  CHECK(stream.current().kind == TokenKind::end);
  CHECK_THROWS_AS(stream.expect_name("b"), Failure);
}
