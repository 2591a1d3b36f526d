#pragma once
// Values of a template: what Python's None, bool, int, float, str, list, tuple, dict and a few objects are there.
//
// Texts, sequences and mappings never change once made (the sandbox forbids it), so values share them freely. Only
// namespaces, loops and generators have state. Leaves out: integers beyond 127 bits, bytes, sets, complex numbers.
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "etalon/text/jinja/characters.hpp"
#include "etalon/text/jinja/failure.hpp"

namespace etalon::text::jinja {

__extension__ typedef __int128 Integer;

class Value;
struct Runtime;
struct Macro;
struct LoopState;

// length: in characters. safe: markupsafe.Markup, made by the filters `safe` and `escape`: what is added gets escaped.
struct Text {
  std::string utf8;
  std::size_t length;
  bool safe;
};

// A name or attribute that is not there, and why: message is what using it says.
struct Undefined {
  std::shared_ptr<const std::string> message;
};

enum class SequenceKind { list, tuple, range, keys, values, items };

struct Sequence;
struct Mapping;
struct Namespace;
struct Function;
struct Generator;

struct None {};

// Is T one of a variant's alternatives? Asked of the names alone: what Value is constructible from would ask itself.
template <class T, class Variant> inline constexpr bool is_alternative = false;
template <class T, class... Kinds>
inline constexpr bool is_alternative<T, std::variant<Kinds...>> = (std::is_same_v<T, Kinds> || ...);

class Value {
 public:
  using Data = std::variant<Undefined, None, bool, Integer, double, std::shared_ptr<const Text>,
                            std::shared_ptr<const Sequence>, std::shared_ptr<const Mapping>, std::shared_ptr<Namespace>,
                            std::shared_ptr<const Function>, std::shared_ptr<const Macro>, std::shared_ptr<LoopState>,
                            std::shared_ptr<Generator>>;

  Value() : data_(None{}) {}
  template <class T>
    requires is_alternative<T, Data>
  explicit Value(T content) : data_(std::in_place_type<T>, std::move(content)) {}

  static Value integer(Integer number) { return Value(number); }
  static Value text(std::string utf8) { return make_text(std::move(utf8), false); }
  static Value safe_text(std::string utf8) { return make_text(std::move(utf8), true); }
  static Value undefined(std::string message) {
    return Value(Undefined{std::make_shared<const std::string>(std::move(message))});
  }
  static Value list(std::vector<Value> items) { return sequence(SequenceKind::list, std::move(items)); }
  static Value tuple(std::vector<Value> items) { return sequence(SequenceKind::tuple, std::move(items)); }
  static Value sequence(SequenceKind kind, std::vector<Value> items);

  template <class T>
  const T* as() const {
    return std::get_if<T>(&data_);
  }
  const Text* as_text() const { return pointed<const Text>(); }
  const Sequence* as_sequence() const { return pointed<const Sequence>(); }
  const Mapping* as_mapping() const { return pointed<const Mapping>(); }
  bool is_undefined() const { return as<Undefined>() != nullptr; }
  bool is_none() const { return as<None>() != nullptr; }
  bool is_list_or_tuple() const;

  const Data& data() const { return data_; }
  int depth() const;

 private:
  static Value make_text(std::string utf8, bool safe) {
    const std::size_t length = count_characters(utf8);
    return Value(std::make_shared<const Text>(Text{std::move(utf8), length, safe}));
  }
  template <class T>
  T* pointed() const {
    const auto* shared = std::get_if<std::shared_ptr<T>>(&data_);
    return shared != nullptr ? shared->get() : nullptr;
  }
  Data data_;
};

// Deeper values are refused: every walk over a value recurses.
inline constexpr int max_value_depth = 400;

struct Sequence {
  SequenceKind kind = SequenceKind::list;
  std::vector<Value> items;
  int depth = 1;
  std::string shown;                // a range's own notation: range(0, 3)
  bool is_group = false;            // groupby's pairs: .grouper, .list
};

using Argument = std::pair<std::string, Value>;

struct Arguments {
  std::vector<Value> positional;
  std::vector<Argument> named;
};

// In the order of insertion. Keys are what Python can hash; find and put are in compare.hpp.
struct Mapping {
  std::vector<std::pair<Value, Value>> entries;
  std::unordered_multimap<std::size_t, std::size_t> index;  // hash → place in entries
  int depth = 1;
};

struct Namespace {
  std::vector<std::pair<std::string, Value>> attributes;
  const Value* find(std::string_view name) const {
    for (const auto& [key, value] : attributes) if (key == name) return &value;
    return nullptr;
  }
  void set(const std::string& name, Value value) {
    for (auto& [key, old] : attributes) if (key == name) return static_cast<void>(old = std::move(value));
    attributes.emplace_back(name, std::move(value));
  }
};

// A global function or a method bound to its value.
struct Function {
  std::string name;
  std::function<Value(Runtime&, const Arguments&)> call;
  int depth = 0;  // of the value a method is bound to
};

// What map(), select(), reverse() … give: values made one by one, once. next() is empty at the end.
struct Generator {
  std::string name;
  std::function<std::optional<Value>()> next;
  int depth = 0;  // of what it draws from
};

inline int Value::depth() const {
  if (const Sequence* sequence = as_sequence()) return sequence->depth;
  if (const Mapping* mapping = as_mapping()) return mapping->depth;
  if (const Function* function = pointed<const Function>()) return function->depth;
  if (const Generator* generator = pointed<Generator>()) return generator->depth;
  return 0;
}

inline int checked_depth(int deepest_child) {
  if (deepest_child >= max_value_depth) {
    fail("at most " + std::to_string(max_value_depth) + " lists and mappings inside each other", "one more");
  }
  return deepest_child + 1;
}

inline Value Value::sequence(SequenceKind kind, std::vector<Value> items) {
  int deepest = 0;
  for (const Value& item : items) deepest = std::max(deepest, item.depth());
  return Value(std::shared_ptr<const Sequence>(
      std::make_shared<Sequence>(Sequence{kind, std::move(items), checked_depth(deepest), {}, false})));
}

inline bool Value::is_list_or_tuple() const {
  const Sequence* sequence = as_sequence();
  return sequence != nullptr && (sequence->kind == SequenceKind::list || sequence->kind == SequenceKind::tuple);
}

inline Value text_value(std::string utf8, const Text& like) {
  return like.safe ? Value::safe_text(std::move(utf8)) : Value::text(std::move(utf8));
}

}  // namespace etalon::text::jinja
