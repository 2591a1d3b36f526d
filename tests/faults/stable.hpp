#pragma once
// What no planted fault touches, apart from the rest so that it is compiled once a run: files and configurations.
//
// faults.py makes a precompiled header of this and an object of stable.cpp; checker.cpp, which is compiled for every
// fault, then holds nothing but the model.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <etalon/io/checkpoint.hpp>
#include <etalon/io/config.hpp>
#include <etalon/io/rope_config.hpp>
#include <etalon/io/safetensors_writer.hpp>

namespace etalon::test {

std::shared_ptr<const io::Checkpoint> open_checkpoint(const std::filesystem::path& folder_or_file);

// io::Config behind functions that are not inline: a ConfigSource (families/settings.hpp).
struct StableConfig {
  std::shared_ptr<const io::Config> config;

  explicit StableConfig(const std::filesystem::path& folder);
  int integer(const io::Key& key, io::Range range) const;
  int integer(const io::Key& key, io::Range range, int otherwise) const;
  std::optional<int> optional_integer(const io::Key& key, io::Range range) const;
  double number(const io::Key& key, io::Interval range, double otherwise) const;
  bool boolean(const io::Key& key, bool otherwise) const;
  std::string text(const io::Key& key, std::string otherwise) const;
  std::vector<int> integers(const io::Key& key, io::Range range) const;
  std::vector<int> integers(const io::Key& key, io::Range range, std::vector<int> otherwise) const;
  std::vector<std::string> texts(const io::Key& key, std::vector<std::string> otherwise) const;
  io::Config object(const io::Key& key) const;
  bool has(const io::Key& key) const;
  std::string where() const;
  Error unsupported(const io::Key& key, const std::string& expected, const std::string& next = {}) const;
};

io::RopeConfig read_rope(const StableConfig& config, const std::string& layer_type, double default_theta,
                         double default_partial = 1.0);

}  // namespace etalon::test
