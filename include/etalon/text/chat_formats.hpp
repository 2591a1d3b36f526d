#pragma once
// The parts of a reply, and the markers that models put around them: one table for thinking, one for tool calls.
//
// A new notation is a line here, and a reader in chat_calls.hpp where none of the existing ones fits.
#include <string>
#include <string_view>

#include "etalon/text/chat_calls.hpp"

namespace etalon::text {

enum class ReplyPart { thinking, answer, tool_call };

// text: of thinking or answer. call: of a tool call.
struct ReplyEvent {
  ReplyPart part;
  std::string text;
  ToolCall call;
};

struct ParsedReply {
  std::string thinking;
  ToolCalls tool_calls;
  std::string answer;
};

struct ThinkingMarkers {
  std::string_view begin, end;
};
inline constexpr ThinkingMarkers thinking_formats[] = {
    {"<think>", "</think>"}, {"[THINK]", "[/THINK]"}, {"<seed:think>", "</seed:think>"}, {"◁think▷", "◁/think▷"}};

// end empty: the block goes to the end of the reply. in_thinking: the marker is a token of its own, which also ends
// thinking; others are ordinary text there.
struct CallBlockFormat {
  std::string_view begin, end;
  ReadCalls read;
  bool in_thinking = false;
};
inline constexpr CallBlockFormat call_formats[] = {
    {"<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", detail::read_deepseek, true},
    {"<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>", detail::read_dsml, true},
    {"<｜DSML｜function_calls>", "</｜DSML｜function_calls>", detail::read_dsml, true},
    {"<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", detail::read_kimi, true},
    {"<tool_call>", "</tool_call>", detail::read_tool_call},
    {"<minimax:tool_call>", "</minimax:tool_call>", detail::read_invokes},
    {"[TOOL_CALLS]", "", detail::read_mistral},
    {"<|tool_call|>", "<|/tool_call|>", detail::read_json_calls},
    {"<|tool_call|>", "", detail::read_json_calls},
    {"<TOOLCALL>", "</TOOLCALL>", detail::read_json_calls},
    {"<|python_tag|>", "", detail::read_json_calls},
};

}  // namespace etalon::text
