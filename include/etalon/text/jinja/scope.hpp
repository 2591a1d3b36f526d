#pragma once
// Scopes, where names have values, and macros, which remember the scope they were defined in.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "etalon/text/jinja/attributes.hpp"
#include "etalon/text/jinja/syntax.hpp"

namespace etalon::text::jinja {

// Names and values of a loop's pass, a macro's call, …; what it does not have is looked up outside.
struct Scope {
  std::shared_ptr<Scope> outer;
  std::vector<std::pair<Symbol, std::optional<Value>>> names;  // without a value: known to be missing (names.hpp)

  const std::optional<Value>* find(Symbol symbol) const {
    for (const Scope* scope = this; scope != nullptr; scope = scope->outer.get()) {
      for (const auto& [name, value] : scope->names) if (name == symbol) return &value;
    }
    return nullptr;
  }
  void set(Symbol symbol, std::optional<Value> value) {
    for (auto& [name, old] : names) if (name == symbol) return static_cast<void>(old = std::move(value));
    names.emplace_back(symbol, std::move(value));
  }
  void hide(Symbol symbol) { names.emplace_back(symbol, std::nullopt); }  // a name the scope does not have yet
};
using ScopePointer = std::shared_ptr<Scope>;

// A macro and the scope it was defined in.
struct Macro {
  const MacroNode* node;
  ScopePointer scope;
};

inline std::optional<Value> macro_attribute(const Macro& macro, std::string_view name) {
  if (name == "name") return Value::text(macro.node->name);
  if (name == "arguments") {
    std::vector<Value> names;
    for (const std::string& parameter : macro.node->parameter_names) names.push_back(Value::text(parameter));
    return Value::tuple(std::move(names));
  }
  if (name == "catch_kwargs") return Value(macro.node->uses_kwargs);
  if (name == "catch_varargs") return Value(macro.node->uses_varargs);
  if (name == "caller") return Value(macro.node->uses_caller);
  return std::nullopt;
}

}  // namespace etalon::text::jinja
