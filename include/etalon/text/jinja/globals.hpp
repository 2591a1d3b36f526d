#pragma once
// Functions every template has: range, dict, namespace, cycler, joiner, raise_exception, strftime_now.
//
// strftime_now(format) shows Runtime::now by C's strftime, as Python does on Linux. lipsum is refused.
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/text/jinja/attributes.hpp"

namespace etalon::text::jinja {

// Thrown by raise_exception("…"); the renderer turns it into Raised.
struct TemplateException {
  std::string message;
};

namespace detail {

inline constexpr Integer max_range = 100'000;  // the sandbox's

inline Value range(Runtime& runtime, const Arguments& arguments) {
  const Bound bound("range", arguments, {"", "", ""}, 1);
  const bool has_start = bound[1] != nullptr;
  const Integer start = has_start ? bound.integer(0) : 0, stop = has_start ? bound.integer(1) : bound.integer(0);
  const Integer step = bound.integer(2, 1);
  if (step == 0) fail("a step other than 0", "0");
  const Integer span = step > 0 ? subtract(stop, start) : subtract(start, stop),
                size = step > 0 ? step : subtract(0, step);
  const Integer count = span <= 0 ? 0 : (span - 1) / size + 1;
  if (count > max_range) fail("a range of at most " + to_text(max_range), to_text(count));
  std::vector<Value> items;
  for (Integer i = 0; i < count; ++i) items.push_back(Value::integer(start + i * step));
  runtime.budget.make(items.size() * sizeof(Value));
  Sequence out{SequenceKind::range, std::move(items), 1, {}, false};
  out.shown = "range(" + to_text(start) + ", " + to_text(stop) + (step == 1 ? ")" : ", " + to_text(step) + ")");
  return Value(std::shared_ptr<const Sequence>(std::make_shared<Sequence>(std::move(out))));
}

// What dict(…) and namespace(…) take: a mapping or pairs, then names.
inline Mapping mapping_from(Runtime& runtime, const Arguments& arguments) {
  Mapping out;
  if (arguments.positional.size() > 1) fail("at most one mapping", std::to_string(arguments.positional.size()));
  for (const Value& from : arguments.positional) {
    const Value pairs = from.as_mapping() != nullptr ? items_of(runtime, *from.as_mapping()) : from;
    for (const Value& pair : collect(runtime, pairs)) {
      const std::vector<Value> both = collect(runtime, pair);
      if (both.size() != 2) fail("pairs of a key and a value", "another length");
      put(runtime.budget, out, both[0], both[1]);
    }
  }
  for (const auto& [name, value] : arguments.named) put(runtime.budget, out, runtime.text(name), value);
  return out;
}

inline Value make_namespace(Runtime& runtime, const Arguments& arguments) {
  auto space = std::make_shared<Namespace>();
  for (const auto& [key, value] : mapping_from(runtime, arguments).entries) {
    if (key.as_text() == nullptr) fail("names as keys of a namespace", "a value of type " + type_name(key));
    space->set(key.as_text()->utf8, value);
  }
  runtime.budget.make(256);
  runtime.namespaces.push_back(space);
  return Value(std::move(space));
}

[[noreturn]] inline Value raise_exception(Runtime& runtime, const Arguments& arguments) {
  const Bound bound("raise_exception", arguments, {"message"}, 1);
  throw TemplateException{str(runtime.budget, *bound[0])};
}

// Without what C does not have (%f) and what a clock without time zone leaves empty (%z %Z).
inline std::string python_format(std::string_view format) {
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    const char letter = format[++i];
    if (letter == 'f') out += "000000";
    else if (letter != 'z' && letter != 'Z') (out += '%') += letter;
  }
  return out;
}

inline Value strftime_now(Runtime& runtime, const Arguments& arguments) {
  const Bound bound("strftime_now", arguments, {"format"}, 1);
  const std::string format = python_format(bound.text(0).utf8) + "|";  // never empty, so that 0 means "too long"
  std::vector<char> shown(format.size() * 8 + 4096);
  runtime.budget.make(shown.size());
  const std::size_t size = std::strftime(shown.data(), shown.size(), format.c_str(), &runtime.now);
  if (size == 0) fail("a date format of ordinary length", etalon::quoted(format));
  return runtime.text(std::string(shown.data(), size - 1));
}

// joiner(sep): empty at the first call, the separator afterwards.
inline Value joiner(Runtime&, const Arguments& arguments) {
  const Bound bound("joiner", arguments, {"sep"});
  const Value separator = bound[0] != nullptr ? *bound[0] : Value::text(", ");
  return function_value("joiner", separator.depth(),
                        [separator, used = std::make_shared<bool>(false)](Runtime&, const Arguments&) {
                          return std::exchange(*used, true) ? separator : Value::text("");
                        });
}

// cycler(a, b, …): next() goes round, reset() starts again.
inline Value cycler(Runtime& runtime, const Arguments& arguments) {
  if (arguments.positional.empty()) fail("values to cycle through", "none");
  auto space = std::make_shared<Namespace>();
  runtime.budget.make(256);
  runtime.namespaces.push_back(space);
  const auto values = std::make_shared<const std::vector<Value>>(arguments.positional);
  const auto at = std::make_shared<std::size_t>(0);
  std::weak_ptr<Namespace> self = space;
  space->set("current", (*values)[0]);
  const int depth = Value::list(arguments.positional).depth();
  space->set("next", function_value("next", depth, [=](Runtime&, const Arguments&) {
    const Value current = (*values)[*at];
    *at = (*at + 1) % values->size();
    if (const auto held = self.lock()) held->set("current", (*values)[*at]);
    return current;
  }));
  space->set("reset", function_value("reset", depth, [=](Runtime&, const Arguments&) {
    *at = 0;
    if (const auto held = self.lock()) held->set("current", (*values)[0]);
    return Value();
  }));
  return Value(std::move(space));
}

[[noreturn]] inline Value lipsum(Runtime&, const Arguments&) {
  fail("a function that the interpreter has", "lipsum", "its text is random");
}

}  // namespace detail

// Empty for a name that no template starts with.
inline std::optional<Value> global(std::string_view name) {
  const auto function = [&](auto body) { return function_value(std::string(name), 0, body); };
  if (name == "range") return function(detail::range);
  if (name == "dict")
    return function([](Runtime& r, const Arguments& a) { return mapping_value(detail::mapping_from(r, a)); });
  if (name == "namespace") return function(detail::make_namespace);
  if (name == "raise_exception") return function(detail::raise_exception);
  if (name == "strftime_now") return function(detail::strftime_now);
  if (name == "joiner") return function(detail::joiner);
  if (name == "cycler") return function(detail::cycler);
  if (name == "lipsum") return function(detail::lipsum);
  return std::nullopt;
}

}  // namespace etalon::text::jinja
