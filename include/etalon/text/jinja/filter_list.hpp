#pragma once
// Filters over lists and mappings: first, join, map, select, sort, groupby, …
//
// map, select, reject, unique, items, batch and slice give generators: made one by one, usable once, without length.
// Source: https://jinja.palletsprojects.com/en/3.1.x/templates/#builtin-filters.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "etalon/text/jinja/filter_text.hpp"
#include "etalon/text/jinja/tests.hpp"

namespace etalon::text::jinja {

const Filter* find_filter(std::string_view name);

namespace detail {

// "address.city" or 2: what sort, map, join, … take as attribute. Parts of digits are indices.
inline std::vector<Value> attribute_path(const Value* attribute) {
  if (attribute == nullptr || attribute->is_none()) return {};
  const Text* text = attribute->as_text();
  if (text == nullptr) return {*attribute};
  std::vector<Value> out;
  std::string_view rest = text->utf8;
  for (bool more = true; more;) {
    const std::size_t dot = rest.find('.');
    more = dot != rest.npos;
    const std::string_view part = rest.substr(0, dot);
    const bool is_index = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    out.push_back(is_index ? Value::integer(*parse_integer(part)) : Value::text(std::string(part)));
    if (more) rest.remove_prefix(dot + 1);
  }
  return out;
}

inline Value follow(Runtime& runtime, Value value, const std::vector<Value>& path, const Value* otherwise = nullptr) {
  for (const Value& part : path) {
    value = item(runtime, value, part);
    if (value.is_undefined() && otherwise != nullptr && !otherwise->is_none()) value = *otherwise;
  }
  return value;
}

enum class Case { kept, ignored };

inline Value folded(const Value& value, Case letters) {
  return letters == Case::ignored && value.as_text() != nullptr ? Value::text(lower(value.as_text()->utf8)) : value;
}

inline Case case_of(const Bound& bound, std::size_t i) { return bound.truthy(i) ? Case::kept : Case::ignored; }

struct Keyed {
  Value key, value;
};

// Stable; descending order keeps equal items in their order too.
inline std::vector<Value> sorted(Runtime& runtime, std::vector<Keyed> items, bool is_descending) {
  std::stable_sort(items.begin(), items.end(), [&](const Keyed& a, const Keyed& b) {
    return compare(runtime.budget, is_descending ? b.key : a.key, is_descending ? a.key : b.key, "<") == -1;
  });
  std::vector<Value> out;
  for (Keyed& one : items) out.push_back(std::move(one.value));
  return out;
}

inline Value sort_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  std::vector<std::vector<Value>> paths{attribute_path(bound[2])};
  if (bound[2] != nullptr && bound[2]->as_text() != nullptr) {
    paths.clear();
    for (std::string_view part :
         split_at(runtime.budget, bound.text(2).utf8, ",", bound.text(2).utf8.size() + 1, Sides::left)) {
      const Value name = Value::text(std::string(part));
      paths.push_back(attribute_path(&name));
    }
  }
  std::vector<Keyed> items;
  for (Value& one : collect(runtime, value)) {
    std::vector<Value> key;
    for (const auto& path : paths) key.push_back(folded(follow(runtime, one, path), case_of(bound, 1)));
    items.push_back({Value::list(std::move(key)), std::move(one)});
  }
  return runtime.list(sorted(runtime, std::move(items), bound.truthy(0)));
}

inline Value dict_sort_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  const std::string by = bound[1] != nullptr ? bound.text(1).utf8 : "key";
  if (by != "key" && by != "value") fail("\"key\" or \"value\"", etalon::quoted(by));
  if (value.is_undefined()) fail_undefined(value);
  if (value.as_mapping() == nullptr) fail("a mapping to sort", "a value of type " + type_name(value));
  std::vector<Keyed> items;
  const Value pairs = items_of(runtime, *value.as_mapping());
  for (const Value& pair : pairs.as_sequence()->items) {
    items.push_back({folded(pair.as_sequence()->items[by == "key" ? 0 : 1], case_of(bound, 0)), pair});
  }
  return runtime.list(sorted(runtime, std::move(items), bound.truthy(2)));
}

inline Value group_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
  const std::vector<Value> path = attribute_path(bound[0]);
  const auto key_of = [&](const Value& one) { return folded(follow(runtime, one, path, bound[1]), case_of(bound, 2)); };
  std::vector<Keyed> items;
  for (Value& one : collect(runtime, value)) items.push_back({key_of(one), one});
  std::vector<std::vector<Value>> groups;
  for (Value& one : sorted(runtime, std::move(items), false)) {
    if (groups.empty() || !equal(runtime.budget, key_of(groups.back().back()), key_of(one))) groups.emplace_back();
    groups.back().push_back(std::move(one));
  }
  std::vector<Value> out;
  for (std::vector<Value>& group : groups) {
    const Value name = follow(runtime, group[0], path, bound[1]);
    Sequence pair{SequenceKind::tuple, {name, runtime.list(std::move(group))}, 1, {}, true};
    pair.depth = checked_depth(std::max(pair.items[0].depth(), pair.items[1].depth()));
    out.emplace_back(std::shared_ptr<const Sequence>(std::make_shared<Sequence>(std::move(pair))));
  }
  return runtime.list(std::move(out));
}

template <int Wanted>
Value extreme_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("min or max", arguments, {"case_sensitive", "attribute"});
  const std::vector<Value> path = attribute_path(bound[1]);
  const Next next = iterate(runtime, value);
  std::optional<Value> best = next();
  if (!best) return Value::undefined("No aggregated item, sequence was empty.");
  Value key = folded(follow(runtime, *best, path), case_of(bound, 0));
  while (std::optional<Value> one = next()) {
    Value other = folded(follow(runtime, *one, path), case_of(bound, 0));
    if (compare(runtime.budget, other, key, "<") != Wanted) continue;
    best = std::move(one);
    key = std::move(other);
  }
  return *best;
}

inline Value sum_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("sum", arguments, {"attribute", "start"});
  const std::vector<Value> path = attribute_path(bound[0]);
  Value total = bound[1] != nullptr ? *bound[1] : Value::integer(0);
  if (total.as_text() != nullptr) fail("a number or list to start from", "a text");
  const Next next = iterate(runtime, value);
  while (const std::optional<Value> one = next()) total = operate(runtime, "+", total, follow(runtime, *one, path));
  return total;
}

inline Value join_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("join", arguments, {"d", "attribute"});
  const std::string separator = bound[0] != nullptr ? str(runtime.budget, *bound[0]) : "";
  const std::vector<Value> path = attribute_path(bound[1]);
  const Next next = iterate(runtime, value);
  std::string out;
  for (bool is_first = true; const std::optional<Value> one = next(); is_first = false) {
    runtime.budget.step();
    runtime.budget.make(separator.size());
    if (!is_first) out += separator;
    append_str(runtime.budget, out, follow(runtime, *one, path));
  }
  return runtime.text(std::move(out));
}

inline Value length_filter(Runtime&, const Value& value, const Arguments& arguments) {
  const Bound none("length", arguments, {});
  const std::optional<std::size_t> length = length_of(value);
  if (!length) fail("a value with a length", "a value of type " + type_name(value));
  return Value::integer(static_cast<Integer>(*length));
}

inline Value first_filter(Runtime& runtime, const Value& value, const Arguments&) {
  const std::optional<Value> first = iterate(runtime, value)();
  return first ? *first : Value::undefined("No first item, sequence was empty.");
}

// The items in reverse, for what has a length.
inline std::vector<Value> reversed_items(Runtime& runtime, const Value& value) {
  std::vector<Value> items = collect(runtime, value);
  std::reverse(items.begin(), items.end());
  return items;
}

inline Value last_filter(Runtime& runtime, const Value& value, const Arguments&) {
  if (!length_of(value))
    fail("a value that can be reversed", "a value of type " + type_name(value), "make it a list first");
  const std::vector<Value> items = reversed_items(runtime, value);
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items[0];
}

inline Value list_filter(Runtime& runtime, const Value& value, const Arguments&) {
  return runtime.list(collect(runtime, value));
}

// A generator over items that are all made when the first is asked for.
inline Value generator_of(std::string name, const Value& source, std::function<std::vector<Value>()> make) {
  struct State {
    std::optional<std::vector<Value>> items;
    std::size_t i = 0;
  };
  return generator(std::move(name), source,
                   [make = std::move(make), state = std::make_shared<State>()]() -> std::optional<Value> {
                     if (!state->items) state->items = make();
                     return state->i < state->items->size() ? std::optional((*state->items)[state->i++]) : std::nullopt;
                   });
}

inline Value reverse_filter(Runtime& runtime, const Value& value, const Arguments&) {
  if (value.as_text() != nullptr) return sliced(runtime, value, {std::nullopt, std::nullopt, -1});
  std::vector<Value> items = reversed_items(runtime, value);
  if (!length_of(value)) return runtime.list(std::move(items));
  return generator_of("list_reverseiterator", value, [items = std::move(items)] { return items; });
}

inline Value items_filter(Runtime& runtime, const Value& value, const Arguments&) {
  return generator_of("do_items", value, [value, &runtime]() -> std::vector<Value> {
    if (value.is_undefined()) return {};
    if (value.as_mapping() == nullptr) fail("a mapping", "a value of type " + type_name(value));
    return items_of(runtime, *value.as_mapping()).as_sequence()->items;
  });
}

inline Value default_filter(Runtime&, const Value& value, const Arguments& arguments) {
  const Bound bound("default", arguments, {"default_value", "boolean"});
  if (!value.is_undefined() && !(bound.truthy(1) && !truth(value))) return value;
  return bound[0] != nullptr ? *bound[0] : Value::text("");
}

inline Value attr_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("attr", arguments, {"name"}, 1);
  if (value.is_undefined()) fail_undefined(value);
  const std::optional<Value> own = own_attribute(runtime, value, bound.text(0).utf8);
  return own ? *own : missing_attribute(value, bound.text(0).utf8);
}

inline Value unique_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("unique", arguments, {"case_sensitive", "attribute"});
  return generator_of("do_unique", value,
                      [&runtime, value, path = attribute_path(bound[1]), letters = case_of(bound, 0)] {
                        Mapping seen;
                        std::vector<Value> out;
                        for (Value& one : collect(runtime, value)) {
                          const std::size_t before = seen.entries.size();
                          put(runtime.budget, seen, folded(follow(runtime, one, path), letters), Value());
                          if (seen.entries.size() != before) out.push_back(std::move(one));
                        }
                        return out;
                      });
}

}  // namespace detail

inline constexpr NamedFilter list_filters[] = {
    {"length", detail::length_filter}, {"count", detail::length_filter},
    {"first", detail::first_filter}, {"last", detail::last_filter},
    {"list", detail::list_filter}, {"join", detail::join_filter},
    {"sort", detail::sort_filter}, {"dictsort", detail::dict_sort_filter},
    {"groupby", detail::group_filter}, {"unique", detail::unique_filter},
    {"min", detail::extreme_filter<-1>}, {"max", detail::extreme_filter<1>},
    {"sum", detail::sum_filter}, {"reverse", detail::reverse_filter},
    {"items", detail::items_filter}, {"attr", detail::attr_filter},
    {"default", detail::default_filter}, {"d", detail::default_filter},
};

}  // namespace etalon::text::jinja
