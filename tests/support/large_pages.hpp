#pragma once
// Has the system been asked for large pages where this memory is mapped?
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace etalon::test {

// Nothing where the system does not tell: no /proc/self/smaps, or no large pages to ask for.
inline std::optional<bool> asked_for_large_pages(const void* memory) {
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) return std::nullopt;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t first = 0, end = 0;
    char dash = 0;
    if (words >> std::hex >> first >> dash >> end && dash == '-') here = first <= address && address < end;
    if (here && line.starts_with("VmFlags:")) return (line + " ").find(" hg ") != line.npos;
  }
  return std::nullopt;
}

}  // namespace etalon::test
