// Tests of include/etalon/cpu/attend_pieces.hpp: the reference's bits, for every set of instructions and thread count.
#include <etalon/cpu/attend_pieces.hpp>

#include <string>

#include <doctest/doctest.h>

#include "support/attend_pieces.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("the reference's bits, on every set of instructions, on one thread and on three") {
  Random random{5};
  for (const PiecesShape& shape : pieces_shapes) {
    const PiecesCase c(random, shape);
    const auto expected = c.at_once(Reference{});
    for (const Isa isa : all_isas)
      for (const int threads : {1, 3})
        for (const int piece : {32, 128}) {
          if (!has_isa(isa)) continue;
          Cpu cpu(threads, isa);
          cpu.worth_sharing = 0;
          CAPTURE(std::string(name_of(isa)));
          CAPTURE(threads);
          CHECK(same_bits(c.in_pieces(cpu, piece), expected));
        }
  }
}

TEST_CASE("a wrong number among the keys of one piece would be noticed") {
  Random random{6};
  PiecesCase c(random, {3, 2, 24, 16, 200});
  const auto expected = c.at_once(Reference{});
  c.keys[150 * 2 * 24] += 1.0f;
  CHECK_FALSE(same_bits(c.in_pieces(Cpu(1), 64), expected));
}
