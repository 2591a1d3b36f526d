#pragma once
// Methods of str that look for parts: find, count, replace, split, strip, partition, startswith, join, …
//
// Indices count characters. Source: Python's documentation of str, version 3.11.
#include <string>
#include <string_view>
#include <vector>

#include "etalon/text/jinja/arguments.hpp"
#include "etalon/text/jinja/text_parts.hpp"

namespace etalon::text::jinja {

using TextMethod = Value (*)(Runtime&, const Text&, const Arguments&);

struct NamedTextMethod {
  std::string_view name;
  TextMethod method;
};

namespace detail {

inline constexpr Integer far = Integer(1) << 100;

// Optional start and stop arguments i and i + 1, as bytes of the text; empty where start lies behind the end.
inline std::optional<Window> byte_window(const Text& text, const Bound& bound, std::size_t i) {
  const Integer start = bound.is_given(i) ? bound.integer(i) : 0;
  const Integer stop = bound.is_given(i + 1) ? bound.integer(i + 1) : far;
  const Integer size = static_cast<Integer>(text.length);
  const Integer last = stop < 0 ? stop + size : stop > size ? size : stop;
  if (start > last && start > 0) return std::nullopt;
  if ((start < 0 ? std::max(start + size, Integer(0)) : start) > std::max(last, Integer(0))) return std::nullopt;
  const Window characters = window_of(start, stop, text.length);
  return Window{byte_of_character(text.utf8, characters.start), byte_of_character(text.utf8, characters.stop)};
}

enum class End { first, last };

// The index of the part, or -1.
inline Integer find_part(Runtime& runtime, const Text& text, const Arguments& arguments, const char* name, End end) {
  const Bound bound(name, arguments, {"", "", ""}, 1);
  const std::string& part = bound.text(0).utf8;
  const std::optional<Window> window = byte_window(text, bound, 1);
  if (!window) return -1;
  charge_search(runtime.budget, text.utf8);
  const std::string_view inside = std::string_view(text.utf8).substr(window->start, window->stop - window->start);
  const std::size_t at = end == End::first ? find_in(inside, part) : find_last_in(runtime.budget, inside, part);
  if (at == inside.npos) return -1;
  return static_cast<Integer>(count_characters(std::string_view(text.utf8).substr(0, window->start + at)));
}

inline Value found_or_fail(Integer at) {
  if (at < 0) fail("a part that is in the text", "it is not");
  return Value::integer(at);
}

}  // namespace detail

inline Value texts_like(Runtime& runtime, const Text& like, const std::vector<std::string_view>& parts) {
  std::vector<Value> out;
  runtime.budget.make(parts.size() * sizeof(Value));
  for (std::string_view part : parts) out.push_back(runtime.text_like(like, std::string(part)));
  return runtime.list(std::move(out));
}

namespace detail {

inline Value split(Runtime& runtime, const Text& text, const Arguments& arguments, Sides from) {
  const Bound bound("split", arguments, {"sep", "maxsplit"});
  const Integer most = bound.integer(1, -1);
  const std::size_t limit = most < 0 ? text.utf8.size() + 1 : size_of(runtime, std::min(most, Integer(1) << 40));
  runtime.budget.make(text.utf8.size());
  if (!bound.is_given(0)) return texts_like(runtime, text, split_space(text.utf8, limit, from));
  const std::string& part = bound.text(0).utf8;
  if (part.empty()) fail("a separator that is not empty", "an empty one");
  charge_search(runtime.budget, text.utf8);
  return texts_like(runtime, text, split_at(runtime.budget, text.utf8, part, limit, from));
}

inline Value strip_method(Runtime& runtime, const Text& text, const Arguments& arguments, Sides sides) {
  const Bound bound("strip", arguments, {""});
  const Text* chars = bound.is_given(0) ? &bound.text(0) : nullptr;
  runtime.budget.step(text.utf8.size() / 4096 * (chars == nullptr ? 1 : chars->utf8.size() + 1));
  return runtime.text_like(text, std::string(strip(text.utf8, chars, sides)));
}

inline Value partition(Runtime& runtime, const Text& text, const Arguments& arguments, End end) {
  const Bound bound("partition", arguments, {""}, 1);
  const std::string& part = bound.text(0).utf8;
  if (part.empty()) fail("a separator that is not empty", "an empty one");
  charge_search(runtime.budget, text.utf8);
  const std::size_t at = end == End::first ? find_in(text.utf8, part) : find_last_in(runtime.budget, text.utf8, part);
  const auto piece = [&](std::string_view view) { return runtime.text_like(text, std::string(view)); };
  if (at == text.utf8.npos && end == End::first)
    return runtime.list({piece(text.utf8), piece(""), piece("")}, SequenceKind::tuple);
  if (at == text.utf8.npos) return runtime.list({piece(""), piece(""), piece(text.utf8)}, SequenceKind::tuple);
  const std::string_view view = text.utf8;
  return runtime.list({piece(view.substr(0, at)), piece(part), piece(view.substr(at + part.size()))},
                      SequenceKind::tuple);
}

// startswith and endswith: one text, or a tuple of them of which any may fit.
inline Value fits(Runtime& runtime, const Text& text, const Arguments& arguments, End end) {
  const Bound bound(end == End::first ? "startswith" : "endswith", arguments, {"", "", ""}, 1);
  const Sequence* several = bound[0]->as_sequence();
  std::vector<Value> parts{*bound[0]};
  if (several != nullptr && several->kind == SequenceKind::tuple) parts = several->items;
  const std::optional<Window> window = byte_window(text, bound, 1);
  bool any = false;
  for (const Value& part : parts) {
    runtime.budget.step();
    if (part.as_text() == nullptr) fail("a text or a tuple of texts", "a value of type " + type_name(part));
    if (!window) continue;
    const std::string_view inside = std::string_view(text.utf8).substr(window->start, window->stop - window->start);
    any =
        any || (end == End::first ? inside.starts_with(part.as_text()->utf8) : inside.ends_with(part.as_text()->utf8));
  }
  return Value(any);
}

inline Value join(Runtime& runtime, const Text& text, const Arguments& arguments) {
  const Bound bound("join", arguments, {""}, 1);
  std::string out;
  bool is_first = true;
  const Next next = iterate(runtime, *bound[0]);
  while (const std::optional<Value> item = next()) {
    runtime.budget.step();
    const Text* part = item->as_text();
    if (part == nullptr) fail("texts to join", "a value of type " + type_name(*item));
    const std::string shown = text.safe ? escaped(runtime, *item) : part->utf8;
    runtime.budget.make(shown.size() + text.utf8.size());
    if (!is_first) out += text.utf8;
    out += shown;
    is_first = false;
  }
  return runtime.text_like(text, std::move(out));
}

inline Value replace(Runtime& runtime, const Text& text, const Arguments& arguments) {
  const Bound bound("replace", arguments, {"", "", "count"}, 2);
  const std::string with = text.safe ? escaped(runtime, *bound[1]) : bound.text(1).utf8;
  return runtime.text_like(text, replaced(runtime.budget, text.utf8, bound.text(0).utf8, with, bound.integer(2, -1)));
}

inline Value remove_end(Runtime& runtime, const Text& text, const Arguments& arguments, End end) {
  const Bound bound(end == End::first ? "removeprefix" : "removesuffix", arguments, {""}, 1);
  const std::string& part = bound.text(0).utf8;
  std::string_view rest = text.utf8;
  if (end == End::first && rest.starts_with(part)) rest.remove_prefix(part.size());
  else if (end == End::last && rest.ends_with(part)) rest.remove_suffix(part.size());
  return runtime.text_like(text, std::string(rest));
}

inline Value count_method(Runtime& runtime, const Text& text, const Arguments& arguments) {
  const Bound bound("count", arguments, {"", "", ""}, 1);
  const std::optional<Window> window = byte_window(text, bound, 1);
  if (!window) return Value::integer(0);
  const std::string_view inside = std::string_view(text.utf8).substr(window->start, window->stop - window->start);
  return Value::integer(static_cast<Integer>(count_parts(runtime.budget, inside, bound.text(0).utf8)));
}

inline Value split_lines_method(Runtime& runtime, const Text& text, const Arguments& arguments) {
  const Bound bound("splitlines", arguments, {"keepends"});
  runtime.budget.make(text.utf8.size());
  return texts_like(runtime, text, split_lines(text.utf8, bound.truthy(0) ? LineEnds::kept : LineEnds::dropped));
}

}  // namespace detail

inline constexpr NamedTextMethod search_methods[] = {
    {"split", [](Runtime& r, const Text& t, const Arguments& a) { return detail::split(r, t, a, Sides::left); }},
    {"rsplit", [](Runtime& r, const Text& t, const Arguments& a) { return detail::split(r, t, a, Sides::right); }},
    {"splitlines", detail::split_lines_method},
    {"strip", [](Runtime& r, const Text& t, const Arguments& a) { return detail::strip_method(r, t, a, Sides::both); }},
    {"lstrip",
     [](Runtime& r, const Text& t, const Arguments& a) { return detail::strip_method(r, t, a, Sides::left); }},
    {"rstrip",
     [](Runtime& r, const Text& t, const Arguments& a) { return detail::strip_method(r, t, a, Sides::right); }},
    {"startswith",
     [](Runtime& r, const Text& t, const Arguments& a) { return detail::fits(r, t, a, detail::End::first); }},
    {"endswith",
     [](Runtime& r, const Text& t, const Arguments& a) { return detail::fits(r, t, a, detail::End::last); }},
    {"partition",
     [](Runtime& r, const Text& t, const Arguments& a) { return detail::partition(r, t, a, detail::End::first); }},
    {"rpartition",
     [](Runtime& r, const Text& t, const Arguments& a) { return detail::partition(r, t, a, detail::End::last); }},
    {"removeprefix",
     [](Runtime& r, const Text& t, const Arguments& a) { return detail::remove_end(r, t, a, detail::End::first); }},
    {"removesuffix",
     [](Runtime& r, const Text& t, const Arguments& a) { return detail::remove_end(r, t, a, detail::End::last); }},
    {"find", [](Runtime& r, const Text& t,
                const Arguments& a) { return Value::integer(detail::find_part(r, t, a, "find", detail::End::first)); }},
    {"rfind",
     [](Runtime& r, const Text& t, const Arguments& a) {
       return Value::integer(detail::find_part(r, t, a, "rfind", detail::End::last));
     }},
    {"index",
     [](Runtime& r, const Text& t, const Arguments& a) {
       return detail::found_or_fail(detail::find_part(r, t, a, "index", detail::End::first));
     }},
    {"rindex",
     [](Runtime& r, const Text& t, const Arguments& a) {
       return detail::found_or_fail(detail::find_part(r, t, a, "rindex", detail::End::last));
     }},
    {"count", detail::count_method},
    {"replace", detail::replace},
    {"join", detail::join},
};

}  // namespace etalon::text::jinja
