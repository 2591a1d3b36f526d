// Tests of include/etalon/math/philox.hpp.
#include <etalon/math/philox.hpp>

#include <bitset>
#include <set>

#include <doctest/doctest.h>

using etalon::philox;
using etalon::PhiloxBlock;

// The known answers that Salmon et al. publish with Random123 (kat_vectors, philox4x32-10).
TEST_CASE("known answers") {
  CHECK(philox({0, 0, 0, 0}, 0) == PhiloxBlock{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  CHECK(philox({0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu}, 0xffffffffffffffffu) ==
        PhiloxBlock{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  CHECK(philox({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, 0x299f31d0a4093822u) ==
        PhiloxBlock{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

TEST_CASE("one bit of the counter or the key changes half the bits of the block") {
  int changed = 0;
  const auto difference = [](const PhiloxBlock& a, const PhiloxBlock& b) {
    int bits = 0;
    for (int i = 0; i < 4; ++i) bits += static_cast<int>(std::bitset<32>(a[i] ^ b[i]).count());
    return bits;
  };
  const PhiloxBlock before = philox({7, 0, 0, 0}, 42);
  for (int bit = 0; bit < 32; ++bit) changed += difference(before, philox({7u ^ (1u << bit), 0, 0, 0}, 42));
  for (int bit = 0; bit < 64; ++bit)
    changed += difference(before, philox({7, 0, 0, 0}, 42 ^ (std::uint64_t{1} << bit)));
  // 96 blocks of 128 bits: 6144 expected, deviation sqrt(96 * 128 / 4) = 55; five of them.
  CHECK(changed > 6144 - 280);
  CHECK(changed < 6144 + 280);
}

TEST_CASE("different counters give different blocks") {
  std::set<PhiloxBlock> seen;
  for (std::uint32_t i = 0; i < 10000; ++i) seen.insert(philox({i, 0, 0, 0}, 1));
  CHECK(seen.size() == 10000);
}

TEST_CASE("a wrong generator is caught: the key's halves exchanged") {
  const std::uint64_t key = 0x299f31d0a4093822u, exchanged = key >> 32 | key << 32;
  CHECK(philox({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, exchanged)[0] != 0xd16cfe09u);
}
