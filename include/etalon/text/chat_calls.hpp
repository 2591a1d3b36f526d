#pragma once
// How models write tool calls: one function a notation, from the text between a block's markers to calls.
//
// A reader returns no calls for text it does not understand; the parser then shows that text as part of the answer.
// Sources: the model makers' chat templates and format notes (DeepSeek encoding_dsv4, Qwen3-Coder and GLM tool parsers,
// Kimi-K2 tool call guidance, OpenAI harmony, MiniMax-M2 and Mistral tokenizer notes), in docs and model cards.
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/io/ordered_json.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text {

// arguments: JSON text, an object. id: as the model writes it, often empty.
struct ToolCall {
  std::string name, arguments, id;
};

using ToolCalls = std::vector<ToolCall>;
using ReadCalls = std::optional<ToolCalls> (*)(std::string_view body);

namespace detail {

using CallJson = io::OrderedJson;

inline std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

inline std::optional<CallJson> parsed_json(std::string_view text) {
  try {
    return io::parse_ordered_json(text, "tool call", {.depth = 200});
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Takes the text up to the marker and the marker off the front of rest; empty where there is no marker.
inline std::optional<std::string_view> take_to(std::string_view& rest, std::string_view marker) {
  const std::size_t at = rest.find(marker);
  if (at == rest.npos) return std::nullopt;
  const std::string_view before = rest.substr(0, at);
  rest.remove_prefix(at + marker.size());
  return before;
}

// The arguments as JSON text: an object, or JSON text of an object inside a text.
inline std::optional<std::string> arguments_text(const CallJson& value) {
  if (value.is_object()) return value.dump();
  const std::optional<CallJson> inner =
      value.is_string() ? parsed_json(value.get_ref<const std::string&>()) : std::nullopt;
  return inner && inner->is_object() ? std::optional(inner->dump()) : std::nullopt;
}

// {"name": …, "arguments" or "parameters": {…}, "id": …}, also inside {"type": "function", "function": {…}}.
inline std::optional<ToolCall> json_call(const CallJson& value) {
  if (!value.is_object()) return std::nullopt;
  const CallJson& call = value.contains("function") && value["function"].is_object() ? value["function"] : value;
  if (!call.contains("name") || !call["name"].is_string()) return std::nullopt;
  ToolCall out{call["name"].get<std::string>(), "{}", {}};
  for (const char* key : {"arguments", "parameters"}) {
    if (!call.contains(key) || call[key].is_null()) continue;
    const std::optional<std::string> arguments = arguments_text(call[key]);
    if (!arguments) return std::nullopt;
    out.arguments = *arguments;
  }
  if (value.contains("id") && value["id"].is_string()) out.id = value["id"].get<std::string>();
  return out;
}

// One JSON call, or a list of them.
inline std::optional<ToolCalls> read_json_calls(std::string_view body) {
  const std::optional<CallJson> json = parsed_json(trimmed(body));
  if (!json) return std::nullopt;
  ToolCalls out;
  const CallJson list = json->is_array() ? *json : CallJson::array({*json});
  for (const CallJson& one : list) {
    std::optional<ToolCall> call = json_call(one);
    if (!call) return std::nullopt;
    out.push_back(std::move(*call));
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

// A parameter without a type: JSON where it is JSON, a text otherwise.
inline bool put_parameter(CallJson& arguments, std::string_view name, std::string_view value) {
  if (!well_formed(value) || !well_formed(name)) return false;
  const std::optional<CallJson> json = parsed_json(trimmed(value));
  arguments[std::string(name)] = json ? *json : CallJson(std::string(value));
  return true;
}

inline std::string_view without_outer_newlines(std::string_view text) {
  if (text.starts_with('\n')) text.remove_prefix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

// <function=NAME><parameter=KEY>VALUE</parameter>…</function>, Qwen3-Coder.
inline std::optional<ToolCalls> read_function_tags(std::string_view body) {
  std::string_view rest = trimmed(body);
  ToolCalls out;
  while (!rest.empty()) {
    if (!rest.starts_with("<function=")) return std::nullopt;
    rest.remove_prefix(10);
    const auto name = take_to(rest, ">");
    auto inside = name ? take_to(rest, "</function>") : std::nullopt;
    if (!inside) return std::nullopt;
    CallJson arguments = CallJson::object();
    for (std::string_view part = trimmed(*inside); !part.empty(); part = trimmed(part)) {
      if (!part.starts_with("<parameter=")) return std::nullopt;
      part.remove_prefix(11);
      const auto key = take_to(part, ">");
      const auto value = key ? take_to(part, "</parameter>") : std::nullopt;
      if (!value || !put_parameter(arguments, *key, without_outer_newlines(*value))) return std::nullopt;
    }
    out.push_back({std::string(*name), arguments.dump(), {}});
    rest = trimmed(rest);
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

// NAME<arg_key>K</arg_key><arg_value>V</arg_value>…, GLM-4.5 and Ling.
inline std::optional<ToolCalls> read_argument_tags(std::string_view body) {
  const std::size_t first = body.find("<arg_key>");
  const std::string_view name = trimmed(body.substr(0, first));
  if (name.empty() || name.find_first_of("<>{}\n\" ") != name.npos || !well_formed(name)) return std::nullopt;
  CallJson arguments = CallJson::object();
  std::string_view rest = first == body.npos ? std::string_view{} : body.substr(first);
  for (rest = trimmed(rest); !rest.empty(); rest = trimmed(rest)) {
    if (!rest.starts_with("<arg_key>")) return std::nullopt;
    rest.remove_prefix(9);
    const auto key = take_to(rest, "</arg_key>");
    const auto gap = key ? take_to(rest, "<arg_value>") : std::nullopt;
    const auto value = gap && trimmed(*gap).empty() ? take_to(rest, "</arg_value>") : std::nullopt;
    if (!value || !put_parameter(arguments, *key, *value)) return std::nullopt;
  }
  return ToolCalls{{std::string(name), arguments.dump(), {}}};
}

// Between <tool_call> and </tool_call>: JSON (Qwen, Hermes), function tags, or argument tags.
inline std::optional<ToolCalls> read_tool_call(std::string_view body) {
  const std::string_view text = trimmed(body);
  if (text.starts_with('{') || text.starts_with('[')) return read_json_calls(text);
  if (text.starts_with("<function=")) return read_function_tags(text);
  return read_argument_tags(text);
}

// name="…" of a tag's inside.
inline std::optional<std::string_view> attribute_of(std::string_view tag, std::string_view name) {
  std::string_view rest = tag;
  if (!take_to(rest, std::string(name) + "=\"")) return std::nullopt;
  return take_to(rest, "\"");
}

// <PREinvoke name="f"><PREparameter name="k" string="true|false">v</PREparameter>…</PREinvoke>; PRE is "｜DSML｜" or "".
inline std::optional<ToolCalls> read_invocations(std::string_view body, const std::string& prefix) {
  ToolCalls out;
  const std::string invoke = "<" + prefix + "invoke ", parameter = "<" + prefix + "parameter ";
  for (std::string_view rest = trimmed(body); !rest.empty(); rest = trimmed(rest)) {
    if (!rest.starts_with(invoke)) return std::nullopt;
    const auto tag = take_to(rest, ">");
    const auto name = attribute_of(*tag, "name");
    auto inside = name ? take_to(rest, "</" + prefix + "invoke>") : std::nullopt;
    if (!inside) return std::nullopt;
    CallJson arguments = CallJson::object();
    for (std::string_view part = trimmed(*inside); !part.empty(); part = trimmed(part)) {
      if (!part.starts_with(parameter)) return std::nullopt;
      const auto head = take_to(part, ">");
      const auto key = attribute_of(*head, "name"), is_text = attribute_of(*head, "string");
      const auto value = key ? take_to(part, "</" + prefix + "parameter>") : std::nullopt;
      if (!value) return std::nullopt;
      if (is_text && *is_text == "true" && well_formed(*value)) arguments[std::string(*key)] = std::string(*value);
      else if (!put_parameter(arguments, *key, *value)) return std::nullopt;
    }
    out.push_back({std::string(*name), arguments.dump(), {}});
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}
inline std::optional<ToolCalls> read_dsml(std::string_view body) { return read_invocations(body, "｜DSML｜"); }
inline std::optional<ToolCalls> read_invokes(std::string_view body) { return read_invocations(body, ""); }

// <｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME⏎```json⏎{…}⏎```<｜tool▁call▁end｜> (V3, R1) or NAME<｜tool▁sep｜>{…} (V3.1).
inline std::optional<ToolCalls> read_deepseek(std::string_view body) {
  ToolCalls out;
  for (std::string_view rest = trimmed(body); !rest.empty(); rest = trimmed(rest)) {
    const auto gap = take_to(rest, "<｜tool▁call▁begin｜>");
    auto call = gap && trimmed(*gap).empty() ? take_to(rest, "<｜tool▁call▁end｜>") : std::nullopt;
    const auto head = call ? take_to(*call, "<｜tool▁sep｜>") : std::nullopt;
    if (!head) return std::nullopt;
    std::string_view name = *head, arguments = trimmed(*call);
    if (const std::size_t fence = arguments.find("```json"); fence != arguments.npos && arguments.ends_with("```")) {
      name = arguments.substr(0, fence);
      arguments = arguments.substr(fence + 7, arguments.size() - fence - 10);
    }
    const std::optional<CallJson> json = parsed_json(trimmed(arguments));
    if (!json || !json->is_object()) return std::nullopt;
    out.push_back({std::string(trimmed(name)), json->dump(), {}});
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

// <|tool_call_begin|>functions.NAME:0<|tool_call_argument_begin|>{…}<|tool_call_end|>; the first part is the call's id.
inline std::optional<ToolCalls> read_kimi(std::string_view body) {
  ToolCalls out;
  for (std::string_view rest = trimmed(body); !rest.empty(); rest = trimmed(rest)) {
    const auto gap = take_to(rest, "<|tool_call_begin|>");
    const auto id = gap && trimmed(*gap).empty() ? take_to(rest, "<|tool_call_argument_begin|>") : std::nullopt;
    const auto arguments = id ? take_to(rest, "<|tool_call_end|>") : std::nullopt;
    const std::optional<CallJson> json = arguments ? parsed_json(trimmed(*arguments)) : std::nullopt;
    if (!json || !json->is_object()) return std::nullopt;
    const std::string_view full = trimmed(*id);
    std::string_view name = full.substr(0, full.rfind(':'));
    if (name.starts_with("functions.")) name.remove_prefix(10);
    out.push_back({std::string(name), json->dump(), std::string(full)});
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

// Behind [TOOL_CALLS]: a JSON list, or NAME[ARGS]{…} (with [CALL_ID]ID before [ARGS]), several in a row.
inline std::optional<ToolCalls> read_mistral(std::string_view body) {
  if (trimmed(body).starts_with('[') || trimmed(body).starts_with('{')) return read_json_calls(body);
  ToolCalls out;
  for (std::string_view rest = trimmed(body); !rest.empty(); rest = trimmed(rest)) {
    const auto head = take_to(rest, "[ARGS]");
    if (!head) return std::nullopt;
    std::string_view id = *head;
    const auto named = take_to(id, "[CALL_ID]");
    const std::size_t end = std::min(rest.find("[TOOL_CALLS]"), rest.size());
    const std::optional<CallJson> json = parsed_json(trimmed(rest.substr(0, end)));
    if (!json || !json->is_object()) return std::nullopt;
    out.push_back({std::string(trimmed(named ? *named : *head)), json->dump(),
                   std::string(named ? trimmed(id) : std::string_view{})});
    rest.remove_prefix(std::min(end + 12, rest.size()));
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace detail

}  // namespace etalon::text
