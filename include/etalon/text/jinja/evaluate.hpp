#pragma once
// Renders a parsed template: expressions and calls. Statements are in render.hpp.
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "etalon/text/jinja/filters.hpp"
#include "etalon/text/jinja/format_braces.hpp"
#include "etalon/text/jinja/globals.hpp"
#include "etalon/text/jinja/scope.hpp"

namespace etalon::text::jinja {

enum class Flow { normal, broken, continued };

using Variables = std::unordered_map<std::string, Value>;

class Renderer {
 public:
  Renderer(const Syntax& syntax, Runtime& runtime, const Variables& variables);
  ~Renderer() {
    for (const ScopePointer& scope : captured_) scope->names.clear();  // macros and their scopes hold each other
  }
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  // Throws Failure or TemplateException; line() says where.
  std::string render();
  int line() const { return line_; }

 private:
  // Expressions.
  Value evaluate(const Expression& expression, const ScopePointer& scope);
  Value name(Symbol symbol, const Scope& scope) const;
  Value items(const Expression& expression, const ScopePointer& scope);
  Value pairs(const Expression& expression, const ScopePointer& scope);
  Value logical(const Expression& expression, const ScopePointer& scope);
  Value arithmetic(const Expression& expression, const ScopePointer& scope);
  Value item_of(const Expression& expression, const ScopePointer& scope);
  Value test(const Expression& expression, const ScopePointer& scope);
  Value slice(const Expression& expression, const ScopePointer& scope);
  Value call(const Expression& expression, const ScopePointer& scope, const Value* caller);
  Value filter(const Expression& expression, const ScopePointer& scope);
  Value concatenation(const Expression& expression, const ScopePointer& scope);
  Value comparison(const Expression& expression, const ScopePointer& scope);
  Value conditional(const Expression& expression, const ScopePointer& scope);
  Arguments arguments(const Expression& expression, const ScopePointer& scope);
  Value call_value(const Value& function, Arguments arguments);

  // Statements (render.hpp).
  Flow run(const Block& block, const ScopePointer& scope, std::string& out);
  Flow run(const Output& node, const ScopePointer& scope, std::string& out);
  Flow run(const For& node, const ScopePointer& scope, std::string& out);
  Flow run(const If& node, const ScopePointer& scope, std::string& out);
  Flow run(const MacroStatement& node, const ScopePointer& scope, std::string& out);
  Flow run(const CallBlock& node, const ScopePointer& scope, std::string& out);
  Flow run(const FilterBlock& node, const ScopePointer& scope, std::string& out);
  Flow run(const Set& node, const ScopePointer& scope, std::string& out);
  Flow run(const SetBlock& node, const ScopePointer& scope, std::string& out);
  Flow run(const With& node, const ScopePointer& scope, std::string& out);
  Flow run(const NamedBlock& node, const ScopePointer& scope, std::string& out);
  Flow run(const Break&, const ScopePointer&, std::string&) { return Flow::broken; }
  Flow run(const Continue&, const ScopePointer&, std::string&) { return Flow::continued; }
  void loop(const For& node, const Value& iterable, const ScopePointer& scope, std::string& out, Integer depth);
  Next loop_source(const For& node, const Value& iterable, const ScopePointer& scope);
  void assign(const Expression& target, const Value& value, const ScopePointer& scope);
  void write(std::string& out, const Value& value);
  Value call_macro(const Macro& macro, Arguments arguments);
  void bind_parameters(const MacroNode& node, Arguments& arguments, Scope& scope);
  void bind_rest(const MacroNode& node, Arguments& arguments, Scope& scope);
  static std::optional<Value> take_named(Arguments& arguments, const std::string& name);
  Value captured_block(const Block& block, const ScopePointer& scope, const Missing& missing,
                       const Expression* filters);
  Value macro_value(const MacroNode& node, const ScopePointer& scope);
  static ScopePointer inner_scope(const ScopePointer& outer, const Missing& missing);

  const std::string& symbol_name(Symbol symbol) const { return syntax_.symbols[static_cast<std::size_t>(symbol)]; }

  const Syntax& syntax_;
  Runtime& runtime_;
  std::vector<std::optional<Value>> context_;  // what the caller and the globals give each symbol
  ScopePointer root_ = std::make_shared<Scope>();
  std::vector<ScopePointer> captured_;
  const Value* filtered_ = nullptr;  // the body of the filter block that is evaluated
  int line_ = 1;
};

inline Renderer::Renderer(const Syntax& syntax, Runtime& runtime, const Variables& variables)
    : syntax_(syntax), runtime_(runtime) {
  for (const std::string& symbol : syntax.symbols) {
    const auto given = variables.find(symbol);
    context_.push_back(given != variables.end() ? std::optional(given->second) : global(symbol));
  }
}

inline Value Renderer::name(Symbol symbol, const Scope& scope) const {
  const std::optional<Value>* found = scope.find(symbol);
  const std::optional<Value>& value = found != nullptr ? *found : context_[static_cast<std::size_t>(symbol)];
  return value ? *value : Value::undefined("'" + symbol_name(symbol) + "' is undefined");
}

inline Value Renderer::evaluate(const Expression& expression, const ScopePointer& scope) {
  runtime_.budget.step();
  const Budget::Level level(runtime_.budget);
  const auto child = [&](std::size_t i) { return evaluate(*expression.children[i], scope); };
  const auto at_line = [&](auto value) {
    line_ = expression.line;
    return value;
  };
  switch (expression.kind) {
    case ExpressionKind::constant: return expression.value;
    case ExpressionKind::name: return name(expression.symbol, *scope);
    case ExpressionKind::list:
    case ExpressionKind::tuple: return items(expression, scope);
    case ExpressionKind::mapping: return pairs(expression, scope);
    case ExpressionKind::attribute: return attribute(runtime_, at_line(child(0)), expression.text);
    case ExpressionKind::item: return item_of(expression, scope);
    case ExpressionKind::slice: return slice(expression, scope);
    case ExpressionKind::call: return call(expression, scope, nullptr);
    case ExpressionKind::filter: return filter(expression, scope);
    case ExpressionKind::test: return test(expression, scope);
    case ExpressionKind::negate: return negated(at_line(child(0)));
    case ExpressionKind::plus: return unsigned_plus(at_line(child(0)));
    case ExpressionKind::logical_not: return Value(!truth(child(0)));
    case ExpressionKind::logical_and:
    case ExpressionKind::logical_or: return logical(expression, scope);
    case ExpressionKind::arithmetic: return arithmetic(expression, scope);
    case ExpressionKind::concatenate: return concatenation(expression, scope);
    case ExpressionKind::compare: return comparison(expression, scope);
    case ExpressionKind::conditional: return conditional(expression, scope);
    case ExpressionKind::namespace_item: break;
  }
  fail("an expression", "a namespace's attribute to assign to");
}

inline Value Renderer::logical(const Expression& expression, const ScopePointer& scope) {
  Value left = evaluate(*expression.children[0], scope);
  const bool decides = truth(left) == (expression.kind == ExpressionKind::logical_or);
  return decides ? left : evaluate(*expression.children[1], scope);
}

inline Value Renderer::arithmetic(const Expression& expression, const ScopePointer& scope) {
  const Value left = evaluate(*expression.children[0], scope), right = evaluate(*expression.children[1], scope);
  line_ = expression.line;
  return operate(runtime_, expression.text, left, right);
}

inline Value Renderer::item_of(const Expression& expression, const ScopePointer& scope) {
  const Value object = evaluate(*expression.children[0], scope), key = evaluate(*expression.children[1], scope);
  line_ = expression.line;
  return item(runtime_, object, key);
}

inline Value Renderer::test(const Expression& expression, const ScopePointer& scope) {
  const Value subject = evaluate(*expression.children[0], scope);
  const Arguments given = arguments(expression, scope);
  line_ = expression.line;
  return Value(detail::apply_test(runtime_, expression.text, subject, given));
}

inline Value Renderer::items(const Expression& expression, const ScopePointer& scope) {
  std::vector<Value> out;
  for (const ExpressionPointer& child : expression.children) out.push_back(evaluate(*child, scope));
  return runtime_.list(std::move(out),
                       expression.kind == ExpressionKind::list ? SequenceKind::list : SequenceKind::tuple);
}

inline Value Renderer::pairs(const Expression& expression, const ScopePointer& scope) {
  Mapping out;
  for (std::size_t i = 0; i + 1 < expression.children.size(); i += 2) {
    Value key = evaluate(*expression.children[i], scope);
    put(runtime_.budget, out, std::move(key), evaluate(*expression.children[i + 1], scope));
  }
  return mapping_value(std::move(out));
}

inline Value Renderer::slice(const Expression& expression, const ScopePointer& scope) {
  const Value object = evaluate(*expression.children[0], scope);
  const auto bound = [&](std::size_t i) -> std::optional<Integer> {
    if (expression.children[i] == nullptr) return std::nullopt;
    const Value value = evaluate(*expression.children[i], scope);
    if (value.is_none()) return std::nullopt;
    const std::optional<Integer> number = integer_of(value);
    if (!number) fail("integers in a slice", "a value of type " + type_name(value));
    return number;
  };
  SliceBounds bounds{bound(1), bound(2), 1};
  bounds.step = bound(3).value_or(1);
  line_ = expression.line;
  return sliced(runtime_, object, bounds);
}

inline Arguments Renderer::arguments(const Expression& expression, const ScopePointer& scope) {
  Arguments out;
  for (const ArgumentNode& argument : expression.arguments) {
    Value value = evaluate(*argument.value, scope);
    if (argument.kind == ArgumentKind::positional) out.positional.push_back(std::move(value));
    else if (argument.kind == ArgumentKind::named) out.named.emplace_back(argument.name, std::move(value));
    else if (argument.kind == ArgumentKind::star) {
      for (Value& one : collect(runtime_, value)) out.positional.push_back(std::move(one));
    } else {
      if (value.as_mapping() == nullptr) fail("a mapping behind **", "a value of type " + type_name(value));
      for (const auto& [key, one] : value.as_mapping()->entries) {
        if (key.as_text() == nullptr) fail("names as keys behind **", "a value of type " + type_name(key));
        out.named.emplace_back(key.as_text()->utf8, one);
      }
    }
  }
  return out;
}

inline Value Renderer::call(const Expression& expression, const ScopePointer& scope, const Value* caller) {
  const Value function = evaluate(*expression.children[0], scope);
  Arguments given = arguments(expression, scope);
  if (caller != nullptr) given.named.emplace_back("caller", *caller);
  line_ = expression.line;
  return call_value(function, std::move(given));
}

inline Value Renderer::call_value(const Value& function, Arguments arguments) {
  if (function.is_undefined()) fail_undefined(function);
  if (const auto* builtin = function.as<std::shared_ptr<const Function>>())
    return (*builtin)->call(runtime_, arguments);
  if (const auto* macro = function.as<std::shared_ptr<const Macro>>()) return call_macro(**macro, std::move(arguments));
  if (const auto* loop = function.as<std::shared_ptr<LoopState>>()) {
    if (!(*loop)->recurse) fail("a loop marked recursive", "a call of the loop");
    if (arguments.positional.size() != 1) fail("one list to loop over", std::to_string(arguments.positional.size()));
    return (*loop)->recurse(arguments.positional[0]);
  }
  fail("a function to call", "a value of type " + type_name(function));
}

inline Value Renderer::filter(const Expression& expression, const ScopePointer& scope) {
  const Value subject = expression.children[0] != nullptr ? evaluate(*expression.children[0], scope) : *filtered_;
  const Arguments given = arguments(expression, scope);
  line_ = expression.line;
  return detail::apply_filter(runtime_, expression.text, subject, given);
}

inline Value Renderer::concatenation(const Expression& expression, const ScopePointer& scope) {
  std::string out;
  for (const ExpressionPointer& child : expression.children) append_str(runtime_.budget, out, evaluate(*child, scope));
  return runtime_.text(std::move(out));
}

inline Value Renderer::comparison(const Expression& expression, const ScopePointer& scope) {
  Value left = evaluate(*expression.children[0], scope);
  for (std::size_t i = 0; i < expression.operators.size(); ++i) {
    const std::string& sign = expression.operators[i];
    Value right = evaluate(*expression.children[i + 1], scope);
    line_ = expression.line;
    bool holds = false;
    if (sign == "==" || sign == "!=") holds = equal(runtime_.budget, left, right) == (sign == "==");
    else if (sign == "in" || sign == "not in") holds = contains(runtime_, right, left) == (sign == "in");
    else holds = detail::ordered(runtime_, left, sign, right);
    if (!holds) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

inline Value Renderer::conditional(const Expression& expression, const ScopePointer& scope) {
  if (truth(evaluate(*expression.children[1], scope))) return evaluate(*expression.children[0], scope);
  if (expression.children[2] != nullptr) return evaluate(*expression.children[2], scope);
  return Value::undefined("the inline if-expression on line " + std::to_string(expression.line) +
                          " evaluated to false and no else section was defined.");
}

}  // namespace etalon::text::jinja
