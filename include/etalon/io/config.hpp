#pragma once
// config.json, read field by field: every value checked for type and range before anything is built from it.
//
//   const Config config = Config::load("models/DeepSeek-V3");
//   const int experts = config.integer({"n_routed_experts", "num_experts"}, {1, 4096});
//   const double eps = config.number("rms_norm_eps", {0, 1}, 1e-6);
//   const Config scaling = config.object("rope_scaling");
//
// A field that is absent and one that is null mean the same: not given. A size must be written as a whole number
// (64, not 64.0); a number may be written either way; true is not 1.
// Every error says file, dotted path of the field, what was found and what is expected.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/io/folder.hpp>
#include <etalon/io/json.hpp>

namespace etalon::io {

// A field's name, or its several spellings: the first that is given counts.
struct Key {
  Key(const char* name) : spellings{name} {}
  Key(std::string name) : spellings{std::move(name)} {}
  Key(std::initializer_list<const char*> names) : spellings(names.begin(), names.end()) {}
  std::vector<std::string> spellings;
};

// Both ends included.
struct Range {
  std::int64_t min = 0, max = std::numeric_limits<int>::max();
};
struct Interval {
  double min = std::numeric_limits<double>::lowest(), max = std::numeric_limits<double>::max();
};

class Config {
 public:
  // A model folder or a config.json itself. Throws Error.
  static Config load(const std::filesystem::path& folder_or_file) {
    const bool is_itself = is_file(folder_or_file) && folder_or_file.extension() == ".json";
    if (!is_itself) check_has_config(folder_or_file);
    const auto path = is_itself ? folder_or_file : folder_or_file / config_name;
    return from_json(read_json(path, {.bytes = longest_text}), path.string());
  }
  // From memory; where: its name in messages.
  static Config parse(std::string_view text, const std::string& where) {
    return from_json(parse_json(text, where, {.bytes = longest_text}), where);
  }

  // Present and not null.
  bool has(const Key& key) const { return lookup(key).value != nullptr; }

  // Sizes and counts; a range wider than int still gives an int, or an Error.
  int integer(const Key& key, Range range) const { return to_integer(required(key, in_words(range)), range); }
  int integer(const Key& key, Range range, int otherwise) const {
    return optional_integer(key, range).value_or(otherwise);
  }
  std::optional<int> optional_integer(const Key& key, Range range) const {
    const Field field = lookup(key);
    return field.value ? std::optional(to_integer(field, range)) : std::nullopt;
  }

  double number(const Key& key, Interval range) const { return to_number(required(key, in_words(range)), range); }
  double number(const Key& key, Interval range, double otherwise) const {
    return optional_number(key, range).value_or(otherwise);
  }
  std::optional<double> optional_number(const Key& key, Interval range) const {
    const Field field = lookup(key);
    return field.value ? std::optional(to_number(field, range)) : std::nullopt;
  }

  bool boolean(const Key& key) const { return to_boolean(required(key, "true or false")); }
  bool boolean(const Key& key, bool otherwise) const {
    const Field field = lookup(key);
    return field.value ? to_boolean(field) : otherwise;
  }

  std::string text(const Key& key) const { return to_text(required(key, "a text")); }
  std::string text(const Key& key, std::string otherwise) const {
    const Field field = lookup(key);
    return field.value ? to_text(field) : std::move(otherwise);
  }

  // Lists; without `otherwise` the field must be given.
  std::vector<int> integers(const Key& key, Range range) const {
    return list<int>(required(key, "a list of whole numbers"),
                     [&](const Field& item) { return to_integer(item, range); });
  }
  std::vector<int> integers(const Key& key, Range range, std::vector<int> otherwise) const {
    return has(key) ? integers(key, range) : std::move(otherwise);
  }
  std::vector<double> numbers(const Key& key, Interval range) const {
    return list<double>(required(key, "a list of numbers"),
                        [&](const Field& item) { return to_number(item, range); });
  }
  std::vector<std::string> texts(const Key& key) const {
    return list<std::string>(required(key, "a list of texts"), [&](const Field& item) { return to_text(item); });
  }
  std::vector<std::string> texts(const Key& key, std::vector<std::string> otherwise) const {
    return has(key) ? texts(key) : std::move(otherwise);
  }
  bool is_list(const Key& key) const { return is(key, Json::value_t::array); }
  bool is_object(const Key& key) const { return is(key, Json::value_t::object); }

  // A nested object, e.g. rope_scaling; shares the text with this one.
  Config object(const Key& key) const {
    const Field field = required(key, "an object");
    if (!field.value->is_object()) throw unexpected(field, "an object");
    return Config(root_, field.value, where_, field.path);
  }
  std::optional<Config> optional_object(const Key& key) const {
    return has(key) ? std::optional(object(key)) : std::nullopt;
  }
  // The part that describes the language model: text_config where a multimodal model nests it, else everything.
  Config text_model() const { return has("text_config") ? object("text_config") : *this; }

  // Names of the fields given here, sorted.
  std::vector<std::string> keys() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : value_->get_ref<const Json::object_t&>()) {
      if (!value.is_null()) names.push_back(name);
    }
    return names;
  }

  // The Error for a field whose value is well-formed but cannot be used, e.g. an unknown activation.
  Error unsupported(const Key& key, const std::string& expected, const std::string& next = default_next) const {
    const Field field = lookup(key);
    const std::string found = field.value ? described(*field.value) : "nothing";
    return Error(where_ + ": " + path_of(key), expected, found, next);
  }
  // File and dotted path, for messages: "config.json: rope_scaling".
  std::string where() const { return path_.empty() ? where_ : where_ + ": " + path_; }
  const Json& json() const { return *value_; }

 private:
  static constexpr std::size_t longest_text = std::size_t{16} << 20;
  static constexpr const char* default_next = "correct the field, or use the model's own config.json";

  struct Field {
    std::string path;            // dotted, from the root
    const Json* value = nullptr;  // nullptr: not given
  };

  Config(std::shared_ptr<const Json> root, const Json* value, std::string where, std::string path)
      : root_(std::move(root)), value_(value), where_(std::move(where)), path_(std::move(path)) {}

  static Config from_json(Json root, const std::string& where) {
    if (!root.is_object()) throw Error(where, "a JSON object", described(root), "use the model's own config.json");
    auto shared = std::make_shared<const Json>(std::move(root));
    const Json* value = shared.get();
    return Config(std::move(shared), value, where, "");
  }

  std::string dotted(const std::string& name) const { return path_.empty() ? name : path_ + "." + name; }
  std::string path_of(const Key& key) const {
    const Field field = lookup(key);
    if (field.value) return field.path;
    std::string all;
    for (const std::string& name : key.spellings) all += (all.empty() ? "" : " or ") + dotted(name);
    return all;
  }

  Field lookup(const Key& key) const {
    for (const std::string& name : key.spellings) {
      const auto at = value_->find(name);
      if (at != value_->end() && !at->is_null()) return {dotted(name), &*at};
    }
    return {};
  }
  Field required(const Key& key, const std::string& expected) const {
    Field field = lookup(key);
    if (field.value) return field;
    bool is_null = false;
    for (const std::string& name : key.spellings) is_null = is_null || value_->contains(name);
    throw Error(where_ + ": " + path_of(key), expected, is_null ? "null" : "nothing", default_next);
  }
  bool is(const Key& key, Json::value_t type) const {
    const Field field = lookup(key);
    return field.value && field.value->type() == type;
  }

  Error unexpected(const Field& field, const std::string& expected) const {
    return Error(where_ + ": " + field.path, expected, described(*field.value), default_next);
  }

  int to_integer(const Field& field, Range range) const {
    constexpr std::int64_t int_min = std::numeric_limits<int>::min(), int_max = std::numeric_limits<int>::max();
    range = {std::max(range.min, int_min), std::min(range.max, int_max)};
    const Json& value = *field.value;
    if (!is_whole_number(value) || whole_number(value) < range.min || whole_number(value) > range.max) {
      throw unexpected(field, in_words(range));
    }
    return static_cast<int>(whole_number(value));
  }
  double to_number(const Field& field, Interval range) const {
    if (!field.value->is_number()) throw unexpected(field, in_words(range));
    const double value = real_number(*field.value);
    if (!(value >= range.min && value <= range.max)) throw unexpected(field, in_words(range));
    return value;
  }
  bool to_boolean(const Field& field) const {
    if (!field.value->is_boolean()) throw unexpected(field, "true or false");
    return field.value->get_ref<const bool&>();
  }
  std::string to_text(const Field& field) const {
    if (!field.value->is_string()) throw unexpected(field, "a text");
    return field.value->get_ref<const std::string&>();
  }

  template <class Item, class Convert>
  std::vector<Item> list(const Field& field, Convert convert) const {
    if (!field.value->is_array()) throw unexpected(field, "a list");
    std::vector<Item> items;
    for (std::size_t i = 0; i < field.value->size(); ++i) {
      items.push_back(convert(Field{field.path + "[" + std::to_string(i) + "]", &(*field.value)[i]}));
    }
    return items;
  }

  static std::string in_words(Range range) {
    return "a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max);
  }
  static std::string in_words(Interval range) {
    if (range.min == Interval{}.min && range.max == Interval{}.max) return "a number";
    std::ostringstream words;
    words << "a number from " << range.min << " to " << range.max;
    return words.str();
  }

  std::shared_ptr<const Json> root_;  // keeps value_ alive
  const Json* value_;                 // an object inside root_
  std::string where_, path_;
};

}  // namespace etalon::io
