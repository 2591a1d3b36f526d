#pragma once
// A folder that lives as long as a test, and the message of the Error a piece of code throws.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <etalon/error.hpp>

namespace etalon::test {

class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& where = std::filesystem::temp_directory_path()) {
    std::string pattern = (where / "etalon-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot create a folder for tests");
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, std::string_view content) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    return file;
  }

 private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Where the golden checkpoints are; tests run in the root of the source tree unless the build says where that is.
inline std::filesystem::path golden_models() {
#ifdef ETALON_SOURCE_DIR
  return std::filesystem::path(ETALON_SOURCE_DIR) / "tests/golden/models";
#else
  return "tests/golden/models";
#endif
}

// Number of what the folder holds, e.g. to show that no temporary file is left.
inline std::size_t count_files(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.exists() || entry.is_symlink();
  return count;
}

template <class Act>
std::string error_of(Act act) {
  try {
    act();
  } catch (const etalon::Error& error) {
    return error.what();
  }
  return "no error";
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace etalon::test
