#pragma once
// The variable `loop` inside {% for %}: index, first, last, previtem, cycle, changed, …
//
// last, nextitem, revindex and length look ahead; the items are drawn from their source only when asked for, as a
// condition of the loop may depend on what earlier passes did.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "etalon/text/jinja/arguments.hpp"

namespace etalon::text::jinja {

struct LoopState {
  Next source;
  std::optional<std::size_t> length;      // known from the start for lists without a condition
  std::optional<Value> before, current, after;
  Integer index0 = -1;
  Integer depth0 = 0;
  std::optional<std::vector<Value>> last_changed;
  std::function<Value(const Value&)> recurse;  // renders the body over other items; empty unless `recursive`

  std::optional<Value> draw() { return after ? std::exchange(after, std::nullopt) : source(); }

  // To the next item; false at the end.
  bool advance() {
    std::optional<Value> item = draw();
    if (!item) return false;
    ++index0;
    before = std::exchange(current, std::move(item));
    return true;
  }
  const std::optional<Value>& peek() {
    if (!after) after = source();
    return after;
  }
  Integer count(Runtime& runtime) {
    if (length) return static_cast<Integer>(*length);
    std::vector<Value> rest;
    while (std::optional<Value> item = draw()) {
      runtime.budget.step();
      runtime.budget.make(sizeof(Value));
      rest.push_back(std::move(*item));
    }
    length = static_cast<std::size_t>(index0 + 1) + rest.size();
    source = [rest = std::move(rest), i = std::size_t{0}]() mutable -> std::optional<Value> {
      return i < rest.size() ? std::optional(rest[i++]) : std::nullopt;
    };
    return static_cast<Integer>(*length);
  }
  // When the loop is over: lets go of all values, which may hold the loop itself.
  void close() {
    source = [] { return std::optional<Value>(); };
    before = current = after = std::nullopt;
    last_changed = std::nullopt;
    recurse = nullptr;
  }
};

namespace detail {

inline Value loop_cycle(const LoopState& loop, const Arguments& arguments) {
  if (arguments.positional.empty()) fail("values to cycle through", "none");
  return arguments.positional[static_cast<std::size_t>(
      floor_modulo(loop.index0, static_cast<Integer>(arguments.positional.size())))];
}

inline Value loop_changed(Runtime& runtime, LoopState& loop, const Arguments& arguments) {
  const bool is_same =
      loop.last_changed && equal(runtime.budget, Value::tuple(*loop.last_changed), Value::tuple(arguments.positional));
  if (!is_same) loop.last_changed = arguments.positional;
  return Value(!is_same);
}

}  // namespace detail

// Empty for a name that loop does not have.
inline std::optional<Value> loop_attribute(Runtime& runtime, const std::shared_ptr<LoopState>& loop,
                                           std::string_view name) {
  if (name == "index") return Value::integer(loop->index0 + 1);
  if (name == "index0") return Value::integer(loop->index0);
  if (name == "first") return Value(loop->index0 == 0);
  if (name == "last") return Value(!loop->peek().has_value());
  if (name == "length") return Value::integer(loop->count(runtime));
  if (name == "revindex") return Value::integer(loop->count(runtime) - loop->index0);
  if (name == "revindex0") return Value::integer(loop->count(runtime) - loop->index0 - 1);
  if (name == "depth") return Value::integer(loop->depth0 + 1);
  if (name == "depth0") return Value::integer(loop->depth0);
  if (name == "previtem")
    return loop->index0 > 0 && loop->before ? *loop->before : Value::undefined("there is no previous item");
  if (name == "nextitem") return loop->peek() ? *loop->peek() : Value::undefined("there is no next item");
  if (name == "cycle") {
    return Value(std::shared_ptr<const Function>(std::make_shared<Function>(Function{
        "cycle", [loop](Runtime&, const Arguments& arguments) { return detail::loop_cycle(*loop, arguments); }})));
  }
  if (name == "changed") {
    return Value(std::shared_ptr<const Function>(
        std::make_shared<Function>(Function{"changed", [loop](Runtime& run, const Arguments& arguments) {
                                              return detail::loop_changed(run, *loop, arguments);
                                            }})));
  }
  return std::nullopt;
}

}  // namespace etalon::text::jinja
