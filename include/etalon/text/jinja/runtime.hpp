#pragma once
// What every part of the interpreter gets while a template is rendered: the budget, the clock, and ways to make values
// that are charged to the budget; iteration over whatever can be iterated.
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "etalon/text/jinja/find.hpp"
#include "etalon/text/jinja/repr.hpp"

namespace etalon::text::jinja {

struct Runtime {
  Budget budget;
  std::tm now = {};  // what strftime_now shows
  std::vector<std::shared_ptr<Namespace>> namespaces;  // emptied at the end: they may hold each other

  ~Runtime() {
    for (const auto& space : namespaces) space->attributes.clear();
  }

  Value text(std::string utf8) {
    budget.make(utf8.size() + sizeof(Text));
    return Value::text(std::move(utf8));
  }
  Value text_like(const Text& like, std::string utf8) {
    budget.make(utf8.size() + sizeof(Text));
    return text_value(std::move(utf8), like);
  }
  Value list(std::vector<Value> items, SequenceKind kind = SequenceKind::list) {
    budget.make(items.size() * sizeof(Value) + sizeof(Sequence));
    return Value::sequence(kind, std::move(items));
  }
};

using Next = std::function<std::optional<Value>()>;

// source: what the generator draws from; its depth bounds how far generators stand on each other.
inline Value generator(std::string name, const Value& source, Next next) {
  return Value(std::make_shared<Generator>(Generator{std::move(name), std::move(next), checked_depth(source.depth())}));
}

inline bool can_iterate(const Value& value) {
  return value.as_text() != nullptr || value.as_sequence() != nullptr || value.as_mapping() != nullptr ||
         value.is_undefined() || value.as<std::shared_ptr<Generator>>() != nullptr;
}

// What a for loop goes over: characters of a text, items, keys of a mapping. A Failure for what Python cannot iterate.
// The values stay alive as long as the returned function.
inline Next iterate(Runtime& runtime, const Value& value) {
  if (value.is_undefined()) return [] { return std::optional<Value>(); };
  if (const auto* source = value.as<std::shared_ptr<Generator>>()) {
    return [shared = *source] { return shared->next(); };
  }
  if (const Text* text = value.as_text()) {
    return [value, text, at = std::size_t{0}, &runtime]() mutable -> std::optional<Value> {
      if (at >= text->utf8.size()) return std::nullopt;
      const std::size_t start = at;
      next_character(text->utf8, at);
      return runtime.text_like(*text, text->utf8.substr(start, at - start));
    };
  }
  if (const Sequence* sequence = value.as_sequence()) {
    return [value, sequence, i = std::size_t{0}]() mutable -> std::optional<Value> {
      return i < sequence->items.size() ? std::optional(sequence->items[i++]) : std::nullopt;
    };
  }
  if (const Mapping* mapping = value.as_mapping()) {
    return [value, mapping, i = std::size_t{0}]() mutable -> std::optional<Value> {
      return i < mapping->entries.size() ? std::optional(mapping->entries[i++].first) : std::nullopt;
    };
  }
  fail("something to iterate over", "a value of type " + type_name(value));
}

inline std::vector<Value> collect(Runtime& runtime, const Value& value) {
  std::vector<Value> out;
  const Next next = iterate(runtime, value);
  while (std::optional<Value> item = next()) {
    runtime.budget.step();
    runtime.budget.make(sizeof(Value));
    out.push_back(std::move(*item));
  }
  return out;
}

// len(); empty for what Python gives no length.
inline std::optional<std::size_t> length_of(const Value& value) {
  if (value.is_undefined()) return 0;
  if (const Text* text = value.as_text()) return text->length;
  if (const Sequence* sequence = value.as_sequence()) return sequence->items.size();
  if (const Mapping* mapping = value.as_mapping()) return mapping->entries.size();
  return std::nullopt;
}

// needle in haystack.
inline bool contains(Runtime& runtime, const Value& haystack, const Value& needle) {
  if (const Text* text = haystack.as_text()) {
    if (needle.as_text() == nullptr) fail("a text to look for in a text", "a value of type " + type_name(needle));
    const std::string& part = needle.as_text()->utf8;
    charge_search(runtime.budget, text->utf8);
    return find_in(text->utf8, part) != std::string::npos;
  }
  if (const Mapping* mapping = haystack.as_mapping()) return find(runtime.budget, *mapping, needle) != nullptr;
  const Next next = iterate(runtime, haystack);
  while (const std::optional<Value> item = next()) {
    if (equal(runtime.budget, *item, needle)) return true;
  }
  return false;
}

}  // namespace etalon::text::jinja
