// Readers of tool calls.
#include <etalon/text/chat_calls.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text;

TEST_CASE("arguments are JSON text, whatever the notation") {
  CHECK(detail::read_json_calls(R"([{"name": "f", "arguments": "{\"a\": 1}"}])")->at(0).arguments == R"({"a":1})");
  CHECK(detail::read_json_calls(R"({"type": "function", "function": {"name": "f"}, "id": "7"})")->at(0).id == "7");
  CHECK(detail::read_argument_tags("f")->at(0).arguments == "{}");
  CHECK(detail::read_function_tags("<function=f><parameter=a>\ntwo\nlines\n</parameter></function>")->at(0).arguments ==
        R"({"a":"two\nlines"})");
  CHECK(
      detail::read_kimi("<|tool_call_begin|>functions.f:3<|tool_call_argument_begin|>{}<|tool_call_end|>")->at(0).id ==
      "functions.f:3");
}

TEST_CASE("what is not the notation gives nothing") {
  CHECK_FALSE(detail::read_json_calls("{").has_value());
  CHECK_FALSE(detail::read_json_calls("[]").has_value());
  CHECK_FALSE(detail::read_json_calls(R"({"name": 1})").has_value());
  CHECK_FALSE(detail::read_function_tags("<function=f>").has_value());
  CHECK_FALSE(detail::read_invokes("<invoke name=\"f\">").has_value());
  CHECK_FALSE(detail::read_deepseek("x").has_value());
  CHECK_FALSE(detail::read_argument_tags("\xff<arg_key>").has_value());
}
