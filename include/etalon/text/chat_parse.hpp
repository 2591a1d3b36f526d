#pragma once
// A model's reply taken apart while it streams: thinking, answer, tool calls.
//
//   ReplyParser parser(ReplyParser::start_of(prompt));
//   for (const ReplyEvent& event : parser.push(piece)) …;   for (const ReplyEvent& event : parser.finish()) …
//
// Pieces may be cut anywhere. Text that could still become a marker is held back until it is one or is not. No
// character is lost: what is not understood, markers included, is answer text. Two tables of markers drive it; harmony
// (gpt-oss) has headers in place of them: <|channel|>NAME to=functions.F<|message|>TEXT<|end|>. Leaves out: pythonic
// calls, f(x=1), and stop tokens, which the caller does not pass on.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/text/chat_formats.hpp"

namespace etalon::text {

class ReplyParser {
 public:
  // Where the reply begins: the prompt may already have opened the thinking, or harmony's header.
  enum class Start { answer, thinking, harmony_header };

  static Start start_of(std::string_view prompt) {
    const std::string_view tail = detail::trimmed(prompt);
    if (tail.ends_with("<|start|>assistant")) return Start::harmony_header;
    const auto opens = [&](const ThinkingMarkers& format) { return tail.ends_with(format.begin); };
    return std::any_of(std::begin(thinking_formats), std::end(thinking_formats), opens) ? Start::thinking
                                                                                        : Start::answer;
  }

  explicit ReplyParser(Start start = Start::answer) {
    if (start == Start::thinking) mode_ = Mode::thinking;
    if (start == Start::harmony_header) mode_ = Mode::header;
    at_start_ = start != Start::thinking;
  }

  std::vector<ReplyEvent> push(std::string_view piece) {
    waiting_ += piece;
    while (advance()) {}
    return std::exchange(events_, {});
  }

  // The end of the reply: what was held back is decided.
  std::vector<ReplyEvent> finish() {
    is_finished_ = true;
    while (advance()) {}
    return std::exchange(events_, {});
  }

 private:
  enum class Mode { answer, thinking, calls, header, harmony_body };

  // One marker found and handled; false where more text is needed.
  bool advance() {
    switch (mode_) {
      case Mode::answer: return advance_answer();
      case Mode::thinking: return advance_thinking();
      case Mode::calls: return advance_calls();
      case Mode::header: return advance_header();
      case Mode::harmony_body: return advance_harmony_body();
    }
    return false;
  }

  struct Hit {
    std::size_t at;
    std::string_view marker;
    const CallBlockFormat* block = nullptr;
  };
  static void keep_first(std::optional<Hit>& best, std::string_view text, Hit candidate) {
    candidate.at = text.find(candidate.marker);
    if (candidate.at != text.npos && (!best || candidate.at < best->at)) best = candidate;
  }

  // How much of waiting_ cannot be the start of any of these markers.
  static std::size_t safe_size(std::string_view text, const std::vector<std::string_view>& markers) {
    std::size_t held = 0;
    for (std::string_view marker : markers) {
      for (std::size_t size = std::min(marker.size() - 1, text.size()); size > held; --size) {
        if (text.ends_with(marker.substr(0, size))) held = size;
      }
    }
    return text.size() - held;
  }

  void emit(ReplyPart part, std::string_view text) {
    if (text.empty()) return;
    if (part == ReplyPart::answer && !detail::trimmed(text).empty()) at_start_ = false;
    if (!events_.empty() && events_.back().part == part) events_.back().text += text;
    else events_.push_back({part, std::string(text), {}});
  }
  void emit_waiting(ReplyPart part, std::size_t size) {
    emit(part, std::string_view(waiting_).substr(0, size));
    waiting_.erase(0, size);
  }
  // Emits the text before a marker and drops the marker.
  void pass(ReplyPart part, const Hit& hit) {
    emit_waiting(part, hit.at);
    waiting_.erase(0, hit.marker.size());
  }
  bool hold_back(ReplyPart part, const std::vector<std::string_view>& markers) {
    emit_waiting(part, is_finished_ ? waiting_.size() : safe_size(waiting_, markers));
    return false;
  }

  // A reply that is nothing but {"name": …} is Llama's way to call; it is held back until that is decided.
  bool may_be_bare_call() const {
    if (!at_start_) return false;
    const std::string_view text = detail::trimmed(waiting_);
    for (std::string_view opening : {"{\"name\"", "{\"type\"", "{ \"name\"", "{ \"type\""}) {
      if (text.starts_with(opening) || (!text.empty() && opening.starts_with(text))) return true;
    }
    return false;
  }
  bool finish_bare_call() {
    if (!is_finished_) return false;
    const std::optional<ToolCalls> calls = detail::read_json_calls(waiting_);
    at_start_ = false;
    if (!calls || waiting_.find("\"parameters\"") == std::string::npos) return true;  // answer text after all
    for (const ToolCall& call : *calls) events_.push_back({ReplyPart::tool_call, {}, call});
    waiting_.clear();
    return false;
  }

  bool advance_answer() {
    if (may_be_bare_call()) return finish_bare_call();
    std::optional<Hit> hit;
    std::vector<std::string_view> markers{"<|channel|>", "<|start|>assistant"};
    for (std::string_view marker : markers) keep_first(hit, waiting_, {0, marker});
    for (const CallBlockFormat& format : call_formats) {
      keep_first(hit, waiting_, {0, format.begin, &format});
      markers.push_back(format.begin);
    }
    for (const ThinkingMarkers& format : thinking_formats) {
      if (!at_start_) break;
      keep_first(hit, waiting_, {0, format.begin});
      markers.push_back(format.begin);
    }
    if (!hit) return hold_back(ReplyPart::answer, markers);
    if (hit->block != nullptr) return open_block(ReplyPart::answer, *hit);
    if (hit->marker == "<|channel|>") return open_header(*hit, hit->at);
    if (hit->marker == "<|start|>assistant") return open_header(*hit, hit->at + hit->marker.size());
    if (!detail::trimmed(std::string_view(waiting_).substr(0, hit->at)).empty()) {
      emit_waiting(ReplyPart::answer, hit->at);  // text came first: the marker is part of the answer
      return true;
    }
    pass(ReplyPart::answer, *hit);
    at_start_ = false;
    mode_ = Mode::thinking;
    return true;
  }

  bool open_block(ReplyPart before, const Hit& hit) {
    pass(before, hit);
    at_start_ = false;
    block_ = hit.block;
    resume_ = mode_ == Mode::thinking ? Mode::answer : mode_;
    mode_ = Mode::calls;
    return true;
  }

  bool advance_thinking() {
    std::optional<Hit> hit;
    std::vector<std::string_view> markers;
    for (const ThinkingMarkers& format : thinking_formats) {
      keep_first(hit, waiting_, {0, format.end});
      markers.push_back(format.end);
    }
    for (const CallBlockFormat& format : call_formats) {
      if (!format.in_thinking) continue;
      keep_first(hit, waiting_, {0, format.begin, &format});
      markers.push_back(format.begin);
    }
    if (!hit) return hold_back(ReplyPart::thinking, markers);
    if (hit->block != nullptr) return open_block(ReplyPart::thinking, *hit);
    pass(ReplyPart::thinking, *hit);
    at_start_ = false;
    mode_ = Mode::answer;
    return true;
  }

  // Tries every notation that begins with this block's marker.
  void close_block(std::string_view body, std::string_view end) {
    for (const CallBlockFormat& format : call_formats) {
      if (format.begin != block_->begin) continue;
      const std::optional<ToolCalls> calls = format.read(body);
      if (!calls) continue;
      for (const ToolCall& call : *calls) events_.push_back({ReplyPart::tool_call, {}, call});
      return;
    }
    emit(ReplyPart::answer, std::string(block_->begin) + std::string(body) + std::string(end));
  }
  bool advance_calls() {
    const std::size_t at = block_->end.empty() ? std::string::npos : waiting_.find(block_->end);
    if (at == std::string::npos && !is_finished_) return false;
    const std::size_t size = std::min(at, waiting_.size());
    const bool is_closed = at != std::string::npos;
    close_block(std::string_view(waiting_).substr(0, size), is_closed ? block_->end : "");
    waiting_.erase(0, size + (is_closed ? block_->end.size() : 0));
    mode_ = resume_;
    return !waiting_.empty() || is_closed;
  }

  // keep: where the header's own text starts.
  bool open_header(const Hit& hit, std::size_t keep) {
    emit_waiting(ReplyPart::answer, hit.at);
    before_header_ = waiting_.substr(0, keep - hit.at);
    waiting_.erase(0, keep - hit.at);
    at_start_ = false;
    mode_ = Mode::header;
    return true;
  }

  // " to=functions.f<|channel|>commentary json" and the like, up to <|message|>.
  bool advance_header() {
    const std::size_t at = waiting_.find("<|message|>");
    const bool is_header = waiting_.empty() || waiting_[0] == ' ' || waiting_[0] == '<';
    if (at == std::string::npos && is_header && !is_finished_ && waiting_.size() < 400) return false;
    if (at == std::string::npos || !is_header) {
      mode_ = Mode::answer;
      emit(ReplyPart::answer, std::exchange(before_header_, {}));
      const std::size_t marker = waiting_.starts_with("<|channel|>") ? 1 : 0;
      emit_waiting(ReplyPart::answer, marker);  // so that it is not found again
      return !waiting_.empty();
    }
    const std::string header = waiting_.substr(0, at);
    waiting_.erase(0, at + 11);
    const std::size_t to = header.find("to="), channel = header.find("<|channel|>");
    recipient_.clear();
    if (to != std::string::npos) recipient_ = header.substr(to + 3, header.find_first_of(" <", to) - to - 3);
    const bool is_analysis = channel != std::string::npos && header.compare(channel + 11, 8, "analysis") == 0;
    part_ = !recipient_.empty() ? ReplyPart::tool_call : is_analysis ? ReplyPart::thinking : ReplyPart::answer;
    mode_ = Mode::harmony_body;
    body_.clear();
    return true;
  }

  bool advance_harmony_body() {
    static constexpr std::string_view ends[] = {"<|end|>", "<|return|>", "<|call|>", "<|start|>assistant",
                                                "<|channel|>"};
    const std::vector<std::string_view> markers(std::begin(ends), std::end(ends));
    std::optional<Hit> hit;
    for (std::string_view marker : markers) keep_first(hit, waiting_, {0, marker});
    const std::size_t size = hit ? hit->at : is_finished_ ? waiting_.size() : safe_size(waiting_, markers);
    if (part_ == ReplyPart::tool_call) {
      body_ += waiting_.substr(0, size);
      waiting_.erase(0, size);
    } else {
      emit_waiting(part_, size);
    }
    if (!hit && !is_finished_) return false;
    if (part_ == ReplyPart::tool_call) close_harmony_call();
    mode_ = Mode::answer;
    if (!hit) return false;
    if (hit->marker.starts_with("<|start|>") || hit->marker == "<|channel|>")
      return true;  // the answer's rules open the header
    waiting_.erase(0, hit->marker.size());
    return true;
  }
  void close_harmony_call() {
    const std::optional<detail::CallJson> json = detail::parsed_json(detail::trimmed(body_));
    std::string name = recipient_.starts_with("functions.") ? recipient_.substr(10) : recipient_;
    if (json && json->is_object()) events_.push_back({ReplyPart::tool_call, {}, {std::move(name), json->dump(), {}}});
    else emit(ReplyPart::answer, " to=" + recipient_ + "<|message|>" + body_);
    body_.clear();
    part_ = ReplyPart::answer;
  }

  Mode mode_ = Mode::answer, resume_ = Mode::answer;
  ReplyPart part_ = ReplyPart::answer;  // of a harmony message
  std::string waiting_, body_, recipient_, before_header_;
  const CallBlockFormat* block_ = nullptr;
  bool at_start_ = true, is_finished_ = false;
  std::vector<ReplyEvent> events_;
};

// A whole reply at once.
inline ParsedReply parse_reply(std::string_view text, ReplyParser::Start start = ReplyParser::Start::answer) {
  ParsedReply out;
  ReplyParser parser(start);
  std::vector<ReplyEvent> events = parser.push(text);
  for (ReplyEvent& event : parser.finish()) events.push_back(std::move(event));
  for (ReplyEvent& event : events) {
    if (event.part == ReplyPart::thinking) out.thinking += event.text;
    else if (event.part == ReplyPart::answer) out.answer += event.text;
    else out.tool_calls.push_back(std::move(event.call));
  }
  return out;
}

}  // namespace etalon::text
