#pragma once
// JSON as values of a template, and the filter tojson, which is Python's json.dumps as transformers calls it:
// ensure_ascii=False, separators ", " and ": " (with an indent: "," at the end of a line), keys in their order.
//
// Source: transformers/utils/chat_template_utils.py; Python's documentation of json.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/io/ordered_json.hpp"
#include "etalon/text/jinja/arguments.hpp"

namespace etalon::text::jinja {

inline Value from_json(Runtime& runtime, const io::OrderedJson& json) {
  runtime.budget.step();
  if (json.is_null()) return Value();
  if (json.is_boolean()) return Value(json.get<bool>());
  if (json.is_number_unsigned()) return Value::integer(static_cast<Integer>(json.get<std::uint64_t>()));
  if (json.is_number_integer()) return Value::integer(static_cast<Integer>(json.get<std::int64_t>()));
  if (json.is_number()) return Value(json.get<double>());
  if (json.is_string()) return runtime.text(json.get_ref<const std::string&>());
  if (json.is_array()) {
    std::vector<Value> items;
    for (const io::OrderedJson& item : json) items.push_back(from_json(runtime, item));
    return runtime.list(std::move(items));
  }
  Mapping mapping;
  for (const auto& [key, value] : json.items())
    put(runtime.budget, mapping, runtime.text(key), from_json(runtime, value));
  return mapping_value(std::move(mapping));
}

struct JsonStyle {
  bool ascii_only = false, sorted_keys = false;
  std::optional<std::string> indent;  // of one level
  std::string item_separator = ", ", key_separator = ": ";
};

class JsonWriter {
 public:
  JsonWriter(Budget& budget, const JsonStyle& style) : budget_(budget), style_(style) {}

  std::string written(const Value& value) {
    put(value);
    return std::move(out_);
  }

 private:
  void put(const Value& value) {
    budget_.step();
    const Budget::Level level(budget_);
    if (value.is_none()) return write("null");
    if (const bool* truth = value.as<bool>()) return write(*truth ? "true" : "false");
    if (const Integer* number = value.as<Integer>()) return write(to_text(*number));
    if (const double* real = value.as<double>()) return write(real_text(*real));
    if (const Text* text = value.as_text()) return quote(text->utf8);
    if (value.is_list_or_tuple()) return list(value.as_sequence()->items);
    if (value.as_mapping() != nullptr) return mapping(*value.as_mapping());
    fail("a value that JSON has", "a value of type " + type_name(value));
  }

  static std::string real_text(double real) {
    if (std::isnan(real)) return "NaN";
    if (std::isinf(real)) return real < 0 ? "-Infinity" : "Infinity";
    return to_text(real);
  }

  void quote(std::string_view text) {
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t start = at;
      const char32_t c = next_character(text, at);
      constexpr std::string_view codes = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
      const std::size_t known = c < 0x80 ? codes.find(static_cast<char>(c)) : codes.npos;
      if (known != codes.npos) (out += '\\') += letters[known];
      else if (c < 0x20) out += "\\u" + hexadecimal(c, 4);
      else if (c < 0x80 ? c != 0x7F || !style_.ascii_only : !style_.ascii_only) out += text.substr(start, at - start);
      else if (c < 0x10000) out += "\\u" + hexadecimal(c, 4);
      else out += "\\u" + hexadecimal(0xD800 + ((c - 0x10000) >> 10), 4) + "\\u" + hexadecimal(0xDC00 + (c & 0x3FF), 4);
    }
    write(out + '"');
  }

  // Runs put_one(i) for each of `count` members, with separators and line breaks.
  template <class PutOne>
  void members(char open, char close, std::size_t count, PutOne put_one) {
    out_ += open;
    if (count == 0) return write(std::string(1, close));
    ++depth_;
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) write(style_.item_separator);
      new_line();
      put_one(i);
    }
    --depth_;
    new_line();
    write(std::string(1, close));
  }
  void new_line() {
    if (!style_.indent) return;
    write("\n");
    for (int i = 0; i < depth_; ++i) write(*style_.indent);
  }

  void list(const std::vector<Value>& items) {
    members('[', ']', items.size(), [&](std::size_t i) { put(items[i]); });
  }

  void mapping(const Mapping& mapping) {
    std::vector<const std::pair<Value, Value>*> entries;
    for (const auto& entry : mapping.entries) entries.push_back(&entry);
    if (style_.sorted_keys) {
      std::stable_sort(entries.begin(), entries.end(), [&](const auto* a, const auto* b) {
        return compare(budget_, a->first, b->first, "<") == -1;
      });
    }
    members('{', '}', entries.size(), [&](std::size_t i) {
      quote(key_text(entries[i]->first));
      write(style_.key_separator);
      put(entries[i]->second);
    });
  }
  static std::string key_text(const Value& key) {
    if (key.as_text() != nullptr) return key.as_text()->utf8;
    if (key.is_none()) return "null";
    if (const bool* truth = key.as<bool>()) return *truth ? "true" : "false";
    if (const Integer* number = key.as<Integer>()) return to_text(*number);
    if (const double* real = key.as<double>()) return real_text(*real);
    fail("a key that JSON can write", "a value of type " + type_name(key));
  }

  void write(std::string_view text) {
    budget_.make(text.size());
    out_ += text;
  }

  Budget& budget_;
  const JsonStyle& style_;
  std::string out_;
  int depth_ = 0;
};

// The filter: tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False).
inline Value to_json(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ascii_only = bound.truthy(0);
  style.sorted_keys = bound.truthy(3);
  if (bound.is_given(1)) {
    const Text* text = bound[1]->as_text();
    const std::size_t width = text == nullptr ? size_of(runtime, bound.integer(1)) : 0;
    runtime.budget.make(width);
    style.indent = text != nullptr ? text->utf8 : std::string(width, ' ');
    style.item_separator = ",";
  }
  if (bound.is_given(2)) {
    const std::vector<Value> pair = collect(runtime, *bound[2]);
    if (pair.size() != 2 || pair[0].as_text() == nullptr || pair[1].as_text() == nullptr)
      fail("two texts as separators", "other values");
    style.item_separator = pair[0].as_text()->utf8;
    style.key_separator = pair[1].as_text()->utf8;
  }
  return runtime.text(JsonWriter(runtime.budget, style).written(value));
}

}  // namespace etalon::text::jinja
