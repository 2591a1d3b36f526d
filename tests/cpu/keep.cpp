// Tests of include/etalon/cpu/keep.hpp.
#include <etalon/cpu/keep.hpp>

#include <doctest/doctest.h>

#include "support/large_pages.hpp"
#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

static constexpr std::size_t many = 3 * large_page / sizeof(float);

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
  const std::vector<float> numbers(many, 1.0f);
  Kept grown, reserved, small;
  keep(Cpu(1), grown, numbers.data(), many);
  reserved.reserve(many);
  keep(Cpu(1), reserved, numbers.data(), 1);
  keep(Cpu(1), small, numbers.data(), 1000);
  CHECK(asked_for_large_pages(grown.data() + many / 2).value_or(true));   // or the system does not tell
  CHECK(asked_for_large_pages(reserved.data() + many / 2).value_or(true));
  CHECK_FALSE(asked_for_large_pages(small.data()).value_or(false));
}
