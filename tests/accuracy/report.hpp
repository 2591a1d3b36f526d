#pragma once
// What a program of tests/accuracy found: lines to compare with a file digit for digit, and claims that must hold.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace etalon::test {

inline std::string formatted(const char* format, auto... values) {
  char text[240];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

struct Report {
  std::vector<std::string> lines;
  int faults = 0;

  void require(bool holds, const std::string& claim) {
    if (!holds) ++faults, std::printf("FAILS: %s\n", claim.c_str());
  }

  // The whole file, line by line.
  void compare_with(const std::string& path) {
    std::ifstream file(path);
    require(file.good(), "cannot read " + path + " (run in the root of the source tree)");
    std::vector<std::string> expected;
    for (std::string line; std::getline(file, line);) expected.push_back(line);
    require(expected.size() == lines.size(), "the table has other rows than " + path);
    for (const std::string& line : lines)
      require(std::count(expected.begin(), expected.end(), line) > 0, "not as expected: " + line);
  }

  void print() const {
    for (const std::string& line : lines) std::printf("%s\n", line.c_str());
  }

  // The exit status.
  int finish(std::size_t rows) const {
    std::printf("%zu rows, %d faults\n", rows, faults);
    return faults == 0 ? 0 : 1;
  }
};

}  // namespace etalon::test
