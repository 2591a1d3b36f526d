#pragma once
// Renders a parsed template: statements. Expressions are in evaluate.hpp.
//
// Loop bodies, macros, call, filter, set and with blocks each have a scope of their own; an if has none.
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "etalon/text/jinja/evaluate.hpp"

namespace etalon::text::jinja {

inline std::string Renderer::render() {
  std::string out;
  for (Symbol symbol : syntax_.missing) root_->hide(symbol);
  run(syntax_.body, root_, out);
  return out;
}

inline ScopePointer Renderer::inner_scope(const ScopePointer& outer, const Missing& missing) {
  auto scope = std::make_shared<Scope>();
  scope->outer = outer;
  for (Symbol symbol : missing) scope->hide(symbol);
  return scope;
}

inline Flow Renderer::run(const Block& block, const ScopePointer& scope, std::string& out) {
  const Budget::Level level(runtime_.budget);
  for (const Statement& statement : block) {
    runtime_.budget.step();
    line_ = statement.line;
    const Flow flow = std::visit([&](const auto& node) { return run(node, scope, out); }, statement.node);
    if (flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

inline void Renderer::write(std::string& out, const Value& value) {
  append_str(runtime_.budget, out, value);
  runtime_.budget.output(out.size());
}

inline Flow Renderer::run(const Output& node, const ScopePointer& scope, std::string& out) {
  for (const ExpressionPointer& part : node.parts) write(out, evaluate(*part, scope));
  return Flow::normal;
}

inline Flow Renderer::run(const If& node, const ScopePointer& scope, std::string& out) {
  for (const auto& [condition, branch] : node.branches) {
    if (truth(evaluate(*condition, scope))) return run(branch, scope, out);
  }
  return run(node.otherwise, scope, out);
}

inline Flow Renderer::run(const For& node, const ScopePointer& scope, std::string& out) {
  loop(node, evaluate(*node.iterable, scope), scope, out, 0);
  return Flow::normal;
}

// The items that pass the loop's condition, each tested only when it is drawn.
inline Next Renderer::loop_source(const For& node, const Value& iterable, const ScopePointer& scope) {
  Next all = iterate(runtime_, iterable);
  if (node.condition == nullptr) return all;
  return [this, &node, scope, all = std::move(all)]() -> std::optional<Value> {
    while (std::optional<Value> one = all()) {
      const ScopePointer inner = inner_scope(scope, {});
      assign(*node.target, *one, inner);
      if (truth(evaluate(*node.condition, inner))) return one;
    }
    return std::nullopt;
  };
}

inline void Renderer::loop(const For& node, const Value& iterable, const ScopePointer& scope, std::string& out,
                           Integer depth) {
  auto state = std::make_shared<LoopState>();
  state->source = loop_source(node, iterable, scope);
  if (node.condition == nullptr && iterable.as<std::shared_ptr<Generator>>() == nullptr)
    state->length = length_of(iterable);
  state->depth0 = depth;
  if (node.recursive) {
    state->recurse = [this, &node, scope, depth](const Value& children) {
      const Budget::Level level(runtime_.budget);
      std::string text;
      loop(node, children, scope, text, depth + 1);
      return runtime_.text(std::move(text));
    };
  }
  bool any_finished = false;  // jinja2: a pass that ends in continue does not count for else
  while (state->advance()) {
    runtime_.budget.step();
    const ScopePointer pass = inner_scope(scope, node.missing);
    assign(*node.target, *state->current, pass);
    pass->set(loop_symbol, Value(state));
    const Flow flow = run(node.body, pass, out);
    any_finished = any_finished || flow == Flow::normal;
    if (flow == Flow::broken) break;
  }
  state->close();
  if (!any_finished && !node.otherwise.empty()) run(node.otherwise, inner_scope(scope, node.otherwise_missing), out);
}

inline void Renderer::assign(const Expression& target, const Value& value, const ScopePointer& scope) {
  if (target.kind == ExpressionKind::name) return scope->set(target.symbol, value);
  if (target.kind == ExpressionKind::namespace_item) {
    const Value space = name(target.symbol, *scope);
    if (space.as<std::shared_ptr<Namespace>>() == nullptr) {
      fail("a namespace to assign an attribute of", "a value of type " + type_name(space));
    }
    return (*space.as<std::shared_ptr<Namespace>>())->set(target.text, value);
  }
  const std::vector<Value> parts = collect(runtime_, value);
  if (parts.size() != target.children.size()) {
    fail(std::to_string(target.children.size()) + " values to unpack", std::to_string(parts.size()));
  }
  for (std::size_t i = 0; i < parts.size(); ++i) assign(*target.children[i], parts[i], scope);
}

inline Flow Renderer::run(const Set& node, const ScopePointer& scope, std::string&) {
  assign(*node.target, evaluate(*node.value, scope), scope);
  return Flow::normal;
}

// The text of a block, through filters where there are some.
inline Value Renderer::captured_block(const Block& block, const ScopePointer& scope, const Missing& missing,
                                      const Expression* filters) {
  const ScopePointer inner = inner_scope(scope, missing);
  std::string text;
  run(block, inner, text);
  const Value body = runtime_.text(std::move(text));
  if (filters == nullptr) return body;
  const Value* outer = std::exchange(filtered_, &body);
  const Value out = evaluate(*filters, inner);
  filtered_ = outer;
  return out;
}

inline Flow Renderer::run(const SetBlock& node, const ScopePointer& scope, std::string&) {
  assign(*node.target, captured_block(node.body, scope, node.missing, node.filter.get()), scope);
  return Flow::normal;
}

inline Flow Renderer::run(const FilterBlock& node, const ScopePointer& scope, std::string& out) {
  write(out, captured_block(node.body, scope, node.missing, node.filter.get()));
  return Flow::normal;
}

inline Flow Renderer::run(const With& node, const ScopePointer& scope, std::string& out) {
  const ScopePointer inner = inner_scope(scope, node.missing);
  for (std::size_t i = 0; i < node.targets.size(); ++i)
    assign(*node.targets[i], evaluate(*node.values[i], scope), inner);
  return run(node.body, inner, out);
}

// A block of a template without parent: its body, in sight of the template's own names alone.
inline Flow Renderer::run(const NamedBlock& node, const ScopePointer&, std::string& out) {
  return run(node.body, inner_scope(root_, node.missing), out);
}

inline Value Renderer::macro_value(const MacroNode& node, const ScopePointer& scope) {
  runtime_.budget.make(256);
  captured_.push_back(scope);
  return Value(std::shared_ptr<const Macro>(std::make_shared<Macro>(Macro{&node, scope})));
}

inline Flow Renderer::run(const MacroStatement& node, const ScopePointer& scope, std::string&) {
  scope->set(node.macro->symbol, macro_value(*node.macro, scope));
  return Flow::normal;
}

// {% generation %} has no call: its body is written where it stands.
inline Flow Renderer::run(const CallBlock& node, const ScopePointer& scope, std::string& out) {
  if (node.call == nullptr) return run(node.body->body, inner_scope(scope, node.body->missing), out);
  const Value caller = macro_value(*node.body, scope);
  write(out, call(*node.call, scope, &caller));
  return Flow::normal;
}

// Gives every parameter its argument: by position, by name, or none yet (its default comes last).
inline void Renderer::bind_parameters(const MacroNode& node, Arguments& arguments, Scope& scope) {
  const std::size_t count = node.parameters.size(), given = std::min(count, arguments.positional.size());
  bool has_caller_parameter = false;
  for (std::size_t i = 0; i < count; ++i) {
    const Symbol parameter = node.parameters[i];
    has_caller_parameter = has_caller_parameter || parameter == caller_symbol;
    scope.set(parameter,
              i < given ? std::optional(arguments.positional[i]) : take_named(arguments, symbol_name(parameter)));
  }
  if (node.uses_caller && !has_caller_parameter) {
    const std::optional<Value> caller = take_named(arguments, "caller");
    scope.set(caller_symbol, caller && !caller->is_none() ? *caller : Value::undefined("No caller defined"));
  }
  arguments.positional.erase(arguments.positional.begin(), arguments.positional.begin() + static_cast<long>(given));
}

// What no parameter took goes to kwargs and varargs where the body names them.
inline void Renderer::bind_rest(const MacroNode& node, Arguments& arguments, Scope& scope) {
  const std::string called = "macro " + etalon::quoted(node.name);
  if (node.uses_kwargs) {
    Mapping rest;
    for (const auto& [name, value] : arguments.named) put(runtime_.budget, rest, runtime_.text(name), value);
    scope.set(kwargs_symbol, mapping_value(std::move(rest)));
  } else if (!arguments.named.empty()) {
    fail("the arguments of " + called, etalon::quoted(arguments.named[0].first) + " once more or unknown");
  }
  if (node.uses_varargs) {
    scope.set(varargs_symbol, runtime_.list(std::move(arguments.positional), SequenceKind::tuple));
  } else if (!arguments.positional.empty()) {
    fail("at most " + std::to_string(node.parameters.size()) + " arguments of " + called, "more");
  }
}

inline std::optional<Value> Renderer::take_named(Arguments& arguments, const std::string& name) {
  for (auto at = arguments.named.begin(); at != arguments.named.end(); ++at) {
    if (at->first != name) continue;
    std::optional<Value> value = std::move(at->second);
    arguments.named.erase(at);
    return value;
  }
  return std::nullopt;
}

inline Value Renderer::call_macro(const Macro& macro, Arguments arguments) {
  const Budget::Level level(runtime_.budget);
  const MacroNode& node = *macro.node;
  const ScopePointer scope = inner_scope(macro.scope, node.missing);
  bind_parameters(node, arguments, *scope);
  bind_rest(node, arguments, *scope);
  const std::size_t required = node.parameters.size() - node.defaults.size();
  for (std::size_t i = 0; i < node.parameters.size(); ++i) {
    const Symbol parameter = node.parameters[i];
    if (scope->find(parameter)->has_value()) continue;
    scope->set(parameter, i >= required
                              ? evaluate(*node.defaults[i - required], scope)
                              : Value::undefined("parameter '" + symbol_name(parameter) + "' was not provided"));
  }
  std::string out;
  run(node.body, scope, out);
  return runtime_.text(std::move(out));
}

}  // namespace etalon::text::jinja
