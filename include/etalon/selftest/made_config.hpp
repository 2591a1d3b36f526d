#pragma once
// A configuration that is stated in code: what the families read their sizes from in the self-test, which has no files.
//
//   const MadeConfig config{{"hidden_size", 64.0}, {"rope_parameters.rope_type", "yarn"}, {"layer_types", list}};
//
// A nested object is a dotted front. Meets ConfigSource (families/settings.hpp); ranges are not checked, since nobody
// gives these fields from outside.
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/families/settings.hpp>

namespace etalon {

class MadeConfig {
 public:
  using Value = std::variant<bool, double, std::string, std::vector<int>, std::vector<std::string>>;
  using Field = std::pair<std::string, Value>;
  using Names = std::vector<std::string>;   // a field's several spellings
  struct Range { long long min, max; };
  struct Interval { double min, max; };

  MadeConfig(std::initializer_list<Field> fields) : fields_(fields) {}

  bool has(const std::string& name) const {
    for (const Field& field : fields_)
      if (field.first == front_ + name || field.first.starts_with(front_ + name + ".")) return true;
    return false;
  }
  int integer(const Names& names, Range) const { return static_cast<int>(std::get<double>(need(names))); }
  int integer(const char* name, Range range) const { return integer(Names{name}, range); }
  int integer(const char* name, Range range, int otherwise) const {
    return find({name}) ? integer(name, range) : otherwise;
  }
  std::optional<int> optional_integer(const char* name, Range range) const {
    return find({name}) ? std::optional(integer(name, range)) : std::nullopt;
  }
  double number(const char* name, Interval, double otherwise) const { return value<double>(name, otherwise); }
  std::optional<double> optional_number(const char* name) const {
    return find({name}) ? std::optional(std::get<double>(need({name}))) : std::nullopt;
  }
  bool boolean(const char* name, bool otherwise) const { return value<bool>(name, otherwise); }
  std::string text(const char* name, const std::string& otherwise) const { return value(name, otherwise); }
  std::vector<std::string> texts(const char* name, const std::vector<std::string>& otherwise) const {
    return value(name, otherwise);
  }
  std::vector<int> integers(const char* name, Range) const { return std::get<std::vector<int>>(need({name})); }
  std::vector<int> integers(const char* name, Range, const std::vector<int>& otherwise) const {
    return value(name, otherwise);
  }
  MadeConfig object(const std::string& name) const {
    MadeConfig inner = *this;
    inner.front_ += name + ".";
    return inner;
  }

  std::string where() const { return "the self-test"; }
  Error unsupported(const Names& names, const std::string& expected, const std::string& next = "") const {
    return Error(where() + ": " + names.front(), expected, "another value", next);
  }
  Error unsupported(const char* name, const std::string& expected, const std::string& next = "") const {
    return unsupported(Names{name}, expected, next);
  }

 private:
  const Value* find(const Names& names) const {
    for (const std::string& name : names)
      for (const Field& field : fields_)
        if (field.first == front_ + name) return &field.second;
    return nullptr;
  }
  const Value& need(const Names& names) const {
    if (const Value* found = find(names)) return *found;
    throw unsupported(names, "a value");
  }
  template <class T> T value(const char* name, const T& otherwise) const {
    const Value* found = find({name});
    return found ? std::get<T>(*found) : otherwise;
  }

  std::vector<Field> fields_;
  std::string front_;   // of the nested object this stands for
};

// The rotary parameters, one set or one for each type of layer.
inline RopeSettings read_rope(const MadeConfig& config, const std::string& layer_type, double default_theta,
                              double default_partial) {
  const MadeConfig all = config.object("rope_parameters");
  const MadeConfig given = !layer_type.empty() && all.has(layer_type) ? all.object(layer_type) : all;
  RopeSettings rope;
  rope.type = given.text("rope_type", "default");
  rope.theta = given.number("rope_theta", {}, default_theta);
  rope.partial = given.number("partial_rotary_factor", {}, default_partial);
  rope.factor = given.number("factor", {}, 1.0);
  rope.original_max_position = given.integer("original_max_position_embeddings", {}, 4096);
  rope.beta_fast = given.number("beta_fast", {}, 32.0);
  rope.mscale = given.optional_number("mscale");
  rope.mscale_all_dim = given.optional_number("mscale_all_dim");
  rope.attention_factor = given.optional_number("attention_factor");
  rope.truncate = given.boolean("truncate", true);
  return rope;
}

}  // namespace etalon
