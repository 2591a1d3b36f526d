// Tests of include/etalon/cpu/cpu.hpp.
#include <etalon/cpu/cpu.hpp>

#include <type_traits>

#include <doctest/doctest.h>

using namespace etalon;

static_assert(std::is_base_of_v<Reference, Cpu>, "what Cpu does not overload is the reference's");

static_assert(outputs_together > 0, "linear layers come with it");

// Overloads for Cpu compute the same numbers as those for every backend: what they alone need shows that they are here.
TEST_CASE("including it brings attention by tiles: 64 queries to a tile, of heads that share a key") {
  AttendRows rows{};
  rows.tokens = 8, rows.heads = 16, rows.kv_heads = 2;
  CHECK(tiles_of(rows) == 1);
  rows.tokens = 9;
  CHECK(tiles_of(rows) == 2);
}
