#pragma once
// A model folder in the layout Hugging Face uses, and plain words for what is usually wrong with one.
//
//   config.json, model.safetensors or model.safetensors.index.json with its shards, tokenizer.json …
//
// Left out: what the files hold (config.hpp, checkpoint.hpp).
#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <etalon/error.hpp>

namespace etalon::io {

inline constexpr std::string_view config_name = "config.json";
inline constexpr std::string_view single_name = "model.safetensors";
inline constexpr std::string_view index_name = "model.safetensors.index.json";

inline bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}
inline bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

namespace detail {

// "deepseek-ai/DeepSeek-V3": what the hub calls a model, and what no path looks like by accident.
inline bool looks_like_hub_id(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == text.npos || slash == 0 || slash + 1 == text.size() || text.front() == '.' || text.front() == '~') {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '/' || c == '-' ||
           c == '_' || c == '.';
  }) && text.find('/', slash + 1) == text.npos;
}

// File names in the folder, sorted; at most `limit` of them.
inline std::vector<std::string> names_in(const std::filesystem::path& folder, std::size_t limit = 10'000) {
  std::vector<std::string> names;
  std::error_code problem;
  for (std::filesystem::directory_iterator at(folder, problem), end; !problem && at != end; at.increment(problem)) {
    if (names.size() == limit) break;
    names.push_back(at->path().filename().string());
  }
  if (problem) throw Error(folder.string(), "a readable folder", problem.message(), "check its permissions");
  std::sort(names.begin(), names.end());
  return names;
}

inline bool any_ends_with(const std::vector<std::string>& names, std::string_view ending) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return name.ends_with(ending); });
}

inline std::string listed(const std::vector<std::string>& names, std::size_t limit = 6) {
  if (names.empty()) return "an empty folder";
  std::string text = "only ";
  for (std::size_t i = 0; i < names.size() && i < limit; ++i) {
    text += (i == 0 ? "" : ", ") + etalon::quoted(names[i], 48);
  }
  if (names.size() > limit) text += " and " + std::to_string(names.size() - limit) + " more";
  return text;
}

inline void check_is_folder(const std::filesystem::path& path) {
  const std::string where = path.string(), expected = "a model folder";
  if (is_folder(path)) return;
  std::error_code problem;
  const bool exists = std::filesystem::exists(path, problem);
  if (problem) throw Error(where, expected, problem.message(), "check the path and the permissions");
  if (exists && path.extension() == ".gguf") {
    throw Error(where, expected, "a GGUF file", "use the folder of the model in its safetensors form");
  }
  if (exists) throw Error(where, expected, "a file", "name the folder that holds config.json and the weights");
  if (looks_like_hub_id(where)) {
    throw Error(where, expected, "nothing there, but it looks like the id of a model on the Hugging Face hub",
                "download it first (hf download " + where + " --local-dir DIR) and name that folder");
  }
  throw Error(where, expected, "nothing there", "check the path");
}

inline Error no_config(const std::filesystem::path& folder, const std::vector<std::string>& names) {
  const std::string expected = "config.json in the folder";
  if (any_ends_with(names, ".gguf")) {
    return Error(folder.string(), expected, "a GGUF file", "use the folder of the model in its safetensors form");
  }
  const bool nested = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return is_file(folder / name / config_name);
  });
  if (nested) return Error(folder.string(), expected, "one in a folder inside it", "name the inner folder");
  return Error(folder.string(), expected, listed(names), "download the whole model, not parts of it");
}

inline Error no_weights(const std::filesystem::path& folder, const std::vector<std::string>& names) {
  const std::string expected = "model.safetensors or model.safetensors.index.json in the folder";
  if (any_ends_with(names, ".safetensors")) {
    return Error(folder.string(), expected, "other .safetensors files but no index that names them",
                 "download model.safetensors.index.json too, or name one file itself");
  }
  if (any_ends_with(names, ".bin") || any_ends_with(names, ".pth") || any_ends_with(names, ".pt")) {
    return Error(folder.string(), expected, "weights in PyTorch's format only",
                 "use the model in its safetensors form, or convert it with save_pretrained of transformers");
  }
  if (any_ends_with(names, ".gguf")) {
    return Error(folder.string(), expected, "a GGUF file", "use the model in its safetensors form");
  }
  if (any_ends_with(names, "tokenizer.json") || any_ends_with(names, "tokenizer_config.json")) {
    return Error(folder.string(), expected, "a tokenizer and no weights", "download the *.safetensors files too");
  }
  return Error(folder.string(), expected, listed(names), "download the *.safetensors files");
}

}  // namespace detail

// Throws Error unless the path is a folder with config.json.
inline void check_has_config(const std::filesystem::path& folder) {
  detail::check_is_folder(folder);
  if (!is_file(folder / config_name)) throw detail::no_config(folder, detail::names_in(folder));
}

// Throws Error unless the path is a folder with weights or an index of them.
inline void check_has_weights(const std::filesystem::path& folder) {
  detail::check_is_folder(folder);
  if (is_file(folder / single_name) || is_file(folder / index_name)) return;
  throw detail::no_weights(folder, detail::names_in(folder));
}

// What every command that runs a model asks first.
inline void check_model_folder(const std::filesystem::path& folder) {
  check_has_config(folder);
  check_has_weights(folder);
}

}  // namespace etalon::io
