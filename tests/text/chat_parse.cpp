// Replies in every notation, cut at every place: the parts are the same and no character is lost.
#include <etalon/text/chat_parse.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

// "T(thinking)A(answer)C(name arguments)" with neighbouring parts of one kind joined.
std::string told(const std::vector<ReplyEvent>& events) {
  std::string out;
  const ReplyEvent* last = nullptr;
  for (const ReplyEvent& event : events) {
    const bool joins = last != nullptr && last->part == event.part && event.part != ReplyPart::tool_call;
    if (joins) out.pop_back();
    else out += event.part == ReplyPart::thinking ? "T(" : event.part == ReplyPart::answer ? "A(" : "C(";
    out += event.part == ReplyPart::tool_call ? event.call.name + " " + event.call.arguments : event.text;
    out += ")";
    last = &event;
  }
  return out;
}

std::string parsed(const std::string& text, std::size_t piece, ReplyParser::Start start) {
  ReplyParser parser(start);
  std::vector<ReplyEvent> events;
  const auto keep = [&](std::vector<ReplyEvent> news) { events.insert(events.end(), news.begin(), news.end()); };
  for (std::size_t i = 0; i < text.size(); i += piece) keep(parser.push(std::string_view(text).substr(i, piece)));
  keep(parser.finish());
  return told(events);
}

// The reply in one piece, which must be what every cut gives.
std::string told(const std::string& text, const std::string& prompt = "") {
  const ReplyParser::Start start = ReplyParser::start_of(prompt);
  const std::string whole = parsed(text, text.size() + 1, start);
  for (std::size_t piece : {1, 2, 3, 7, 16}) CHECK(parsed(text, piece, start) == whole);
  return whole;
}

}  // namespace

TEST_CASE("thinking is what stands between its markers, or before the end marker when the prompt opened it") {
  CHECK(told("<think>a\nb</think>\n\nc") == "T(a\nb)A(\n\nc)");
  CHECK(told("a</think>b", "<｜Assistant｜><think>\n") == "T(a)A(b)");
  CHECK(told("a", "<think>") == "T(a)");
  CHECK(told("plain <think> text") == "A(plain <think> text)");
  CHECK(told("2 < 3 <thin") == "A(2 < 3 <thin)");
}

TEST_CASE("every common notation of a tool call is read") {
  const std::string call = "C(f {\"a\":1,\"b\":\"x\"})";
  CHECK(told("<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1, \"b\": \"x\"}}\n</tool_call>") == call);
  CHECK(told("<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n<parameter=b>\nx\n</parameter>\n</"
             "function>\n</tool_call>") == call);
  CHECK(told("<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n<arg_key>b</arg_key>\n<arg_value>x</"
             "arg_value>\n</tool_call>") == call);
  CHECK(told("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"a\":1,\"b\":\"x\"}\n```<"
             "｜tool▁call▁end｜><｜tool▁calls▁end｜>") == call);
  CHECK(told("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\":1,\"b\":\"x\"}<｜tool▁call▁end｜><"
             "｜tool▁calls▁end｜>") == call);
  CHECK(told("<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" "
             "string=\"false\">1</｜DSML｜parameter>\n"
             "<｜DSML｜parameter name=\"b\" "
             "string=\"true\">x</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>") == call);
  CHECK(told("<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{\"a\":1,\"b\":"
             "\"x\"}"
             "<|tool_call_end|><|tool_calls_section_end|>") == call);
  CHECK(told("<minimax:tool_call>\n<invoke name=\"f\">\n<parameter name=\"a\">1</parameter>\n<parameter "
             "name=\"b\">x</parameter>\n"
             "</invoke>\n</minimax:tool_call>") == call);
  CHECK(told("[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {\"a\": 1, \"b\": \"x\"}, \"id\": \"abc\"}]") == call);
  CHECK(told("[TOOL_CALLS]f[ARGS]{\"a\": 1, \"b\": \"x\"}") == call);
  CHECK(told("{\"name\": \"f\", \"parameters\": {\"a\": 1, \"b\": \"x\"}}") == call);
}

TEST_CASE("several calls keep their order, and text around them stays") {
  const std::string one = "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>";
  CHECK(told("<think>t</think>hi" + one + "\n" + one) == "T(t)A(hi)C(f {})A(\n)C(f {})");
}

TEST_CASE("harmony channels are thinking, answer and calls") {
  const std::string prompt = "<|start|>assistant";
  CHECK(told("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>yes<|return|>",
             prompt) == "T(hm)A(yes)");
  CHECK(told("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=functions.f "
             "<|constrain|>json<|message|>{\"a\":1}<|call|>",
             prompt) == "T(hm)C(f {\"a\":1})");
  CHECK(told(" to=functions.f<|channel|>commentary json<|message|>{\"a\":1}<|call|>", prompt) == "C(f {\"a\":1})");
}

TEST_CASE("no character is lost: what is not understood is answer text") {
  for (const char* text : {"<tool_call>nonsense {</tool_call> after", "<tool_call>{\"name\": 1}", "[TOOL_CALLS] soon",
                           "{\"name\": \"Ann\"}", "<|channel|>odd", "<|start|>assistant and more", "{\"a\": 1} is JSON",
                           "<｜tool▁calls▁begin｜>x<｜tool▁calls▁end｜>"}) {
    CHECK(told(text) == "A(" + std::string(text) + ")");
  }
}

TEST_CASE("a whole reply at once") {
  const ParsedReply reply =
      parse_reply("<think>t</think>a<tool_call>{\"name\": \"f\", \"arguments\": \"{}\"}</tool_call>");
  CHECK(reply.thinking == "t");
  CHECK(reply.answer == "a");
  REQUIRE(reply.tool_calls.size() == 1);
  CHECK(reply.tool_calls[0].arguments == "{}");
}
