// Tests of include/etalon/ops/kept.hpp.
#include <etalon/ops/kept.hpp>

#include <cstdint>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("the first number begins a cache line, however the room was made") {
  for (const std::size_t count : {1u, 15u, 1000u, 3000000u}) {
    Kept grown, reserved;
    reserved.reserve(count);
    for (std::size_t i = 0; i < count; ++i) grown.push_back(static_cast<float>(i));
    reserved.assign(grown.begin(), grown.end());
    for (const Kept& kept : {grown, reserved}) {   // copies, too
      CHECK(reinterpret_cast<std::uintptr_t>(kept.data()) % 64 == 0);
      CHECK(kept.back() == static_cast<float>(count - 1));
    }
    CHECK(reinterpret_cast<std::uintptr_t>(grown.data()) % 64 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(reserved.data()) % 64 == 0);
  }
}

TEST_CASE("moving hands the numbers on") {
  Kept a(100, 1.0f);
  const float* data = a.data();
  const Kept b = std::move(a);
  CHECK(b.data() == data);
}
