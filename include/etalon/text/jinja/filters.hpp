#pragma once
// All filters by name, with those that apply another filter or a test to each item: map, select, reject, …
//
// Known but refused when reached: random (renderings must repeat), pprint, urlize, wordwrap, striptags, xmlattr,
// filesizeformat.
#include <string>
#include <string_view>
#include <vector>

#include "etalon/text/jinja/filter_list.hpp"
#include "etalon/text/jinja/json_values.hpp"

namespace etalon::text::jinja {

namespace detail {

inline Value apply_filter(Runtime& runtime, const std::string& name, const Value& value, const Arguments& arguments) {
  const Filter* filter = find_filter(name);
  if (filter == nullptr)
    fail("a filter that Jinja has", etalon::quoted(name), "the template uses a filter of another program");
  return (*filter)(runtime, value, arguments);
}
inline bool apply_test(Runtime& runtime, const std::string& name, const Value& value, const Arguments& arguments) {
  const Test* test = find_test(name);
  if (test == nullptr)
    fail("a test that Jinja has", etalon::quoted(name), "the template uses a test of another program");
  return (*test)(runtime, value, arguments);
}

inline Arguments without_first(Arguments arguments, std::size_t count) {
  arguments.positional.erase(arguments.positional.begin(), arguments.positional.begin() + static_cast<long>(count));
  return arguments;
}

// Items of value, drawn one at a time; none for what is false.
inline Next draw_if_true(Runtime& runtime, const Value& value) {
  return [&runtime, value, next = Next()]() mutable -> std::optional<Value> {
    if (!next) next = truth(value) ? iterate(runtime, value) : [] { return std::optional<Value>(); };
    runtime.budget.step();
    return next();
  };
}

inline Value map_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  return generator(
      "map", value, [&runtime, arguments, draw = draw_if_true(runtime, value)]() mutable -> std::optional<Value> {
        std::optional<Value> one = draw();
        if (!one) return one;
        if (!arguments.positional.empty()) {
          if (arguments.positional[0].as_text() == nullptr) fail("the name of a filter", "another value");
          return apply_filter(runtime, arguments.positional[0].as_text()->utf8, *one, without_first(arguments, 1));
        }
        const Bound bound("map", arguments, {"attribute", "default"}, 1);
        return follow(runtime, *one, attribute_path(bound[0]), bound[1]);
      });
}

struct Choice {
  bool by_attribute, wanted;
};

inline Value chosen(Runtime& runtime, const Value& value, const Arguments& arguments, Choice choice) {
  const auto passes = [&runtime, arguments, choice](const Value& one) {
    const std::size_t first = choice.by_attribute ? 1 : 0;
    if (arguments.positional.size() < first) fail("the name of an attribute", "none");
    const Value subject = choice.by_attribute ? follow(runtime, one, attribute_path(&arguments.positional[0])) : one;
    if (arguments.positional.size() == first) return truth(subject);
    if (arguments.positional[first].as_text() == nullptr) fail("the name of a test", "another value");
    return apply_test(runtime, arguments.positional[first].as_text()->utf8, subject,
                      without_first(arguments, first + 1));
  };
  return generator("select_or_reject", value, [passes, choice, draw = draw_if_true(runtime, value)]() mutable {
    std::optional<Value> one = draw();
    while (one && passes(*one) != choice.wanted) one = draw();
    return one;
  });
}

inline Value batch_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("batch", arguments, {"linecount", "fill_with"}, 1);
  const Integer size = bound.integer(0);
  const Value fill = bound[1] != nullptr ? *bound[1] : Value();
  return generator_of("do_batch", value, [&runtime, value, size, fill] {
    std::vector<Value> out, row;
    for (Value& one : collect(runtime, value)) {
      if (static_cast<Integer>(row.size()) == size) out.push_back(runtime.list(std::exchange(row, {})));
      row.push_back(std::move(one));
    }
    if (row.empty()) return out;
    const std::size_t wanted = fill.is_none() ? 0 : size_of(runtime, size);
    runtime.budget.make_times(sizeof(Value), wanted);
    if (row.size() < wanted) row.resize(wanted, fill);
    out.push_back(runtime.list(std::move(row)));
    return out;
  });
}

// As many lists as asked for, as equal in length as possible, the longer ones first.
inline Value slice_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound("slice", arguments, {"slices", "fill_with"}, 1);
  const Integer count = bound.integer(0);
  const Value fill = bound[1] != nullptr ? *bound[1] : Value();
  return generator_of("do_slice", value, [&runtime, value, count, fill] {
    const std::vector<Value> items = collect(runtime, value);
    if (count == 0) fail("a number of slices other than 0", "0");
    const std::size_t slices = size_of(runtime, count);
    std::vector<Value> out;
    std::size_t at = 0;
    for (std::size_t i = 0; i < slices; ++i) {
      runtime.budget.step();
      const bool is_longer = i < items.size() % slices;
      const std::size_t size = items.size() / slices + (is_longer ? 1 : 0);
      std::vector<Value> part(items.begin() + static_cast<long>(at), items.begin() + static_cast<long>(at + size));
      if (!fill.is_none() && !is_longer) part.push_back(fill);
      out.push_back(runtime.list(std::move(part)));
      at += size;
    }
    return out;
  });
}

[[noreturn]] inline Value refused_filter(Runtime&, const Value&, const Arguments&) {
  fail("a filter that the interpreter has", "random, pprint, urlize, wordwrap, striptags, xmlattr or filesizeformat",
       "the template uses more of Jinja");
}

}  // namespace detail

inline constexpr NamedFilter applied_filters[] = {
    {"map", detail::map_filter},
    {"select", [](Runtime& r, const Value& v, const Arguments& a) { return detail::chosen(r, v, a, {false, true}); }},
    {"reject", [](Runtime& r, const Value& v, const Arguments& a) { return detail::chosen(r, v, a, {false, false}); }},
    {"selectattr",
     [](Runtime& r, const Value& v, const Arguments& a) { return detail::chosen(r, v, a, {true, true}); }},
    {"rejectattr",
     [](Runtime& r, const Value& v, const Arguments& a) { return detail::chosen(r, v, a, {true, false}); }},
    {"batch", detail::batch_filter},
    {"slice", detail::slice_filter},
    {"tojson", to_json},
    {"random", detail::refused_filter},
    {"pprint", detail::refused_filter},
    {"urlize", detail::refused_filter},
    {"wordwrap", detail::refused_filter},
    {"striptags", detail::refused_filter},
    {"xmlattr", detail::refused_filter},
    {"filesizeformat", detail::refused_filter},
};

// Null for a filter that Jinja does not have.
inline const Filter* find_filter(std::string_view name) {
  for (const NamedFilter& known : text_filters) if (known.name == name) return &known.filter;
  for (const NamedFilter& known : list_filters) if (known.name == name) return &known.filter;
  for (const NamedFilter& known : applied_filters) if (known.name == name) return &known.filter;
  return nullptr;
}

inline bool is_filter_name(std::string_view name) { return find_filter(name) != nullptr; }

}  // namespace etalon::text::jinja
