#pragma once
// One safetensors file: named tensors, seen in place in its bytes.
//
//   u64 n (little-endian) | n bytes of JSON header | the tensors' bytes, without a gap, in any order of names
//
// Source: the safetensors format. Everything the header says is checked against the file before anyone uses it: what
// parse_safetensors returns holds shapes whose products fit and whose bytes lie in the file.
// Tensors need not be aligned: never cast `bytes` to a wider type, copy with memcpy.
// Cost: O(n log n) for n tensors; memory bounded by a small multiple of the header.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/io/dtype.hpp>
#include <etalon/io/recognise.hpp>
#include <etalon/io/safetensors_header.hpp>

namespace etalon::io {

struct TensorInfo {
  std::string name;
  Dtype dtype{};
  std::vector<std::int64_t> shape;   // outermost axis first; empty: a single number
  std::span<const std::byte> bytes;  // little-endian, row-major, possibly unaligned; lives as long as its file
  std::string file;                  // for messages
};

// "F32 [2, 3]"
inline std::string described_shape(Dtype dtype, const std::vector<std::int64_t>& shape) {
  std::string text = std::string(name_of(dtype)) + " [";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

// Bytes of a tensor; nothing where the product overflows, a size is negative, or the last byte is only partly used.
inline std::optional<std::uint64_t> byte_count(Dtype dtype, const std::vector<std::int64_t>& shape) {
  std::uint64_t bits = static_cast<std::uint64_t>(bits_of(dtype));
  for (std::int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(bits, static_cast<std::uint64_t>(size), &bits)) return std::nullopt;
  }
  return bits % 8 == 0 ? std::optional(bits / 8) : std::nullopt;
}

struct SafetensorsContent {
  std::vector<TensorInfo> tensors;  // sorted by name
  std::map<std::string, std::string> metadata;
};

namespace detail {

inline constexpr std::uint64_t longest_header = 100'000'000;  // the format's own limit
inline constexpr std::string_view fetch_again = "the file is cut short, damaged or no safetensors; fetch it again";

// Length of the header, compared with the file.
inline std::size_t header_length(std::span<const std::byte> file, const std::string& where) {
  if (const FileKind* kind = recognise(file)) {
    throw Error(where, "a safetensors file", std::string(kind->found), std::string(kind->next));
  }
  if (file.size() < 8) {
    throw Error(where, "a safetensors file of at least 8 bytes", std::to_string(file.size()) + " bytes",
                std::string(fetch_again));
  }
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | std::to_integer<std::uint64_t>(file[static_cast<size_t>(i)]);
  const std::uint64_t most = std::min<std::uint64_t>(file.size() - 8, longest_header);
  if (length > most) {
    throw Error(where, "a header of at most " + std::to_string(most) + " bytes",
                "one that claims " + std::to_string(length), std::string(fetch_again));
  }
  return static_cast<std::size_t>(length);
}

inline void check_size(const HeaderEntry& entry, std::uint64_t data_size, const std::string& where) {
  const std::string name = "tensor " + etalon::quoted(entry.name);
  const std::string offsets = "[" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "]";
  if (entry.begin > entry.end) {
    throw Error(where, name + " with data_offsets in ascending order", offsets, std::string(fetch_again));
  }
  if (static_cast<std::uint64_t>(entry.end) > data_size) {
    throw Error(where, name + " within the file's " + std::to_string(data_size) + " bytes of data",
                "data_offsets " + offsets, std::string(fetch_again));
  }
  const auto size = byte_count(entry.dtype, entry.shape);
  if (!size) {
    throw Error(where, name + " with a shape that fills whole bytes and fits into memory",
                described_shape(entry.dtype, entry.shape), std::string(fetch_again));
  }
  if (*size != static_cast<std::uint64_t>(entry.end - entry.begin)) {
    throw Error(where, name + " with " + std::to_string(*size) + " bytes for " +
                described_shape(entry.dtype, entry.shape), std::to_string(entry.end - entry.begin) + " bytes",
                std::string(fetch_again));
  }
}

// The format wants the tensors to fill the data without overlap and without holes.
inline void check_cover(const std::vector<HeaderEntry>& entries, std::uint64_t data_size, const std::string& where) {
  std::vector<std::uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(entries[a].begin, entries[a].end) < std::pair(entries[b].begin, entries[b].end);
  });
  std::int64_t reached = 0;
  for (std::uint32_t i : order) {
    const HeaderEntry& entry = entries[i];
    if (entry.begin != reached) {
      throw Error(where, "tensors that follow each other without overlap or hole",
                  "tensor " + etalon::quoted(entry.name) + " at byte " + std::to_string(entry.begin) + ", " +
                  (entry.begin < reached ? "inside another tensor that ends at " : "behind a hole that starts at ") +
                  std::to_string(reached), std::string(fetch_again));
    }
    reached = entry.end;
  }
  if (static_cast<std::uint64_t>(reached) != data_size) {
    throw Error(where, "data that ends with the last tensor, at byte " + std::to_string(reached),
                std::to_string(data_size) + " bytes of data", std::string(fetch_again));
  }
}

inline void check_entries(const SafetensorsHeader& header, std::uint64_t data_size, const std::string& where) {
  const auto& entries = header.entries;
  auto same_name = [](const HeaderEntry& a, const HeaderEntry& b) { return a.name == b.name; };
  const auto twice = std::adjacent_find(entries.begin(), entries.end(), same_name);
  if (twice != entries.end()) {
    throw Error(where, "every tensor once", "tensor " + etalon::quoted(twice->name) + " twice",
                std::string(fetch_again));
  }
  for (const HeaderEntry& entry : entries) check_size(entry, data_size, where);
  check_cover(entries, data_size, where);
}

}  // namespace detail

// The tensors of a whole file in memory; their bytes point into `file`. where: its name in messages. Throws Error.
inline SafetensorsContent parse_safetensors(std::span<const std::byte> file, const std::string& where) {
  const std::size_t length = detail::header_length(file, where);
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + 8, length);
  if (!text.starts_with('{')) {
    throw Error(where, "a header that starts with {", length == 0 ? "an empty one" : etalon::quoted(text, 16),
                std::string(detail::fetch_again));
  }
  SafetensorsHeader header = read_safetensors_header(text, where);
  const auto data = file.subspan(8 + length);
  detail::check_entries(header, data.size(), where);
  SafetensorsContent content{.tensors = {}, .metadata = std::move(header.metadata)};
  content.tensors.reserve(header.entries.size());
  for (HeaderEntry& entry : header.entries) {
    const auto begin = static_cast<std::size_t>(entry.begin), end = static_cast<std::size_t>(entry.end);
    content.tensors.push_back(
        {std::move(entry.name), entry.dtype, std::move(entry.shape), data.subspan(begin, end - begin), where});
  }
  return content;
}

}  // namespace etalon::io
