#pragma once
// Python's ==, <, in, hash and truth of values; finding and putting keys of mappings.
//
// Numbers compare by value across bool, int and float; texts by code point (which is the order of UTF-8 bytes); lists
// and tuples item by item. What Python cannot order ('a' < 1) is a Failure.
#include <cmath>
#include <functional>

#include "etalon/text/jinja/budget.hpp"
#include "etalon/text/jinja/number.hpp"
#include "etalon/text/jinja/value.hpp"

namespace etalon::text::jinja {

// "str", "dict", … as Python names types in its messages.
inline std::string type_name(const Value& value) {
  if (value.as_text() != nullptr) return value.as_text()->safe ? "Markup" : "str";
  if (const Sequence* sequence = value.as_sequence()) {
    constexpr const char* names[] = {"list", "tuple", "range", "dict_keys", "dict_values", "dict_items"};
    return names[static_cast<int>(sequence->kind)];
  }
  constexpr const char* names[] = {"Undefined", "NoneType", "bool",     "int",   "float",       "str",      "list",
                                   "dict",      "Namespace", "function", "Macro", "LoopContext", "generator"};
  return names[value.data().index()];
}

[[noreturn]] inline void fail_undefined(const Value& value) {
  fail("a defined value", *value.as<Undefined>()->message);
}

// bool and int alike, as Python counts them.
inline std::optional<Integer> integer_of(const Value& value) {
  if (const bool* truth = value.as<bool>()) return *truth ? 1 : 0;
  if (const Integer* number = value.as<Integer>()) return *number;
  return std::nullopt;
}
inline bool is_number(const Value& value) { return integer_of(value).has_value() || value.as<double>() != nullptr; }
inline double real_of(const Value& value) {
  const double* real = value.as<double>();
  return real != nullptr ? *real : static_cast<double>(*integer_of(value));
}

inline bool truth(const Value& value) {
  if (value.is_undefined() || value.is_none()) return false;
  if (const auto number = integer_of(value)) return *number != 0;
  if (const double* real = value.as<double>()) return *real != 0;
  if (const Text* text = value.as_text()) return !text->utf8.empty();
  if (const Sequence* sequence = value.as_sequence()) return !sequence->items.empty();
  if (const Mapping* mapping = value.as_mapping()) return !mapping->entries.empty();
  return true;
}

// Both numbers. The sign of a - b; 2 where one is not a number (NaN).
inline int compare_numbers(const Value& a, const Value& b) {
  const auto sign = [](auto left, auto right) { return left < right ? -1 : right < left ? 1 : 0; };
  const auto left = integer_of(a), right = integer_of(b);
  if (left && right) return sign(*left, *right);
  const double x = real_of(a), y = real_of(b);
  if (std::isnan(x) || std::isnan(y)) return 2;
  if (!left && !right) return sign(x, y);
  const double real = left ? y : x;
  if (!truncated(real)) return sign(x, y);
  const Integer whole = *truncated(std::floor(real)), other = left ? *left : *right;
  const int side = other != whole ? sign(other, whole) : real > std::floor(real) ? -1 : 0;
  return left ? side : -side;
}

inline bool equal(Budget& budget, const Value& a, const Value& b);

namespace detail {

inline bool equal_items(Budget& budget, const std::vector<Value>& a, const std::vector<Value>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) if (!equal(budget, a[i], b[i])) return false;
  return true;
}

inline bool comparable(const Sequence& a, const Sequence& b) {
  return a.kind == b.kind && a.kind != SequenceKind::values;
}

inline std::size_t hash_text(std::string_view text) { return std::hash<std::string_view>{}(text); }

}  // namespace detail

// What Python can hash: None, numbers, texts, tuples of these; a list or mapping as a key is a Failure.
inline std::size_t hash_of(const Value& value) {
  if (const Text* text = value.as_text()) return detail::hash_text(text->utf8);
  if (is_number(value)) return std::hash<double>{}(real_of(value));
  if (const Sequence* sequence = value.as_sequence(); sequence != nullptr && sequence->kind == SequenceKind::tuple) {
    std::size_t out = 17;
    for (const Value& item : sequence->items) out = out * 1000003u + hash_of(item);
    return out;
  }
  if (value.as_sequence() != nullptr || value.as_mapping() != nullptr) {
    fail("a key that can be hashed (a text, a number, a tuple)", "a " + type_name(value));
  }
  return value.data().index();
}

inline const Value* find(Budget& budget, const Mapping& mapping, const Value& key) {
  const auto [first, last] = mapping.index.equal_range(hash_of(key));
  for (auto at = first; at != last; ++at) {
    const auto& entry = mapping.entries[at->second];
    if (equal(budget, entry.first, key)) return &entry.second;
  }
  return nullptr;
}

inline const Value* find(const Mapping& mapping, std::string_view key) {
  const auto [first, last] = mapping.index.equal_range(detail::hash_text(key));
  for (auto at = first; at != last; ++at) {
    const Text* text = mapping.entries[at->second].first.as_text();
    if (text != nullptr && text->utf8 == key) return &mapping.entries[at->second].second;
  }
  return nullptr;
}

inline void put(Budget& budget, Mapping& mapping, Value key, Value value) {
  mapping.depth = std::max(mapping.depth, checked_depth(std::max(key.depth(), value.depth())));
  const std::size_t hash = hash_of(key);
  if (const Value* old = find(budget, mapping, key)) {
    *const_cast<Value*>(old) = std::move(value);  // ours: mapping is not const
    return;
  }
  budget.make(sizeof(Value) * 2 + 48);
  mapping.index.emplace(hash, mapping.entries.size());
  mapping.entries.emplace_back(std::move(key), std::move(value));
}

inline Value mapping_value(Mapping mapping) {
  return Value(std::shared_ptr<const Mapping>(std::make_shared<Mapping>(std::move(mapping))));
}

inline bool same_object(const Value& a, const Value& b) {
  if (a.data().index() != b.data().index()) return false;
  return std::visit(
      [&](const auto& left) {
        using T = std::decay_t<decltype(left)>;
        if constexpr (std::is_same_v<T, None> || std::is_same_v<T, Undefined>) return std::is_same_v<T, None>;
        else return left == *b.as<T>();
      },
      a.data());
}

inline bool equal(Budget& budget, const Value& a, const Value& b) {
  budget.step();
  if (is_number(a) && is_number(b)) return compare_numbers(a, b) == 0;
  if (a.data().index() != b.data().index()) return false;
  if (a.is_undefined()) return true;
  if (const Text* text = a.as_text()) return text->utf8 == b.as_text()->utf8;
  if (const Sequence* left = a.as_sequence()) {
    const Sequence& right = *b.as_sequence();
    return left == &right ||
           (detail::comparable(*left, right) && detail::equal_items(budget, left->items, right.items));
  }
  if (const Mapping* left = a.as_mapping()) {
    const Mapping& right = *b.as_mapping();
    if (left->entries.size() != right.entries.size()) return false;
    for (const auto& [key, value] : left->entries) {
      const Value* other = find(budget, right, key);
      if (other == nullptr || !equal(budget, value, *other)) return false;
    }
    return true;
  }
  return same_object(a, b);
}

// The sign of a - b, 2 where neither <, == nor > holds. operation: for the message, "<".
inline int compare(Budget& budget, const Value& a, const Value& b, const std::string& operation) {
  budget.step();
  if (a.is_undefined()) fail_undefined(a);
  if (b.is_undefined()) fail_undefined(b);
  if (is_number(a) && is_number(b)) return compare_numbers(a, b);
  if (a.as_text() != nullptr && b.as_text() != nullptr) {
    const int order = a.as_text()->utf8.compare(b.as_text()->utf8);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  const Sequence *left = a.as_sequence(), *right = b.as_sequence();
  if (left != nullptr && right != nullptr && left->kind == right->kind && a.is_list_or_tuple()) {
    for (std::size_t i = 0; i < left->items.size() && i < right->items.size(); ++i) {
      if (!equal(budget, left->items[i], right->items[i]))
        return compare(budget, left->items[i], right->items[i], operation);
    }
    return left->items.size() < right->items.size() ? -1 : left->items.size() > right->items.size() ? 1 : 0;
  }
  fail("two numbers, two texts or two lists for " + operation, type_name(a) + " and " + type_name(b));
}

}  // namespace etalon::text::jinja
