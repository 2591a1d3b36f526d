#pragma once
// Model folders for tests: where the ones of this project are, and altered copies of them.
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <etalon/io/checkpoint.hpp>
#include <etalon/io/safetensors_writer.hpp>

#include "io/scratch.hpp"

namespace etalon::test {

inline std::filesystem::path bundled_models() {
  return golden_models().parent_path().parent_path().parent_path() / "models";
}

// The goldens of the DeepSeek-V3 family.
inline const std::vector<std::string>& deepseek_v3_cases() {
  static const std::vector<std::string> names{"deepseek_v3", "kimi_k2", "deepseek_v3_fp8", "deepseek_v3_f32_shards",
                                              "deepseek_v3_tied"};
  return names;
}

// Fills an empty folder with links to all files of a model folder, but with another file as its config.json.
inline void link_with_config(const std::filesystem::path& from, const std::string& config,
                             const std::filesystem::path& to) {
  for (const auto& entry : std::filesystem::directory_iterator(from))
    if (entry.path().filename() != "config.json")
      std::filesystem::create_symlink(std::filesystem::absolute(entry.path()), to / entry.path().filename());
  std::filesystem::copy_file(from / config, to / "config.json");
}

// config.json as text, with the value of one top-level field replaced (or the field added). json: the new value.
inline std::string config_with(const std::filesystem::path& folder, const std::string& field, const std::string& json) {
  io::Json config = io::read_json(folder / "config.json");
  config[field] = io::parse_json(json, "a test");
  return config.dump();
}

// One tensor on its way into an altered checkpoint; return nothing to leave it out.
struct Altered { std::string name; io::Dtype dtype; std::vector<std::int64_t> shape; std::vector<std::byte> bytes; };
using Alter = std::function<std::optional<Altered>(Altered)>;

// Writes to/model.safetensors: the tensors of `from`, each passed through `alter`, and `more`; and its config.json.
inline void write_altered(const std::filesystem::path& from, const std::filesystem::path& to, const Alter& alter,
                          const std::vector<Altered>& more = {}) {
  const io::Checkpoint checkpoint = io::Checkpoint::open(from);
  io::SafetensorsWriter writer;
  for (const io::TensorInfo& tensor : checkpoint.tensors()) {
    auto kept = alter({tensor.name, tensor.dtype, tensor.shape, {tensor.bytes.begin(), tensor.bytes.end()}});
    if (kept) writer.add_owned(kept->name, kept->dtype, kept->shape, std::move(kept->bytes));
  }
  for (const Altered& added : more) writer.add_owned(added.name, added.dtype, added.shape, added.bytes);
  std::filesystem::create_directories(to);
  writer.write(to / "model.safetensors");
  std::filesystem::copy_file(from / "config.json", to / "config.json",
                             std::filesystem::copy_options::overwrite_existing);
}

}  // namespace etalon::test
