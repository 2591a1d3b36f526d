#pragma once
// The JSON header of a safetensors file: names, types, shapes and places of the tensors, not yet checked against
// the file's size.
//
//   {"__metadata__": {"key": "text", …}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
//
// Source: the safetensors format. Read as a stream of events, so that a million tensors need no JSON tree.
// Refused here: whatever does not have this form, an unknown dtype, a number that is negative, fractional or
// beyond 2^63, a name or field twice.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/io/dtype.hpp>
#include <etalon/io/json.hpp>

namespace etalon::io {

// One tensor as the header states it. begin, end: bytes after the header.
struct HeaderEntry {
  std::string name;
  Dtype dtype{};
  std::vector<std::int64_t> shape = {};
  std::int64_t begin = 0, end = 0;
};

struct SafetensorsHeader {
  std::vector<HeaderEntry> entries;  // sorted by name
  std::map<std::string, std::string> metadata;
};

namespace detail {

// Receives the events. `level_` counts the open objects and arrays: 1 the header, 2 a tensor, 3 a list of numbers.
class HeaderEvents final : public JsonHandler {
 public:
  void begin(JsonContainer container) override {
    const bool is_object = container == JsonContainer::object;
    if (level_ == 0 && !is_object) refuse("an object of tensors", "a list");
    if (level_ == 1 && !is_object) refuse_entry("a list");
    if (level_ == 2 && (is_object || in_metadata_ || field_ == Field::dtype)) {
      refuse(wanted(), is_object ? "an object" : "a list");
    }
    if (level_ == 3) refuse("a whole number", is_object ? "an object" : "a list");
    ++level_;
    if (level_ == 2 && !in_metadata_) header_.entries.push_back({.name = std::move(name_)});
    seen_ = level_ == 2 ? 0 : seen_;
  }

  void end(JsonContainer) override {
    if (level_ == 3 && field_ == Field::offsets && offsets_read_ != 2) refuse("two data_offsets", "fewer");
    if (level_ == 2 && !in_metadata_) end_of_tensor();
    if (level_ == 2) in_metadata_ = false;
    --level_;
  }

  void key(std::string&& text) override {
    if (level_ == 1) {
      in_metadata_ = text == "__metadata__";
      if (in_metadata_ && std::exchange(metadata_seen_, true)) refuse("__metadata__ once", "it twice");
      name_ = std::move(text);
    } else if (in_metadata_) {
      name_ = std::move(text);
    } else {
      begin_field(text);
    }
  }

  void scalar(Json&& value) override {
    if (level_ == 0) refuse("an object of tensors", described(value));
    if (level_ == 1) refuse_entry(described(value));
    if (in_metadata_) return metadata(value);
    if (level_ == 3) return number(value);
    if (field_ != Field::dtype || !value.is_string()) refuse(wanted(), described(value));
    const auto dtype = dtype_named(value.get_ref<const std::string&>());
    if (!dtype) refuse("a dtype of the safetensors format (F32, BF16, F8_E4M3, U8, …)", described(value));
    header_.entries.back().dtype = *dtype;
  }

  SafetensorsHeader take() {
    std::sort(header_.entries.begin(), header_.entries.end(),
              [](const HeaderEntry& a, const HeaderEntry& b) { return a.name < b.name; });
    return std::move(header_);
  }

 private:
  enum class Field { dtype, shape, offsets };
  static constexpr std::string_view field_names[] = {"dtype", "shape", "data_offsets"};

  void begin_field(const std::string& text) {
    const auto* at = std::find(std::begin(field_names), std::end(field_names), text);
    if (at == std::end(field_names)) refuse("dtype, shape or data_offsets", "the field " + etalon::quoted(text));
    const auto index = at - std::begin(field_names);
    if (seen_ & (1u << index)) refuse("every field once", etalon::quoted(text) + " twice");
    seen_ |= 1u << index;
    field_ = static_cast<Field>(index);
    offsets_read_ = 0;
  }

  void end_of_tensor() {
    for (unsigned i = 0; i < std::size(field_names); ++i) {
      if (!(seen_ & (1u << i))) refuse("dtype, shape and data_offsets", "no " + std::string(field_names[i]));
    }
  }

  void metadata(const Json& value) {
    if (!value.is_string()) refuse("__metadata__ of texts", etalon::quoted(name_) + " with " + described(value));
    if (header_.metadata.contains(name_)) refuse("every key of __metadata__ once", etalon::quoted(name_) + " twice");
    header_.metadata.emplace(std::move(name_), value.get_ref<const std::string&>());
  }

  void number(const Json& value) {
    // The parser gives std::uint64_t to what is written without sign, fraction or exponent and fits.
    if (!value.is_number_unsigned() || !is_whole_number(value)) {
      refuse("a whole number from 0 to 2^63 - 1 in " + std::string(field_names[static_cast<int>(field_)]),
             described(value));
    }
    HeaderEntry& entry = header_.entries.back();
    const std::int64_t n = whole_number(value);
    if (field_ == Field::shape) {
      entry.shape.push_back(n);
      return;
    }
    if (offsets_read_ == 2) refuse("two data_offsets", "more");
    (offsets_read_ == 0 ? entry.begin : entry.end) = n;
    ++offsets_read_;
  }

  std::string wanted() const {
    if (in_metadata_) return "__metadata__ of texts";
    if (field_ == Field::dtype) return "the name of a dtype";
    return field_ == Field::shape ? "a list of whole numbers as shape" : "two whole numbers as data_offsets";
  }

  // Something else than an object under a name of the header.
  [[noreturn]] void refuse_entry(const std::string& found) const {
    if (in_metadata_) refuse("__metadata__ of texts", found);
    refuse("an object with dtype, shape and data_offsets", found + " for tensor " + etalon::quoted(name_));
  }
  [[noreturn]] void refuse(std::string expected, std::string found) const {
    if (level_ >= 2 && !in_metadata_ && !header_.entries.empty()) {
      found += " in tensor " + etalon::quoted(header_.entries.back().name);
    }
    throw JsonRefusal{std::move(expected), std::move(found), "the file is damaged or no safetensors; fetch it again"};
  }

  SafetensorsHeader header_;
  std::string name_;            // the last key of level 1 or of the metadata
  Field field_ = Field::dtype;  // the last key of level 2
  unsigned seen_ = 0;           // bit i: field i of the open tensor was there
  int level_ = 0, offsets_read_ = 0;
  bool in_metadata_ = false, metadata_seen_ = false;
};

}  // namespace detail

// text: the header's bytes, trailing spaces included. Throws Error; duplicate names are left to the caller, who sorts.
inline SafetensorsHeader read_safetensors_header(std::string_view text, const std::string& where) {
  detail::HeaderEvents events;
  read_json_events(text, where + " (header)", JsonLimits{}, events);
  return events.take();
}

}  // namespace etalon::io
