// Tests of include/etalon/cpu/keep.hpp.
#include <etalon/cpu/keep.hpp>

#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// What the system notes of the memory at an address ("rd wr mr mw … hg"); empty where it does not say.
std::string memory_flags(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    if (words >> std::hex >> begin >> dash >> end && dash == '-') inside = begin <= wanted && wanted < end;
    if (inside && line.starts_with("VmFlags:")) return line.substr(8);
  }
  return "";
}

constexpr std::size_t many = 3 * large_page / sizeof(float);

}  // namespace

TEST_CASE("numbers stay as they were kept, few or many, with room for them or without") {
  Random random(1);
  for (const bool with_room : {false, true}) {
    Kept kept, expected;
    if (with_room) kept.reserve(2 * many);
    for (const std::size_t count : {std::size_t{5}, std::size_t{0}, std::size_t{4096}, many, std::size_t{7}}) {
      const std::vector<float> numbers = random.normals(count);
      keep(Cpu(1), kept, numbers.data(), count);
      keep(Reference{}, expected, numbers.data(), count);
      CHECK(same_bits(kept, expected));
    }
  }
}

TEST_CASE("room doubles where it ends, and is left alone where there is enough") {
  Kept kept;
  const std::vector<float> numbers(1000, 1.0f);
  keep(Cpu(1), kept, numbers.data(), 1000);
  keep(Cpu(1), kept, numbers.data(), 1);
  CHECK(kept.capacity() >= 2000);
  const float* data = kept.data();
  keep(Cpu(1), kept, numbers.data(), 999);
  CHECK(kept.data() == data);
}

TEST_CASE("large pages are asked for before anything is written, whoever made the room; for small room they are not") {
  if (memory_flags(&many).empty()) {
    MESSAGE("skipped: this system does not say what it notes of memory");
    return;
  }
  const std::vector<float> numbers(many, 1.0f);
  Kept grown, reserved, small;
  keep(Cpu(1), grown, numbers.data(), many);
  reserved.reserve(many);
  keep(Cpu(1), reserved, numbers.data(), 1);
  keep(Cpu(1), small, numbers.data(), 1000);
  CHECK(memory_flags(grown.data() + many / 2).find(" hg") != std::string::npos);
  CHECK(memory_flags(reserved.data() + many / 2).find(" hg") != std::string::npos);
  CHECK(memory_flags(small.data()).find(" hg") == std::string::npos);
}
