#pragma once
// JSON texts and files as values: nlohmann::json behind checks for files that come from anywhere.
//
// Refused, with line and column: text that is not JSON or not UTF-8, a key twice in one object (the library would
// silently keep the last), nesting deeper than a limit. Memory is bounded by a small multiple of the text, at worst
// about 30 bytes a byte (for "{},{},{}…").
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <etalon/error.hpp>
#include <etalon/io/json_events.hpp>
#include <etalon/io/mapped_file.hpp>

namespace etalon::io {

// Arguments without the noise: what a value is, in words for a message; shortened, safe to print.
// E.g. `the text "forty"`, `the number 3.5`, `a list of 3`, `null`.
template <class Value>
std::string described(const Value& value) {
  if (value.is_string()) return "the text " + etalon::quoted(value.template get_ref<const std::string&>(), 40);
  if (value.is_number()) return "the number " + value.dump();
  if (value.is_array()) return "a list of " + std::to_string(value.size());
  if (value.is_object()) return "an object of " + std::to_string(value.size()) + " fields";
  return value.dump();
}

// A number as it is written, and a whole one of at most 2^63 - 1. The library's get<T>() would do as well; but it can
// make anything of anything, which the compiler has to work through for each T.
inline double real_number(const Json& number) {
  if (number.is_number_float()) return number.get_ref<const double&>();
  return number.is_number_unsigned() ? static_cast<double>(number.get_ref<const std::uint64_t&>())
                                     : static_cast<double>(number.get_ref<const std::int64_t&>());
}
inline std::int64_t whole_number(const Json& number) {
  return number.is_number_unsigned() ? static_cast<std::int64_t>(number.get_ref<const std::uint64_t&>())
                                     : number.get_ref<const std::int64_t&>();
}
// Does it hold a whole number of at most 2^63 - 1?
inline bool is_whole_number(const Json& value) {
  if (value.is_number_unsigned()) return value.get_ref<const std::uint64_t&>() <= std::uint64_t{INT64_MAX};
  return value.is_number_integer();
}

namespace detail {

// Builds a Json or an OrderedJson from events. Pointers to open containers stay valid: only the innermost one grows.
template <class Value>
class JsonBuilder final : public JsonHandler {
 public:
  void scalar(Json&& value) override { *slot() = std::move(value); }
  void begin(JsonContainer container) override {
    Value* place = slot();
    *place = Value(container == JsonContainer::object ? Value::value_t::object : Value::value_t::array);
    open_.push_back(place);
  }
  void end(JsonContainer container) override {
    if constexpr (!sorted) {
      if (container == JsonContainer::object) refuse_repeated_keys(object());
    }
    open_.pop_back();
  }
  void key(std::string&& name) override {
    if constexpr (sorted) {
      auto [at, is_new] = object().try_emplace(std::move(name));
      if (!is_new) refuse(at->first);
      member_ = &at->second;
    } else {
      // The ordered map's own insertion walks over all keys; its base is a plain vector.
      std::vector<std::pair<const std::string, Value>>& members = object();
      member_ = &members.emplace_back(std::move(name), Value()).second;
    }
  }
  Value take() { return std::move(root_); }

 private:
  static constexpr bool sorted = std::is_same_v<Value, Json>;

  typename Value::object_t& object() { return open_.back()->template get_ref<typename Value::object_t&>(); }

  Value* slot() {
    if (open_.empty()) return &root_;
    if (open_.back()->is_object()) return member_;
    auto& items = open_.back()->template get_ref<typename Value::array_t&>();
    return &items.emplace_back();
  }

  static void refuse_repeated_keys(const typename Value::object_t& members) {
    std::set<std::string_view> keys;
    for (const auto& [key, value] : members)
      if (!keys.insert(key).second) refuse(key);
  }
  [[noreturn]] static void refuse(std::string_view key) {
    throw JsonRefusal{"every key once in an object", etalon::quoted(key) + " twice", "keep one of them"};
  }

  Value root_;
  std::vector<Value*> open_;
  Value* member_ = nullptr;  // where the value of the last key goes
};

template <class Value>
Value parse(std::string_view text, const std::string& where, JsonLimits limits) {
  JsonBuilder<Value> builder;
  read_json_events(text, where, limits, builder);
  return builder.take();
}

}  // namespace detail

// where: the text's name in messages. Throws Error.
inline Json parse_json(std::string_view text, const std::string& where, JsonLimits limits = {}) {
  return detail::parse<Json>(text, where, limits);
}

// The same from a file; messages name its path.
inline Json read_json(const std::filesystem::path& path, JsonLimits limits = {}) {
  const MappedFile file = MappedFile::open(path);
  return parse_json(file.text(), path.string(), limits);
}

}  // namespace etalon::io
