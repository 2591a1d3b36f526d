// Tests of include/etalon/cpu/attend.hpp: the reference's bits, for every shape, set of instructions and thread count.
#include <etalon/cpu/cpu.hpp>

#include <string>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

struct Shape { int tokens, heads, kv_heads, dim, width, start, window = 0, dropped = 0; };

// Queries, keys and values of one call; `dropped` positions before the window are not at hand.
struct Case {
  Shape shape;
  std::vector<float> queries, keys, values, sinks;

  Case(Random& random, const Shape& s, float size = 1.0f) : shape(s) {
    const int positions = s.start + s.tokens - s.dropped;
    queries = random.normals(static_cast<std::size_t>(s.tokens * s.heads * s.dim));
    keys = random.normals(static_cast<std::size_t>(positions * s.kv_heads * s.dim));
    values = random.normals(static_cast<std::size_t>(positions * s.kv_heads * s.width));
    sinks = random.normals(static_cast<std::size_t>(s.heads));
    for (float& x : queries) x *= size;
  }
  template <class Backend> std::vector<float> attended(const Backend& backend, bool with_sinks) const {
    const Shape& s = shape;
    std::vector<float> out(static_cast<std::size_t>(s.tokens * s.heads * s.width), -7.0f);
    AttendRows rows{queries.data(), keys.data(), values.data(), out.data(), s.tokens, s.heads, s.kv_heads, s.dim,
                    s.width,
                    static_cast<std::size_t>(s.kv_heads * s.dim), static_cast<std::size_t>(s.kv_heads * s.width)};
    rows.options = {.scale = 0.2, .start = s.start, .window = s.window, .first_key = s.dropped};
    if (with_sinks) rows.options.sinks = {sinks.data(), {s.heads}};
    attend_rows(backend, rows);
    return out;
  }
};

// The first set of instructions and number of threads that give other bits than the reference.
std::string fault(const Case& c) {
  for (const bool sinks : {false, true}) {
    const auto expected = c.attended(Reference{}, sinks);
    for (const Isa isa : all_isas)
      for (const auto& [threads, one_stream] : {std::pair{1, false}, {3, false}, {1, true}, {2, true}}) {
        if (!has_isa(isa)) continue;
        Cpu cpu(threads, isa);
        cpu.worth_sharing = 0;
        cpu.one_stream = one_stream;
        if (!same_bits(c.attended(cpu, sinks), expected))
          return std::string(name_of(isa)) + ", " + std::to_string(threads) + " threads" + (sinks ? ", sinks" : "") +
                 (one_stream ? ", one stream" : "");
      }
  }
  return "";
}

}  // namespace

TEST_CASE("attention has the reference's bits: prompts, one token, many heads on one key, shapes of no round size") {
  Random random(1);
  for (const Shape& s : {Shape{1, 1, 1, 1, 1, 0}, Shape{5, 4, 2, 20, 12, 0}, Shape{70, 2, 1, 16, 16, 0},
                         Shape{33, 6, 3, 33, 47, 31}, Shape{1, 8, 2, 64, 64, 300}, Shape{1, 16, 1, 72, 64, 1000},
                         Shape{3, 40, 1, 24, 8, 95}, Shape{200, 3, 3, 8, 40, 7}}) {
    CAPTURE(s.tokens);
    CAPTURE(s.heads);
    CHECK(fault(Case(random, s)) == "");
  }
}

TEST_CASE("windows begin inside a block, and what lies before them need not be at hand") {
  Random random(2);
  for (const Shape& s : {Shape{1, 4, 2, 32, 32, 200, 71}, Shape{9, 4, 2, 17, 19, 200, 71, 130},
                         Shape{40, 2, 1, 32, 16, 64, 5, 60}, Shape{1, 2, 2, 32, 16, 99, 1, 99}}) {
    CAPTURE(s.window);
    CHECK(fault(Case(random, s)) == "");
  }
}

TEST_CASE("scores far apart, beyond the bound, infinite or zero keep the reference's bits") {
  Random random(3);
  for (const float size : {0.0f, 0x1p-140f, 30.0f, 0x1p20f, 0x1p30f, __builtin_inff()}) {
    CAPTURE(size);
    Case c(random, {6, 4, 2, 24, 24, 70}, size == __builtin_inff() ? 1.0f : size);
    if (size == __builtin_inff()) c.queries[0] = size, c.queries[24] = -size;
    CHECK(fault(c) == "");
  }
  Case c(random, {6, 4, 2, 24, 24, 70});
  for (std::size_t i = 0; i < c.values.size(); i += 2) c.values[i] = -0.0f;
  CHECK(fault(c) == "");
}

// The checks above would notice blocks that are aligned to the window instead of to position 0.
TEST_CASE("keys one position further on have other bits") {
  Random random(4);
  const Case c(random, {1, 1, 1, 16, 16, 90});
  Case moved = c;
  moved.shape.start = 91, moved.shape.dropped = 1, moved.shape.window = 91;
  CHECK_FALSE(same_bits(c.attended(Cpu(1), false), moved.attended(Cpu(1), false)));
}

TEST_CASE("the heads of a block ask for the whole next block between them, once, and for nothing behind the last") {
  const int heads = 3, dim = 32, positions = 160;
  const std::vector<float> keys(static_cast<std::size_t>(positions * heads * dim)), values(keys.size());
  AttendRows rows{nullptr, keys.data(), values.data(), nullptr, 1, heads, heads, dim, dim, heads * dim, heads * dim};
  rows.options.start = positions - 1;
  const TileShape shape(rows, Isa::avx512, 0, 0);
  each_range(rows, shape, [&](const auto& range) {
    BlockRows room(shape, range.keys, range.values);
    const HeadGroup all{0, heads}, two{1, 2};
    for (int kv = 0; kv < heads; ++kv) {
      const KeyBlock block = range.rows(room, kv, 1, ~KeySet{0}, all);
      CHECK(block.next_keys.numbers == keys.data() + 2 * 32 * heads * dim);
      CHECK(block.next_values.numbers == values.data() + 2 * 32 * heads * dim);
      CHECK(block.next_keys.first == kv * 32 * dim);
      CHECK(block.next_keys.run == block.next_keys.apart);                      // one stretch
      CHECK(range.rows(room, kv, 4, ~KeySet{0}, all).next_keys.numbers == nullptr);
    }
    const Ahead last = range.rows(room, 2, 1, ~KeySet{0}, two).next_keys;       // heads 1 and 2 alone
    CHECK(last.numbers == keys.data() + 2 * 32 * heads * dim + dim);
    CHECK(last.first == 32 * dim);
    CHECK(last.run == 2 * dim);
    CHECK(last.apart == heads * dim);
  });
}

TEST_CASE("keys that are values too are asked for once") {
  const std::vector<float> latents(160 * 64);
  AttendRows rows{nullptr, latents.data(), latents.data(), nullptr, 1, 1, 1, 64, 64, 64, 64};
  rows.options.start = 159;
  const TileShape shape(rows, Isa::avx512, 0, 0);
  each_range(rows, shape, [&](const auto& range) {
    BlockRows room(shape, range.keys, range.values);
    CHECK(range.rows(room, 0, 0, ~KeySet{0}, {0, 1}).next_keys.numbers == latents.data() + 32 * 64);
    CHECK(range.rows(room, 0, 0, ~KeySet{0}, {0, 1}).next_values.numbers == nullptr);
  });
}
