#pragma once
// x.name, x['key'], x[2], x[1:]: attributes, items and slices.
//
// x.name tries the attribute first, then the item; x['name'] the other way round. What is not there is an undefined
// value whose message says so. Attributes that begin with _ or that change a list or mapping are refused (sandbox).
// Source: SandboxedEnvironment.getattr and getitem of Jinja 3.1.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/text/jinja/container_methods.hpp"
#include "etalon/text/jinja/loop.hpp"
#include "etalon/text/jinja/operators.hpp"

namespace etalon::text::jinja {

Value format_braces(Runtime& runtime, const Text& pattern, const Arguments& arguments);
std::optional<Value> macro_attribute(const Macro& macro, std::string_view name);

namespace detail {

inline std::optional<Value> text_attribute(const Value& self, std::string_view name) {
  TextMethod found = name == "format" ? format_braces : nullptr;
  for (const NamedTextMethod& known : search_methods) if (known.name == name) found = known.method;
  for (const NamedTextMethod& known : shape_methods) if (known.name == name) found = known.method;
  if (name == "format_map") {
    found = [](Runtime& runtime, const Text& text, const Arguments& arguments) {
      const Bound bound("format_map", arguments, {""}, 1);
      if (bound[0]->as_mapping() == nullptr)
        fail("a mapping for format_map", "a value of type " + type_name(*bound[0]));
      Arguments named;
      for (const auto& [key, value] : bound[0]->as_mapping()->entries) {
        if (key.as_text() != nullptr) named.named.emplace_back(key.as_text()->utf8, value);
      }
      return format_braces(runtime, text, named);
    };
  }
  if (found == nullptr) return std::nullopt;
  return function_value(std::string(name), 0, [self, found](Runtime& runtime, const Arguments& arguments) {
    return found(runtime, *self.as_text(), arguments);
  });
}

// Python's own attributes; empty where the type has none of that name.
inline std::optional<Value> own_attribute(Runtime& runtime, const Value& object, std::string_view name) {
  if (object.as_text() != nullptr) return text_attribute(object, name);
  if (object.as_mapping() != nullptr) return mapping_attribute(object, name);
  if (object.as_sequence() != nullptr) return sequence_attribute(object, name);
  if (is_number(object)) return number_attribute(object, name);
  if (const auto* loop = object.as<std::shared_ptr<LoopState>>()) return loop_attribute(runtime, *loop, name);
  if (const auto* macro = object.as<std::shared_ptr<const Macro>>()) return macro_attribute(**macro, name);
  if (const auto* space = object.as<std::shared_ptr<Namespace>>()) {
    const Value* value = (*space)->find(name);
    if (value != nullptr && !name.starts_with('_')) return *value;
  }
  return std::nullopt;
}

// object[key] in Python; empty where that raises TypeError, IndexError or KeyError.
inline std::optional<Value> own_item(Runtime& runtime, const Value& object, const Value& key) {
  if (const Mapping* mapping = object.as_mapping()) {
    const bool is_hashable =
        key.as_mapping() == nullptr && (key.as_sequence() == nullptr || key.as_sequence()->kind == SequenceKind::tuple);
    const Value* value = is_hashable ? find(runtime.budget, *mapping, key) : nullptr;
    return value != nullptr ? std::optional(*value) : std::nullopt;
  }
  const std::optional<Integer> index = integer_of(key);
  const Sequence* sequence = object.as_sequence();
  const Text* text = object.as_text();
  if (!index || (sequence == nullptr && text == nullptr)) return std::nullopt;
  if (sequence != nullptr && !object.is_list_or_tuple() && sequence->kind != SequenceKind::range) return std::nullopt;
  const Integer length = static_cast<Integer>(sequence != nullptr ? sequence->items.size() : text->length);
  const Integer at = *index < 0 ? *index + length : *index;
  if (at < 0 || at >= length) return std::nullopt;
  if (sequence != nullptr) return sequence->items[static_cast<std::size_t>(at)];
  runtime.budget.step(text->utf8.size() / 256);
  const std::size_t start = byte_of_character(text->utf8, static_cast<std::size_t>(at));
  std::size_t stop = start;
  next_character(text->utf8, stop);
  return runtime.text_like(*text, text->utf8.substr(start, stop - start));
}

inline std::string owner_name(const Value& object) { return object.is_none() ? "None" : type_name(object) + " object"; }

inline Value missing_attribute(const Value& object, std::string_view name) {
  return Value::undefined("'" + owner_name(object) + "' has no attribute '" + std::string(name) + "'");
}

}  // namespace detail

// object.name
inline Value attribute(Runtime& runtime, const Value& object, std::string_view name) {
  if (object.is_undefined()) fail_undefined(object);
  if (std::optional<Value> own = detail::own_attribute(runtime, object, name)) return std::move(*own);
  if (const Mapping* mapping = object.as_mapping()) {
    if (const Value* value = find(*mapping, name)) return *value;
  }
  return detail::missing_attribute(object, name);
}

// object[key]
inline Value item(Runtime& runtime, const Value& object, const Value& key) {
  if (object.is_undefined()) fail_undefined(object);
  if (std::optional<Value> own = detail::own_item(runtime, object, key)) return std::move(*own);
  const Text* name = key.as_text();
  if (name == nullptr)
    return Value::undefined(detail::owner_name(object) + " has no element " + repr(runtime.budget, key));
  if (std::optional<Value> own = detail::own_attribute(runtime, object, name->utf8)) return std::move(*own);
  return detail::missing_attribute(object, name->utf8);
}

struct SliceBounds {
  std::optional<Integer> start, stop;
  Integer step = 1;
};

// The indices a slice takes, in its order. Source: PySlice_AdjustIndices.
inline std::vector<std::size_t> sliced_indices(SliceBounds slice, std::size_t size) {
  const Integer length = static_cast<Integer>(size);
  if (slice.step == 0) fail("a step other than 0", "0");
  const Integer low = slice.step < 0 ? -1 : 0, high = slice.step < 0 ? length - 1 : length;
  const auto clip = [&](Integer i) { return i < 0 ? std::max(i + length, low) : std::min(i, high); };
  const Integer start = slice.start ? clip(*slice.start) : slice.step < 0 ? high : low;
  const Integer stop = slice.stop ? clip(*slice.stop) : slice.step < 0 ? low : high;
  const Integer step = std::clamp(slice.step, -length - 1, length + 1);
  std::vector<std::size_t> out;
  for (Integer i = start; step > 0 ? i < stop : i > stop; i += step) out.push_back(static_cast<std::size_t>(i));
  return out;
}

// object[start:stop:step]
inline Value sliced(Runtime& runtime, const Value& object, const SliceBounds& slice) {
  if (object.is_undefined()) fail_undefined(object);
  if (const Text* text = object.as_text()) {
    runtime.budget.step(text->utf8.size() / 64);
    if (slice.step == 1) {
      const Window window = window_of(slice.start.value_or(0), slice.stop.value_or(detail::far), text->length);
      const std::size_t start = byte_of_character(text->utf8, window.start);
      const std::string_view rest = std::string_view(text->utf8).substr(start);
      return runtime.text_like(*text, std::string(rest.substr(0, byte_of_character(rest, window.stop - window.start))));
    }
    runtime.budget.make(text->length * sizeof(std::size_t) * 2);
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i <= text->utf8.size(); ++i) {
      if (i == text->utf8.size() || begins_character(text->utf8[i])) starts.push_back(i);
    }
    std::string out;
    for (std::size_t i : sliced_indices(slice, text->length))
      out += text->utf8.substr(starts[i], starts[i + 1] - starts[i]);
    return runtime.text_like(*text, std::move(out));
  }
  const Sequence* sequence = object.as_sequence();
  if (sequence == nullptr || !(object.is_list_or_tuple() || sequence->kind == SequenceKind::range)) {
    fail("a text or a list to slice", "a value of type " + type_name(object));
  }
  std::vector<Value> items;
  runtime.budget.make(sequence->items.size() * sizeof(std::size_t));
  for (std::size_t i : sliced_indices(slice, sequence->items.size())) items.push_back(sequence->items[i]);
  return runtime.list(std::move(items),
                      sequence->kind == SequenceKind::tuple ? SequenceKind::tuple : SequenceKind::list);
}

}  // namespace etalon::text::jinja
