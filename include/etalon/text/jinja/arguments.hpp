#pragma once
// Arguments of a call bound to the parameters of a built-in function, filter, test or method.
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "etalon/text/jinja/runtime.hpp"

namespace etalon::text::jinja {

class Bound {
 public:
  // names: of the parameters in order; "" for one that cannot be given by name. The first `required` must be given.
  Bound(std::string function, const Arguments& arguments, std::initializer_list<const char*> names,
        std::size_t required = 0)
      : function_(std::move(function)), values_(names.size(), nullptr) {
    if (arguments.positional.size() > names.size()) {
      fail("at most " + std::to_string(names.size()) + " arguments of " + function_,
           std::to_string(arguments.positional.size()));
    }
    for (std::size_t i = 0; i < arguments.positional.size(); ++i) values_[i] = &arguments.positional[i];
    for (const auto& [name, value] : arguments.named) {
      std::size_t i = 0;
      for (const char* known : names) {
        if (name == known) break;
        ++i;
      }
      if (i == names.size() || values_[i] != nullptr)
        fail("the arguments of " + function_, etalon::quoted(name) + " once more or unknown");
      values_[i] = &value;
    }
    for (std::size_t i = 0; i < required; ++i) {
      if (values_[i] == nullptr) fail(std::to_string(required) + " arguments of " + function_, std::to_string(i));
    }
  }

  // Null where it was not given.
  const Value* operator[](std::size_t i) const { return values_[i]; }
  bool is_given(std::size_t i) const { return values_[i] != nullptr && !values_[i]->is_none(); }

  bool truthy(std::size_t i, bool otherwise = false) const {
    return values_[i] != nullptr ? truth(*values_[i]) : otherwise;
  }

  Integer integer(std::size_t i, Integer otherwise = 0) const {
    if (values_[i] == nullptr) return otherwise;
    const std::optional<Integer> number = integer_of(*values_[i]);
    if (!number) fail("an integer as argument of " + function_, "a value of type " + type_name(*values_[i]));
    return *number;
  }
  const Text& text(std::size_t i) const {
    const Text* out = values_[i] != nullptr ? values_[i]->as_text() : nullptr;
    if (out == nullptr) {
      fail("a text as argument of " + function_,
           values_[i] != nullptr ? "a value of type " + type_name(*values_[i]) : "none");
    }
    return *out;
  }

 private:
  std::string function_;
  std::vector<const Value*> values_;
};

// A count or width from a template: below zero is zero; what could never be made is refused before it is tried.
inline std::size_t size_of(Runtime& runtime, Integer number) {
  if (number <= 0) return 0;
  if (number > Integer(1) << 40) runtime.budget.make(std::uint64_t{1} << 60);
  return static_cast<std::size_t>(number);
}

inline std::string escaped(Runtime& runtime, std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '\'') out += "&#39;";
    else if (c == '"') out += "&#34;";
    else out += c;
  }
  runtime.budget.make(out.size());
  return out;
}

// markupsafe.escape: safe text stays as it is.
inline std::string escaped(Runtime& runtime, const Value& value) {
  const Text* text = value.as_text();
  return text != nullptr && text->safe ? text->utf8 : escaped(runtime, str(runtime.budget, value));
}

}  // namespace etalon::text::jinja
