#pragma once
// Files for fuzz targets whose subject opens files: a folder of their own, in memory where the system has such a place.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <unistd.h>

#include "../io/scratch.hpp"

namespace etalon::fuzz {

inline std::filesystem::path quickest_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

// Removed when the process ends in good order.
struct ScratchFiles : test::Scratch {
  ScratchFiles() : Scratch(quickest_folder()) {}
};

// A safetensors file of this header: its length, the text, the data.
inline std::string safetensors_of(std::string_view header, std::string_view data) {
  std::string file(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>(std::uint64_t{header.size()} >> (8 * i) & 0xff);
  return file.append(header).append(data);
}

}  // namespace etalon::fuzz
