#pragma once
// The tests behind "is": x is defined, x is string, x is divisibleby 3, …
//
// Source: https://jinja.palletsprojects.com/en/3.1.x/templates/#builtin-tests.
#include <string>
#include <string_view>

#include "etalon/text/jinja/attributes.hpp"

namespace etalon::text::jinja {

using Test = bool (*)(Runtime&, const Value&, const Arguments&);

struct NamedTest {
  std::string_view name;
  Test test;
};

bool is_filter_name(std::string_view name);
const Test* find_test(std::string_view name);

namespace detail {

inline const Value& other(const Arguments& arguments) {
  static_cast<void>(Bound("a test", arguments, {""}, 1));
  return arguments.positional[0];
}

// value % 2 == rest
inline bool has_rest(Runtime& runtime, const Value& value, Integer rest) {
  return equal(runtime.budget, operate(runtime, "%", value, Value::integer(2)), Value::integer(rest));
}

inline bool is_callable(const Value& value) {
  return value.is_undefined() || value.as<std::shared_ptr<const Function>>() != nullptr ||
         value.as<std::shared_ptr<const Macro>>() != nullptr || value.as<std::shared_ptr<LoopState>>() != nullptr;
}

inline bool is_sequence(const Value& value) {
  const Sequence* sequence = value.as_sequence();
  const bool is_view = sequence != nullptr && !value.is_list_or_tuple() && sequence->kind != SequenceKind::range;
  return length_of(value).has_value() && !is_view;
}

inline const std::string& name_of(const Value& value) {
  if (value.as_text() == nullptr) fail("a name", "a value of type " + type_name(value));
  return value.as_text()->utf8;
}

// Python's `x < y` and the like for a test or comparison: false where a NaN is compared.
inline bool ordered(Runtime& runtime, const Value& a, std::string_view sign, const Value& b) {
  const int order = compare(runtime.budget, a, b, std::string(sign));
  if (order == 2) return false;
  return sign == "<" ? order < 0 : sign == "<=" ? order <= 0 : sign == ">" ? order > 0 : order >= 0;
}

template <char... Sign>
bool order_test(Runtime& runtime, const Value& value, const Arguments& arguments) {
  constexpr char sign[] = {Sign..., 0};
  return ordered(runtime, value, sign, other(arguments));
}

inline bool equal_test(Runtime& runtime, const Value& value, const Arguments& arguments) {
  return equal(runtime.budget, value, other(arguments));
}
inline bool unequal_test(Runtime& runtime, const Value& value, const Arguments& arguments) {
  return !equal(runtime.budget, value, other(arguments));
}

}  // namespace detail

inline constexpr NamedTest all_tests[] = {
    {"defined", [](Runtime&, const Value& v, const Arguments&) { return !v.is_undefined(); }},
    {"undefined", [](Runtime&, const Value& v, const Arguments&) { return v.is_undefined(); }},
    {"none", [](Runtime&, const Value& v, const Arguments&) { return v.is_none(); }},
    {"boolean", [](Runtime&, const Value& v, const Arguments&) { return v.as<bool>() != nullptr; }},
    {"true", [](Runtime&, const Value& v, const Arguments&) { return v.as<bool>() != nullptr && *v.as<bool>(); }},
    {"false", [](Runtime&, const Value& v, const Arguments&) { return v.as<bool>() != nullptr && !*v.as<bool>(); }},
    {"integer", [](Runtime&, const Value& v, const Arguments&) { return v.as<Integer>() != nullptr; }},
    {"float", [](Runtime&, const Value& v, const Arguments&) { return v.as<double>() != nullptr; }},
    {"number", [](Runtime&, const Value& v, const Arguments&) { return is_number(v); }},
    {"string", [](Runtime&, const Value& v, const Arguments&) { return v.as_text() != nullptr; }},
    {"mapping", [](Runtime&, const Value& v, const Arguments&) { return v.as_mapping() != nullptr; }},
    {"sequence", [](Runtime&, const Value& v, const Arguments&) { return detail::is_sequence(v); }},
    {"iterable", [](Runtime&, const Value& v,
                    const Arguments&) { return can_iterate(v) || v.as<std::shared_ptr<LoopState>>() != nullptr; }},
    {"callable", [](Runtime&, const Value& v, const Arguments&) { return detail::is_callable(v); }},
    {"escaped", [](Runtime&, const Value& v, const Arguments&) { return v.as_text() != nullptr && v.as_text()->safe; }},
    {"odd", [](Runtime& r, const Value& v, const Arguments&) { return detail::has_rest(r, v, 1); }},
    {"even", [](Runtime& r, const Value& v, const Arguments&) { return detail::has_rest(r, v, 0); }},
    {"divisibleby",
     [](Runtime& r, const Value& v, const Arguments& a) {
       return equal(r.budget, operate(r, "%", v, *Bound("divisibleby", a, {"num"}, 1)[0]), Value::integer(0));
     }},
    {"lower", [](Runtime& r, const Value& v, const Arguments&) { return is_lower_text(str(r.budget, v)); }},
    {"upper", [](Runtime& r, const Value& v, const Arguments&) { return is_upper_text(str(r.budget, v)); }},
    {"sameas",
     [](Runtime&, const Value& v, const Arguments& a) { return same_object(v, *Bound("sameas", a, {"other"}, 1)[0]); }},
    {"in",
     [](Runtime& r, const Value& v, const Arguments& a) { return contains(r, *Bound("in", a, {"seq"}, 1)[0], v); }},
    {"filter", [](Runtime&, const Value& v, const Arguments&) { return is_filter_name(detail::name_of(v)); }},
    {"test", [](Runtime&, const Value& v, const Arguments&) { return find_test(detail::name_of(v)) != nullptr; }},
    {"==", detail::equal_test},
    {"eq", detail::equal_test},
    {"equalto", detail::equal_test},
    {"!=", detail::unequal_test},
    {"ne", detail::unequal_test},
    {"<", detail::order_test<'<'>},
    {"lt", detail::order_test<'<'>},
    {"lessthan", detail::order_test<'<'>},
    {"<=", detail::order_test<'<', '='>},
    {"le", detail::order_test<'<', '='>},
    {">", detail::order_test<'>'>},
    {"gt", detail::order_test<'>'>},
    {"greaterthan", detail::order_test<'>'>},
    {">=", detail::order_test<'>', '='>},
    {"ge", detail::order_test<'>', '='>},
};

// Null for a test that Jinja does not have.
inline const Test* find_test(std::string_view name) {
  for (const NamedTest& known : all_tests) if (known.name == name) return &known.test;
  return nullptr;
}

}  // namespace etalon::text::jinja
