// Tests of include/etalon/text/added_tokens.hpp (expected values are Hugging Face's).
#include <etalon/text/added_tokens.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

// Tokens in brackets, the text between as it is.
std::string cut(const std::vector<AddedToken>& tokens, std::string_view text) {
  AddedTokenSplitter splitter;
  for (std::uint32_t i = 0; i < tokens.size(); ++i) splitter.add(tokens[i].content, i);
  std::string out;
  splitter.split(text, tokens, [&](std::size_t begin, std::size_t end) { out += text.substr(begin, end - begin); },
                 [&](TokenId id) { out += "[" + std::to_string(id) + "]"; });
  return out;
}

}  // namespace

TEST_CASE("the leftmost place first, there the longest token") {
  const std::vector<AddedToken> tokens{{.content = "ab", .id = 1}, {.content = "abc", .id = 2},
                                       {.content = "bcd", .id = 3}};
  CHECK(cut(tokens, "xabcdab") == "x[2]d[1]");
  CHECK(cut(tokens, "bcdabcab") == "[3][2][1]");
  CHECK(cut(tokens, "") == "");
}

TEST_CASE("white space goes along where asked") {
  CHECK(cut({{.content = "X", .id = 1, .left_strip = true}}, "a \u3000X b") == "a[1] b");
  CHECK(cut({{.content = "X", .id = 1, .right_strip = true}}, "a X \n b") == "a [1]b");
}

TEST_CASE("single words only: not beside letters, digits or underscores") {
  const std::vector<AddedToken> tokens{{.content = "X", .id = 1, .single_word = true}};
  CHECK(cut(tokens, "X aX Xb X_ .X.") == "[1] aX Xb X_ .[1].");
}

TEST_CASE("a token of blanks behind one that took them: it is found, its text is gone") {
  const std::vector<AddedToken> tokens{{.content = "X", .id = 1, .right_strip = true}, {.content = " ", .id = 2}};
  CHECK(cut(tokens, "X  a") == "[1][2][2]a");
}

TEST_CASE("a million blanks that are tokens and strip take no quadratic time") {
  const std::vector<AddedToken> tokens{{.content = " ", .id = 1, .left_strip = true, .right_strip = true}};
  AddedTokenSplitter splitter;
  splitter.add(" ", 0);
  std::size_t count = 0;
  splitter.split(std::string(1000000, ' '), tokens, [](std::size_t, std::size_t) {}, [&](TokenId) { ++count; });
  CHECK(count >= 1);
}
