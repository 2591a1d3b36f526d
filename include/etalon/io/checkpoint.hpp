#pragma once
// All tensors of a model: one safetensors file, or the shards that model.safetensors.index.json names.
//
//   {"metadata": {…}, "weight_map": {"model.norm.weight": "model-00002-of-00002.safetensors", …}}
//
// Source: the index that Hugging Face's save_pretrained writes. An index must be right: every tensor in the shard it
// names, every shard's tensors named. All its problems come in one Error.
//
// A folder with both model.safetensors and an index: the single file is used (as transformers does) if it is sound
// and holds every tensor of the index; otherwise the index is. notes() says which.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <etalon/error.hpp>
#include <etalon/io/folder.hpp>
#include <etalon/io/json.hpp>
#include <etalon/io/mapped_file.hpp>
#include <etalon/io/safetensors.hpp>

namespace etalon::io {

// Are files of so many bytes better read 2 MB at a time? They decode some 7 % faster as long as they are in memory, but
// come from the disk a quarter slower the first time: so not where they may have to come again.
constexpr bool worth_large_pages(std::uint64_t bytes, std::uint64_t memory) { return bytes <= memory / 2; }

// Bytes; 0 where the system does not say.
inline std::uint64_t physical_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : 0;
}

// Move only; TensorInfo::bytes point into the mapped files it owns.
class Checkpoint {
 public:
  Checkpoint(Checkpoint&&) = default;
  Checkpoint& operator=(Checkpoint&&) = default;

  // A model folder, a .safetensors file, or an index (.json). Throws Error.
  static Checkpoint open(const std::filesystem::path& folder_or_file);
  // One .safetensors file, whatever it is called. Throws Error.
  static Checkpoint open_file(const std::filesystem::path& file) {
    Checkpoint checkpoint;
    checkpoint.add_file(file);
    return checkpoint;
  }

  // The tensor of that name or nullptr; O(log n).
  const TensorInfo* find(std::string_view name) const {
    auto at = std::lower_bound(tensors_.begin(), tensors_.end(), name,
                               [](const TensorInfo& info, std::string_view key) { return info.name < key; });
    return at != tensors_.end() && at->name == name ? &*at : nullptr;
  }
  const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }  // sorted by name
  // __metadata__ of all files; where two disagree on a key, the first file's (by name) value.
  const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
  const std::vector<MappedFile>& files() const noexcept { return files_; }
  // Throws Error where somebody wrote to a file since it was opened.
  void check_unchanged() const {
    for (const MappedFile& file : files_) file.check_unchanged();
  }
  // Choices made on opening that a user may want to know.
  const std::vector<std::string>& notes() const noexcept { return notes_; }

 private:
  Checkpoint() = default;
  static Checkpoint opened(const std::filesystem::path& folder_or_file);
  static Checkpoint open_index(const std::filesystem::path& index);
  static std::optional<Checkpoint> complete_single(const std::filesystem::path& folder);

  void add_file(const std::filesystem::path& path) {
    MappedFile file = MappedFile::open(path);
    SafetensorsContent content = parse_safetensors(file.bytes(), path.string());
    std::move(content.tensors.begin(), content.tensors.end(), std::back_inserter(tensors_));
    metadata_.merge(content.metadata);
    files_.push_back(std::move(file));
  }

  void ask_for_large_pages() const {
    std::uint64_t bytes = 0;
    for (const MappedFile& file : files_) bytes += file.bytes().size();
    if (!worth_large_pages(bytes, physical_memory())) return;
    for (const MappedFile& file : files_) file.ask_for_large_pages();
  }

  std::vector<MappedFile> files_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::string> notes_;
};

namespace detail {

// Problems of one file, collected so that a reader can mend them in one go.
class Problems {
 public:
  void add(std::string problem) {
    if (++count_ <= most_listed) list_ += (list_.empty() ? "" : "; ") + std::move(problem);
  }
  void throw_if_any(const std::string& where, const std::string& expected, const std::string& next) const {
    if (count_ == 0) return;
    const bool more = count_ > most_listed;
    throw Error(where, expected, list_ + (more ? "; and " + std::to_string(count_ - most_listed) + " more" : ""), next);
  }

 private:
  static constexpr std::size_t most_listed = 12;
  std::size_t count_ = 0;
  std::string list_;
};

using WeightMap = std::map<std::string, std::string>;  // tensor → shard

// A shard lies beside its index: a plain file name, nothing that leads elsewhere.
inline bool is_plain_shard_name(const std::string& name) {
  return name.ends_with(".safetensors") && name.find_first_of(std::string_view("/\\\0", 3)) == name.npos &&
         name != ".safetensors" && name.size() <= 255;
}

inline WeightMap read_weight_map(const std::filesystem::path& index) {
  const std::string where = index.string(), next = "fetch the index again";
  const Json root = read_json(index, {.bytes = 100'000'000});
  if (!root.is_object() || !root.contains("weight_map") || !root["weight_map"].is_object()) {
    const bool has = root.is_object() && root.contains("weight_map");
    throw Error(where, "an object weight_map of tensor names and shards",
                has ? described(root["weight_map"]) : root.is_object() ? "no weight_map" : described(root), next);
  }
  WeightMap map;
  Problems problems;
  for (const auto& [tensor, shard] : root["weight_map"].get_ref<const Json::object_t&>()) {
    if (!shard.is_string()) {
      problems.add(described(shard) + " for tensor " + etalon::quoted(tensor));
    } else if (!is_plain_shard_name(shard.get_ref<const std::string&>())) {
      problems.add(described(shard) + " for tensor " + etalon::quoted(tensor));
    } else {
      map.emplace(tensor, shard.get_ref<const std::string&>());
    }
  }
  problems.throw_if_any(where, "shard names that are plain names of .safetensors files beside the index", next);
  if (map.empty()) throw Error(where, "a weight_map with tensors", "an empty one", next);
  return map;
}

// Compares what the index says with what the shards hold. tensors: of all opened shards, sorted by name, then file.
inline void check_index(const WeightMap& map, const std::map<std::string, bool>& opened,
                        const std::filesystem::path& folder, const std::vector<TensorInfo>& tensors,
                        Problems& problems) {
  for (const TensorInfo& info : tensors) {
    const auto at = map.find(info.name);
    const std::string name = "tensor " + etalon::quoted(info.name);
    const std::string file = std::filesystem::path(info.file).filename().string();
    if (at == map.end()) {
      problems.add(name + " in " + file + ", which the index does not name");
    } else if (info.file != (folder / at->second).string()) {
      problems.add(name + " in " + file + " instead of " + at->second);
    }
  }
  auto at = tensors.begin();
  for (const auto& [tensor, shard] : map) {
    while (at != tensors.end() && at->name < tensor) ++at;
    const bool somewhere = at != tensors.end() && at->name == tensor;
    if (!somewhere && opened.at(shard)) problems.add("tensor " + etalon::quoted(tensor) + " absent from " + shard);
  }
}

}  // namespace detail

inline Checkpoint Checkpoint::open_index(const std::filesystem::path& index) {
  const detail::WeightMap map = detail::read_weight_map(index);
  const std::filesystem::path folder = index.parent_path();
  detail::Problems problems;
  Checkpoint checkpoint;
  std::map<std::string, bool> opened;  // shard → was it sound
  for (const auto& [tensor, shard] : map) opened.emplace(shard, false);
  for (auto& [shard, sound] : opened) {
    try {
      checkpoint.add_file(folder / shard);
      sound = true;
    } catch (const Error& error) {
      problems.add(error.what());
    }
  }
  std::sort(checkpoint.tensors_.begin(), checkpoint.tensors_.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return a.name != b.name ? a.name < b.name : a.file < b.file;
  });
  detail::check_index(map, opened, folder, checkpoint.tensors_, problems);
  problems.throw_if_any(index.string(), "every tensor in the shard that the index names",
                        "fetch the named files again, and the index with them");
  return checkpoint;
}

// model.safetensors of a folder that also has an index, if it can stand alone.
inline std::optional<Checkpoint> Checkpoint::complete_single(const std::filesystem::path& folder) {
  try {
    Checkpoint single = open_file(folder / single_name);
    for (const auto& [tensor, shard] : detail::read_weight_map(folder / index_name)) {
      if (single.find(tensor) == nullptr) return std::nullopt;
    }
    return single;
  } catch (const Error&) {
    return std::nullopt;  // whatever is wrong with the index, opening it says so
  }
}

inline Checkpoint Checkpoint::open(const std::filesystem::path& path) {
  Checkpoint checkpoint = opened(path);
  checkpoint.ask_for_large_pages();
  return checkpoint;
}

inline Checkpoint Checkpoint::opened(const std::filesystem::path& path) {
  const bool names_a_file = path.extension() == ".safetensors" && !is_folder(path);  // also where it is not there
  if (is_file(path) || names_a_file) {
    return path.extension() == ".json" ? open_index(path) : open_file(path);
  }
  check_has_weights(path);
  if (!is_file(path / index_name)) return open_file(path / single_name);
  if (!is_file(path / single_name)) return open_index(path / index_name);
  std::optional<Checkpoint> single = complete_single(path);
  Checkpoint checkpoint = single ? std::move(*single) : open_index(path / index_name);
  checkpoint.notes_.push_back(single ? "the folder also has an index of shards: model.safetensors holds all of it"
                                     : "the folder also has a model.safetensors that lacks tensors: the index is used");
  return checkpoint;
}

}  // namespace etalon::io
