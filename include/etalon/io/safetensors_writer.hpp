#pragma once
// Writes tensors and text metadata as one safetensors file, whole or not at all.
//
// The order in the file is that of the format's own library: by element size, largest first, then by name; so equal
// content gives equal bytes, and every tensor is aligned to its elements. The header is padded with spaces to 8 bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/io/atomic_file.hpp>
#include <etalon/io/json.hpp>
#include <etalon/io/safetensors.hpp>

namespace etalon::io {

class SafetensorsWriter {
 public:
  SafetensorsWriter() = default;
  SafetensorsWriter(SafetensorsWriter&&) = default;  // a copy's entries would view the original's bytes
  SafetensorsWriter& operator=(SafetensorsWriter&&) = default;

  // Bytes the caller keeps alive until write() returns.
  void add_borrowed(std::string name, Dtype dtype, std::vector<std::int64_t> shape, std::span<const std::byte> bytes) {
    add_entry({std::move(name), dtype, std::move(shape), {}, bytes});
  }
  // Bytes the writer keeps.
  void add_owned(std::string name, Dtype dtype, std::vector<std::int64_t> shape, std::vector<std::byte> bytes) {
    const std::span<const std::byte> view = bytes;
    add_entry({std::move(name), dtype, std::move(shape), std::move(bytes), view});
  }
  // A copy of values that are already in the file's form (little-endian float, double, integers).
  template <class T>
  void add_copy(std::string name, Dtype dtype, std::vector<std::int64_t> shape, std::span<const T> values) {
    const auto bytes = std::as_bytes(values);
    add_owned(std::move(name), dtype, std::move(shape), {bytes.begin(), bytes.end()});
  }
  void set_metadata(std::string key, std::string text) { metadata_[std::move(key)] = std::move(text); }

  // Throws Error; then the destination is as it was.
  void write(const std::filesystem::path& path) const {
    const std::vector<const Entry*> order = in_file_order(path.string());
    const std::string header = header_of(order, path.string());
    AtomicFile file(path);
    std::byte length[8];
    for (int i = 0; i < 8; ++i) length[i] = static_cast<std::byte>(header.size() >> (8 * i) & 0xff);
    file.write(std::span<const std::byte>(length));
    file.write(header);
    for (const Entry* entry : order) file.write(entry->bytes);
    file.commit();
  }

  // Throws the Error that write() would meet, as far as it can be known now. Ask before long work.
  static void probe(const std::filesystem::path& path) { probe_writable(path); }

 private:
  struct Entry {
    std::string name;
    Dtype dtype{};
    std::vector<std::int64_t> shape;
    std::vector<std::byte> owned;
    std::span<const std::byte> bytes;  // of `owned` (a vector's bytes stay in place when it moves) or borrowed
  };

  void add_entry(Entry entry) {
    const auto size = byte_count(entry.dtype, entry.shape);
    if (!size || *size != entry.bytes.size()) {
      throw Error("tensor " + etalon::quoted(entry.name),
                  "bytes that fill " + described_shape(entry.dtype, entry.shape),
                  std::to_string(entry.bytes.size()) + " bytes", "give shape and bytes of one tensor");
    }
    entries_.push_back(std::move(entry));
  }

  std::vector<const Entry*> in_file_order(const std::string& where) const {
    std::vector<const Entry*> order;
    std::set<std::string_view> names;
    for (const Entry& entry : entries_) {
      const bool twice = !names.insert(entry.name).second;
      if (twice || entry.name == "__metadata__") {
        throw Error(where, "every tensor under a name of its own", "tensor " + etalon::quoted(entry.name) +
                    (twice ? " twice" : ", a name the format keeps"), "rename one");
      }
      order.push_back(&entry);
    }
    std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
      return bits_of(a->dtype) != bits_of(b->dtype) ? bits_of(a->dtype) > bits_of(b->dtype) : a->name < b->name;
    });
    return order;
  }

  std::string header_of(const std::vector<const Entry*>& order, const std::string& where) const {
    std::string text = "{";
    for (const auto& [key, value] : metadata_)
      text += (text.size() > 1 ? "," : "\"__metadata__\":{") + dumped(key, where) + ":" + dumped(value, where);
    if (!metadata_.empty()) text += "}";
    std::uint64_t offset = 0;
    for (const Entry* entry : order) {
      const std::uint64_t end = offset + entry->bytes.size();
      text += (text.size() > 1 ? "," : "") + dumped(entry->name, where) + ":{\"dtype\":\"" +
              std::string(name_of(entry->dtype)) + "\",\"shape\":" + list_of(entry->shape) + ",\"data_offsets\":[" +
              std::to_string(offset) + "," + std::to_string(end) + "]}";
      offset = end;
    }
    text += "}";
    text.resize((text.size() + 7) / 8 * 8, ' ');
    if (text.size() > detail::longest_header) {
      throw Error(where, "a header within the format's 100 MB", std::to_string(text.size()) + " bytes",
                  "write fewer tensors in one file");
    }
    return text;
  }

  static std::string list_of(const std::vector<std::int64_t>& numbers) {
    std::string text = "[";
    for (std::int64_t number : numbers) text += (text.size() > 1 ? "," : "") + std::to_string(number);
    return text + "]";
  }

  static std::string dumped(const std::string& text, const std::string& where) {
    try {
      return Json(text).dump();
    } catch (const Json::type_error&) {
      throw Error(where, "names and metadata in UTF-8", "other bytes", "check what the name or text was made of");
    }
  }

  std::vector<Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace etalon::io
