// Tests of include/etalon/ops/attend_pieces.hpp: the bits of attention over all keys at once.
#include <etalon/ops/attend_pieces.hpp>

#include <doctest/doctest.h>

#include "support/attend_pieces.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("whatever the piece, the bits are those of all keys at once") {
  Random random{3};
  for (const PiecesShape& shape : pieces_shapes) {
    const PiecesCase c(random, shape);
    const auto expected = c.at_once(Reference{});
    for (const int piece : {32, 64, 96, 1024}) {
      CAPTURE(piece);
      CHECK(same_bits(c.in_pieces(Reference{}, piece), expected));
    }
  }
}

TEST_CASE("by hand: two positions with equal scores mix equally, though they come in two pieces") {
  Run run;
  const std::vector<float> q{1.0f}, keys(33, 0.5f);
  std::vector<float> values(33, 0.0f), out(1);
  values[32] = 33.0f;
  struct Made {
    View<const float, Position, KvHead, HeadDim> keys;
    View<const float, Position, KvHead, ValueDim> values;
  };
  attend_pieces(run.ctx, seen<Token, Head, HeadDim>(q, 1, 1, 1), {1.0, 32}, 33, 32,
                [&](int first, int count) {
                  return Made{{&keys[first], {count, 1, 1}}, {&values[first], {count, 1, 1}}};
                },
                View<float, Token, Head, ValueDim>{out.data(), {1, 1, 1}});
  CHECK(out[0] == doctest::Approx(1.0f));
}

TEST_CASE("a piece that is no whole number of blocks would be noticed") {
  Random random{4};
  const PiecesCase c(random, {5, 2, 40, 16, 100});
  CHECK_FALSE(same_bits(c.in_pieces(Reference{}, 40), c.at_once(Reference{})));
}
