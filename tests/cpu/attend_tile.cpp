// Tests of include/etalon/cpu/attend_tile.hpp: which query lies where, and sums with nothing in them.
#include <etalon/cpu/attend_tile.hpp>

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// 40 tokens, 6 heads on 2 key/value heads, keys of 5 and values of 3 numbers: 120 queries a key/value head.
struct Call {
  std::vector<float> queries, keys, values, out;
  AttendRows rows{};

  Call() : queries(40 * 6 * 5), keys(40 * 2 * 5), values(40 * 2 * 3), out(40 * 6 * 3, -7.0f) {
    for (std::size_t i = 0; i < queries.size(); ++i) queries[i] = static_cast<float>(i);
    rows = {queries.data(), keys.data(), values.data(), out.data(), 40, 6, 2, 5, 3, 10, 6};
    rows.options = {.scale = 1.0 / log2_e};
  }
};

}  // namespace

TEST_CASE("a tile holds 64 queries, the last one what is left; sizes are in whole blocks and vectors") {
  const Call call;
  CHECK(tiles_of(call.rows) == 2);
  const TileShape whole(call.rows, Isa::avx512, 1, 0), rest(call.rows, Isa::avx2, 1, 1);
  CHECK(whole.count == 64);
  CHECK(whole.lanes == 16);
  CHECK(whole.vectors == 4);
  CHECK(whole.dim == 32);        // keys of 5, in blocks of 32
  CHECK(whole.channels == 16);   // values of 3, in vectors
  CHECK(rest.count == 56);
  CHECK(rest.lanes == 8);
  CHECK(rest.vectors == 7);
  CHECK(rest.channels == 8);
}

TEST_CASE("the heads of a token lie side by side") {
  const Call call;
  const TileShape first(call.rows, Isa::avx2, 1, 0), second(call.rows, Isa::avx2, 1, 1);
  CHECK(first.token(0) == 0);
  CHECK(first.head(0) == 3);     // the first of the second key/value head
  CHECK(first.token(5) == 1);
  CHECK(first.head(5) == 5);
  CHECK(second.token(0) == 21);  // query 64 = token 21, its second head
  CHECK(second.head(0) == 4);
  CHECK(second.row(call.rows, 0) == 21 * 6 + 4);
}

TEST_CASE("queries are turned so that lanes are queries, with zeros behind numbers and queries") {
  const Call call;
  const TileShape shape(call.rows, Isa::avx2, 1, 1);
  const AlignedFloats packed = packed_queries(call.rows, shape);
  const float scale = static_cast<float>(call.rows.options.scale * log2_e);
  const auto at = [&](int query, int i) { return packed.data()[(query / 8 * 32 + i) * 8 + query % 8]; };
  CHECK(at(0, 0) == call.queries[(21 * 6 + 4) * 5] * scale);
  CHECK(at(9, 3) == call.queries[shape.row(call.rows, 9) * 5 + 3] * scale);
  CHECK(at(9, 5) == 0.0f);    // behind the query's last number
  CHECK(at(55, 4) == call.queries[shape.row(call.rows, 55) * 5 + 4] * scale);
}

TEST_CASE("an empty sum is -0 everywhere, so that -0 joined to it stays -0; results are o / l") {
  const Call call;
  const TileShape shape(call.rows, Isa::avx2, 0, 1);
  TileSums sums(shape);
  sums.clear();
  const AttendTile tile = sums.with(nullptr);
  CHECK(tile.shift[55] == softmax_nothing);
  CHECK(tile.total[55] == 0.0f);
  CHECK(std::signbit(tile.out[0]));
  for (int q = 0; q < shape.count; ++q) tile.total[q] = 2.0f;
  for (int q = 0; q < shape.count; ++q)
    for (int c = 0; c < 3; ++c) tile.out[q * shape.channels + c] = static_cast<float>(q);
  sums.finish(call.rows);
  CHECK(call.out[shape.row(call.rows, 7) * 3 + 2] == 3.5f);
  CHECK(call.out[shape.row(call.rows, 55) * 3] == 27.5f);
  CHECK(call.out[0] == -7.0f);   // another tile's
}

TEST_CASE("a sink is what a query's sum begins with") {
  Call call;
  const std::vector<float> sinks{0, 0, 0, 4, 5, 6};
  call.rows.options.sinks = {sinks.data(), {6}};
  Tile tile(call.rows, Isa::avx2, 1, 0);
  const SoftmaxSum expected = softmax_of_one(6.0f * static_cast<float>(log2_e));
  const AttendTile view = tile.view();
  CHECK(view.shift[2] == expected.shift);   // query 2: the third head, sink 6
  CHECK(view.total[2] == doctest::Approx(expected.total).epsilon(1e-6));
  CHECK(view.count == 64);
}
