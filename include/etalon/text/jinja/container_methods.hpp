#pragma once
// Methods of dict, list and tuple that only look: keys, values, items, get, copy, count, index.
//
// What would change a value (append, update, pop, …) is refused by the sandbox.
#include <string>
#include <string_view>

#include "etalon/text/jinja/string_shape.hpp"

namespace etalon::text::jinja {

inline Value function_value(std::string name, int depth, std::function<Value(Runtime&, const Arguments&)> call) {
  return Value(std::shared_ptr<const Function>(
      std::make_shared<Function>(Function{std::move(name), std::move(call), checked_depth(depth)})));
}

// (key, value) tuples of a mapping, as the view items() gives them.
inline Value items_of(Runtime& runtime, const Mapping& mapping) {
  std::vector<Value> pairs;
  for (const auto& [key, value] : mapping.entries) {
    runtime.budget.step();
    pairs.push_back(runtime.list({key, value}, SequenceKind::tuple));
  }
  return runtime.list(std::move(pairs), SequenceKind::items);
}
inline Value keys_of(Runtime& runtime, const Mapping& mapping) {
  std::vector<Value> keys;
  for (const auto& [key, value] : mapping.entries) keys.push_back(key);
  return runtime.list(std::move(keys), SequenceKind::keys);
}
inline Value values_of(Runtime& runtime, const Mapping& mapping) {
  std::vector<Value> values;
  for (const auto& [key, value] : mapping.entries) values.push_back(value);
  return runtime.list(std::move(values), SequenceKind::values);
}

namespace detail {

inline Value get(Runtime& runtime, const Mapping& mapping, const Arguments& arguments) {
  const Bound bound("get", arguments, {"", ""}, 1);
  const Value* value = find(runtime.budget, mapping, *bound[0]);
  if (value != nullptr) return *value;
  return bound[1] != nullptr ? *bound[1] : Value();
}

inline Value count_items(Runtime& runtime, const Sequence& sequence, const Arguments& arguments) {
  const Bound bound("count", arguments, {""}, 1);
  Integer count = 0;
  for (const Value& item : sequence.items) count += equal(runtime.budget, item, *bound[0]) ? 1 : 0;
  return Value::integer(count);
}

inline Value index_of(Runtime& runtime, const Sequence& sequence, const Arguments& arguments) {
  const Bound bound("index", arguments, {"", "", ""}, 1);
  const Window window = window_of(bound.integer(1, 0), bound.integer(2, far), sequence.items.size());
  for (std::size_t i = window.start; i < window.stop; ++i) {
    if (equal(runtime.budget, sequence.items[i], *bound[0])) return Value::integer(static_cast<Integer>(i));
  }
  fail("an item that is in the list", "it is not");
}

inline bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace detail

// Empty where dict has no such attribute.
inline std::optional<Value> mapping_attribute(const Value& self, std::string_view name) {
  const auto method = [&](auto body) {
    return function_value(std::string(name), self.depth(), [self, body](Runtime& runtime, const Arguments& arguments) {
      return body(runtime, *self.as_mapping(), arguments);
    });
  };
  if (name == "get") return method(detail::get);
  if (name == "keys")
    return method([](Runtime& r, const Mapping& m, const Arguments& a) { return Bound("keys", a, {}), keys_of(r, m); });
  if (name == "values")
    return method(
        [](Runtime& r, const Mapping& m, const Arguments& a) { return Bound("values", a, {}), values_of(r, m); });
  if (name == "items")
    return method(
        [](Runtime& r, const Mapping& m, const Arguments& a) { return Bound("items", a, {}), items_of(r, m); });
  if (name == "copy") return method([](Runtime& r, const Mapping& m, const Arguments& a) {
    const Bound none("copy", a, {});
    r.budget.make(m.entries.size() * sizeof(Value) * 2);
    return mapping_value(m);
  });
  if (name == "fromkeys") return method([](Runtime&, const Mapping&, const Arguments&) -> Value {
    fail("a method of dict that the interpreter has", "fromkeys", "the template uses more of Python");
  });
  if (detail::is_one_of(name, {"clear", "pop", "popitem", "setdefault", "update"})) {
    return Value::undefined("access to attribute '" + std::string(name) + "' of 'dict' object is unsafe.");
  }
  return std::nullopt;
}

// Empty where list, tuple, range or a view has no such attribute.
inline std::optional<Value> sequence_attribute(const Value& self, std::string_view name) {
  const Sequence& sequence = *self.as_sequence();
  const auto method = [&](auto body) {
    return function_value(std::string(name), self.depth(), [self, body](Runtime& runtime, const Arguments& arguments) {
      return body(runtime, *self.as_sequence(), arguments);
    });
  };
  const bool is_list = sequence.kind == SequenceKind::list;
  if (sequence.is_group && name == "grouper") return sequence.items[0];
  if (sequence.is_group && name == "list") return sequence.items[1];
  if (!is_list && sequence.kind != SequenceKind::tuple && sequence.kind != SequenceKind::range) return std::nullopt;
  if (name == "count") return method(detail::count_items);
  if (name == "index") return method(detail::index_of);
  if (is_list && name == "copy") return method([](Runtime& r, const Sequence& s, const Arguments& a) {
    const Bound none("copy", a, {});
    return r.list(s.items);
  });
  if (is_list && detail::is_one_of(name, {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"})) {
    return Value::undefined("access to attribute '" + std::string(name) + "' of 'list' object is unsafe.");
  }
  return std::nullopt;
}

inline std::optional<Value> number_attribute(const Value& self, std::string_view name) {
  const bool is_whole = integer_of(self).has_value();
  if (name == "real") return is_whole ? Value::integer(*integer_of(self)) : self;
  if (name == "imag") return is_whole ? Value::integer(0) : Value(0.0);
  if (is_whole && name == "numerator") return Value::integer(*integer_of(self));
  if (is_whole && name == "denominator") return Value::integer(1);
  if (!is_whole && name == "is_integer") return function_value("is_integer", 0, [self](Runtime&, const Arguments&) {
    return Value(std::floor(real_of(self)) == real_of(self) && std::isfinite(real_of(self)));
  });
  const bool exists = detail::is_one_of(name, {"conjugate", "as_integer_ratio"}) ||
                      (is_whole ? detail::is_one_of(name, {"bit_length", "bit_count", "to_bytes", "from_bytes"})
                                : detail::is_one_of(name, {"hex", "fromhex"}));
  if (!exists) return std::nullopt;
  return function_value(std::string(name), 0, [name = std::string(name)](Runtime&, const Arguments&) -> Value {
    fail("a method of numbers that the interpreter has", name, "the template uses more of Python");
  });
}

}  // namespace etalon::text::jinja
