#pragma once
// JSON (RFC 8259) as a stream of events, with errors that name line and column.
//
// Tokens and grammar come from nlohmann::json's event interface, which keeps its own stack: nothing here recurses.
// On top of it: a limit of depth and of size, and the place of every error in the text.
// Left out: comments, NaN and Infinity (Python's json module writes them; they are not JSON).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <etalon/error.hpp>

namespace etalon::io {

using Json = nlohmann::json;

// depth: how many arrays and objects may be open at once. bytes: the longest text that is read at all.
struct JsonLimits {
  int depth = 64;
  std::size_t bytes = std::size_t{256} << 20;
};

enum class JsonContainer { object, array };

// Thrown by a handler that cannot take an event; reading turns it into an Error that says where in the text.
struct JsonRefusal {
  std::string expected, found, next;
};

// What receives the events. A scalar is null, true or false, a number or a text.
class JsonHandler {
 public:
  virtual void scalar(Json&& value) = 0;
  virtual void key(std::string&& name) = 0;
  virtual void begin(JsonContainer container) = 0;
  virtual void end(JsonContainer container) = 0;

 protected:
  ~JsonHandler() = default;
};

// "config.json line 3 column 7"; offset counts bytes from 0, columns count bytes from 1.
inline std::string json_place(std::string_view text, const std::string& where, std::size_t offset) {
  std::size_t line = 1, start = 0;
  for (std::size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      start = i + 1;
    }
  }
  return where + " line " + std::to_string(line) + " column " + std::to_string(offset - start + 1);
}

namespace detail {

// Where the token of event n starts, counted from 0, in a text that is right up to there: every token is one event.
inline std::size_t start_of_event(std::string_view text, std::size_t n) {
  std::size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  for (;; --n) {
    at = text.find_first_not_of(" \t\r\n,:", at);
    if (n == 0 || at == text.npos) return std::min(at, text.size());
    if (text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\';
      ++at;
    } else if (const bool bracket = std::string_view("[]{}").find(text[at]) != text.npos; bracket) {
      ++at;
    } else {
      at = text.find_first_of(" \t\r\n,:]}", at);
    }
    at = std::min(at, text.size());
  }
}

// Between the library's event interface (which fixes the names and the bool results) and a JsonHandler. Both are
// virtual, so that the library's parser and this are compiled once, not once a handler.
class JsonSax final : public nlohmann::json_sax<Json> {
 public:
  JsonSax(std::string_view text, const std::string& where, JsonLimits limits, JsonHandler& handler)
      : text_(text), where_(where), limits_(limits), handler_(handler) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(std::int64_t value) override { return scalar(value); }
  bool number_unsigned(std::uint64_t value) override { return scalar(value); }
  bool number_float(double value, const std::string&) override { return scalar(value); }
  bool string(std::string& value) override { return scalar(std::move(value)); }
  bool binary(Json::binary_t&) override { return false; }  // JSON text has none
  bool start_object(std::size_t) override { return begin(JsonContainer::object); }
  bool end_object() override { return end(JsonContainer::object); }
  bool start_array(std::size_t) override { return begin(JsonContainer::array); }
  bool end_array() override { return end(JsonContainer::array); }
  bool key(std::string& name) override {
    return event([&] { handler_.key(std::move(name)); });
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& problem) override {
    throw syntax_error(position == 0 ? 0 : position - 1, problem);
  }

 private:
  bool scalar(Json value) {
    return event([&] { handler_.scalar(std::move(value)); });
  }
  bool begin(JsonContainer container) {
    if (++depth_ > limits_.depth) {
      throw Error(json_place(text_, where_, start_of_event(text_, events_)),
                  "at most " + std::to_string(limits_.depth) + " arrays and objects inside each other", "one more",
                  "check that the file is what its name says");
    }
    return event([&] { handler_.begin(container); });
  }
  bool end(JsonContainer container) {
    --depth_;
    return event([&] { handler_.end(container); });
  }

  template <class Act>
  bool event(Act act) {
    try {
      act();
    } catch (const JsonRefusal& refusal) {
      throw Error(json_place(text_, where_, start_of_event(text_, events_)), refusal.expected, refusal.found,
                  refusal.next);
    }
    ++events_;
    return true;
  }

  // From a string's closing quote back to its opening quote: the first one not escaped by an odd run of backslashes.
  std::size_t start_of_string(std::size_t i) const {
    while (i > 0) {
      --i;
      if (text_[i] != '"') continue;
      std::size_t slashes = 0;
      while (slashes < i && text_[i - 1 - slashes] == '\\') ++slashes;
      if (slashes % 2 == 0) break;
    }
    return i;
  }

  // From the last byte the library read (one behind the token where the text or a number ends) back to the token's
  // start.
  std::size_t start_of_token(std::size_t last, bool whole_token) const {
    constexpr std::string_view word = "+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if (last >= text_.size()) {
      last = text_.size();
      if (whole_token) return last;
    } else if (text_[last] == '"' && whole_token) {
      return start_of_string(last);
    } else if (whole_token && word.find(text_[last]) == word.npos) {
      return last;
    }
    while (last > 0 && word.find(text_[last - 1]) != word.npos) --last;
    return last;
  }

  // The library's message is "… - REASON; last read: …" for a malformed token, and ends "; expected TOKEN" where
  // only one kind of token can follow.
  Error syntax_error(std::size_t last, const Json::exception& problem) const {
    const std::string_view said = problem.what();
    const auto from = said.find(" - "), to = said.find("; last read");
    const bool malformed = from != said.npos && to != said.npos;
    const std::string_view reason = malformed ? said.substr(from + 3, to - from - 3) : std::string_view{};
    const bool in_string = reason.starts_with("invalid string");
    const std::size_t start = in_string ? last : start_of_token(last, !malformed);
    const std::string place = json_place(text_, where_, start);
    const std::string_view rest = text_.substr(std::min(start, text_.size()));
    for (std::string_view name : {"NaN", "Infinity", "-Infinity"}) {
      if (rest.starts_with(name)) {
        return Error(place, "a JSON number", std::string(name) + ", which Python writes but JSON does not have",
                     "write a finite number or null");
      }
    }
    if (problem.id == 406) {
      return Error(place, "a number within double's range", etalon::quoted(rest, 24), "correct the JSON");
    }
    if (rest.empty()) return Error(place, "more JSON", "the end of the text", "it may be cut short; fetch it again");
    if (in_string) return Error(place, "a valid string", std::string(reason), "correct the JSON");
    const auto wanted = said.rfind("; expected ");
    const bool named = wanted != said.npos && (!malformed || wanted > to);
    std::string expected(named ? said.substr(wanted + 11, 24) : "a JSON value");
    if (expected.starts_with("'['")) expected = "a JSON value";  // the library lists every way a value can begin
    return Error(place, expected, etalon::quoted(rest.substr(0, rest.find('\n')), 24), "correct the JSON");
  }

  std::string_view text_;
  const std::string& where_;
  JsonLimits limits_;
  JsonHandler& handler_;
  std::size_t events_ = 0;  // taken so far
  int depth_ = 0;
};

}  // namespace detail

// Sends the events of one JSON text to the handler. where: the text's name in messages.
// Throws Error for a text that is too long, too deep, not JSON, not UTF-8, or refused by the handler.
inline void read_json_events(std::string_view text, const std::string& where, JsonLimits limits, JsonHandler& handler) {
  if (text.size() > limits.bytes) {
    throw Error(where, "at most " + std::to_string(limits.bytes) + " bytes of JSON", std::to_string(text.size()),
                "check that the file is what its name says");
  }
  detail::JsonSax events(text, where, limits, handler);
  Json::sax_parse(text.data(), text.data() + text.size(), static_cast<nlohmann::json_sax<Json>*>(&events));
}

}  // namespace etalon::io
