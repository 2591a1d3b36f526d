// Runs a libFuzzer target without libFuzzer, so that every compiler can: files that are right, each changed at random a
// few times. Run n makes the same input on every machine; a crash names the command that repeats it.
//
//   fuzz_json FIRST LAST FILE…     runs FIRST … LAST - 1 on changed copies of the files; a folder stands for its files
//
// It is blind: it does not watch which code an input reaches. tests/fuzz/search.py does.
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// What breaks parsers: limits of integers and floats, half a character, deep nesting, keys and brackets astray.
const std::string telling[] = {
    "0", "-1", "255", "4294967296", "9223372036854775808", "18446744073709551616", "1e999", "-0.0", "1e-400", "NaN",
    "null", "true", "\"\"", "\"\\ud800\"", "{}", "[]", "[[[[[[[[", "}", "]", ",", ":", "\\", "\xff",
    std::string(1, '\0'), std::string(200, '['), std::string(300, '9'), std::string(8, '\xff'),
    std::string("\0\0\0\0\0\0\0\x80", 8)};

class Changes {
 public:
  explicit Changes(std::uint64_t run) : random_(run) {}

  std::string of(std::string text) {
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(text);
    return text;
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(random_() % limit); }

 private:
  void change(std::string& text) {
    const std::size_t place = below(below(text.size()) + 1);   // more often near the start, where headers are
    const std::size_t length = below(below(64) + 1) + 1;
    switch (below(6)) {
      case 0: text.resize(place); break;
      case 1: text.erase(place, length); break;
      case 2: text.insert(place, text.substr(below(text.size()), length)); break;
      case 3: text.insert(place, telling[below(std::size(telling))]); break;
      case 4: text.replace(place, length, telling[below(std::size(telling))]); break;
      default: if (place < text.size()) text[place] = static_cast<char>(text[place] ^ (1 << below(8)));
    }
  }
  std::mt19937_64 random_;
};

// The files themselves; for a folder its files in the order of their names.
std::vector<std::string> files_of(int count, char** names) {
  std::vector<std::string> files;
  for (int i = 0; i < count; ++i) {
    const std::size_t first = files.size();
    if (!std::filesystem::is_directory(names[i])) files.push_back(names[i]);
    else for (const auto& entry : std::filesystem::directory_iterator(names[i])) files.push_back(entry.path());
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
  }
  return files;
}

char repeat[4096] = "";

void crashed(int signal) {
  std::fputs(repeat, stderr);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return std::fprintf(stderr, "usage: %s FIRST LAST FILE...\n", arguments[0]), 2;
  std::vector<std::string> seeds;
  for (const std::string& name : files_of(count - 3, arguments + 3)) {
    std::ifstream file(name, std::ios::binary);
    if (!file) return std::fprintf(stderr, "%s: cannot be read\n", name.c_str()), 2;
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  for (int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL}) std::signal(signal, crashed);
  const std::uint64_t first = std::strtoull(arguments[1], nullptr, 10), last = std::strtoull(arguments[2], nullptr, 10);
  for (std::uint64_t run = first; run < last; ++run) {
    Changes changes(run);
    const std::size_t seed = changes.below(seeds.size());
    std::snprintf(repeat, sizeof repeat, "\ncrashed; repeat with: %s %llu %llu and the same files\n", arguments[0],
                  static_cast<unsigned long long>(run), static_cast<unsigned long long>(run + 1));
    const std::string input = run < seeds.size() ? seeds[run] : changes.of(seeds[seed]);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
  std::printf("%llu inputs from %zu files\n", static_cast<unsigned long long>(last - first), seeds.size());
}
