#pragma once
// Files for fuzz targets whose subject opens files: a folder of their own, in memory where the system has such a place.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace etalon::fuzz {

// Removed when the process ends in good order.
class ScratchFiles {
 public:
  ScratchFiles() {
    const std::filesystem::path memory = "/dev/shm";
    const bool has_memory = ::access(memory.c_str(), W_OK) == 0;
    std::string pattern = (has_memory ? memory : std::filesystem::temp_directory_path()) / "etalon-fuzz-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ScratchFiles(const ScratchFiles&) = delete;
  ScratchFiles& operator=(const ScratchFiles&) = delete;
  ~ScratchFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  const std::filesystem::path& folder() const { return folder_; }
  std::string write(const char* name, std::string_view content) const {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    return path.string();
  }

 private:
  std::filesystem::path folder_;
};

// A safetensors file of this header: its length, the text, the data.
inline std::string safetensors_of(std::string_view header, std::string_view data) {
  std::string file(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>(std::uint64_t{header.size()} >> (8 * i) & 0xff);
  return file.append(header).append(data);
}

}  // namespace etalon::fuzz
