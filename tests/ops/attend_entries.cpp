// Tests of include/etalon/ops/attend_entries.hpp.
#include <etalon/ops/attend_entries.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

static constexpr int heads = 2, dim = 16;

// One sequence: its positions as they are, and entries.
struct EntriesOf {
  int tokens, positions, window, entries;
  std::vector<float> q, rows, compressed, sinks;
  EntrySets sets;

  EntriesOf(Random& random, int tokens, int positions, int window, int entries)
      : tokens(tokens), positions(positions), window(window), entries(entries),
        q(random.normals(static_cast<std::size_t>(tokens * heads * dim))),
        rows(random.normals(static_cast<std::size_t>(positions * dim))),
        compressed(random.normals(static_cast<std::size_t>(entries * dim))), sinks{0.5f, -1.0f}, sets(tokens, entries) {
    for (int t = 0; t < tokens; ++t)
      for (int w = 0; w < entries; ++w)
        if (random.below(3) == 0) sets.add(t, w);
  }
};

template <class Backend = Reference> static std::vector<float> attended(const EntriesOf& c, Backend backend = {}) {
  Run<Backend> run(Numerics::f32, backend);
  auto out = run.ctx.template make<float, Token, Head, HeadDim>(c.tokens, heads, dim);
  attend_entries(run.ctx, seen<Token, Head, HeadDim>(c.q, c.tokens, heads, dim),
                 {{c.rows.data(), dim, dim, 0}, {c.compressed.data(), dim, dim, 0}, c.sets},
                 {0.25, c.positions - c.tokens, c.window, 0, seen<Head>(c.sinks, heads)}, out);
  return copied(out);
}

// The same in double. apart: window and entries each with a softmax of their own, which is wrong.
static std::vector<double> in_double(const EntriesOf& c, bool apart = false) {
  std::vector<double> out;
  for (int t = 0; t < c.tokens; ++t)
    for (int h = 0; h < heads; ++h) {
      std::vector<double> mixed(dim, 0.0);
      double total = std::exp(c.sinks[h]);
      const auto take = [&](const float* key) {
        double score = 0.0;
        for (int i = 0; i < dim; ++i) score += static_cast<double>(c.q[(t * heads + h) * dim + i]) * key[i];
        const double p = std::exp(score * 0.25);
        total += p;
        for (int i = 0; i < dim; ++i) mixed[i] += p * key[i];
      };
      const int last = c.positions - c.tokens + t;
      for (int j = std::max(0, last - c.window + 1); j <= last; ++j) take(&c.rows[j * dim]);
      if (apart) for (double& x : mixed) x /= total;
      if (apart) total = 1.0;
      for (int w = 0; w < c.entries; ++w)
        if (holds(c.sets.row(t)[w / dot_block], w % dot_block)) take(&c.compressed[w * dim]);
      for (double x : mixed) out.push_back(x / total);
    }
  return out;
}

TEST_CASE("one softmax over window, entries and sink, as in double; two of them is not it") {
  Random random;
  for (int entries : {0, 1, 31, 32, 100}) {
    CAPTURE(entries);
    const EntriesOf c(random, 4, 50, 12, entries);
    CHECK(furthest(attended(c), in_double(c)) < 2e-6);
    if (entries > 30) CHECK(furthest(attended(c), in_double(c, true)) > 1e-2);
  }
}

TEST_CASE("without entries it is attention with a window, to the bit") {
  Random random;
  const EntriesOf c(random, 4, 50, 12, 0);
  Run run;
  auto out = run.ctx.make<float, Token, Head, HeadDim>(4, heads, dim);
  const auto rows = seen<Position, KvHead, HeadDim>(c.rows, 50, 1, dim);
  const AttendOptions options{0.25, 46, 12, 0, seen<Head>(c.sinks, heads)};
  attend(run.ctx, seen<Token, Head, HeadDim>(c.q, 4, heads, dim), rows, rows, options, out);
  CHECK(same_bits(attended(c), copied(out)));
}

TEST_CASE("entries that are not chosen may hold anything; threads change nothing") {
  Random random;
  EntriesOf c(random, 4, 50, 12, 100);
  for (int t = 0; t < 4; ++t) c.sets.row(t)[1] = 0;   // nobody sees block 1, and of block 0 only entry 5
  for (int t = 0; t < 4; ++t) c.sets.row(t)[0] = KeySet{1} << 5;
  const std::vector<float> before = attended(c);
  CHECK(same_bits(before, attended(c, Cpu(3))));
  for (int w = 0; w < 64; ++w)
    for (int i = 0; i < dim && w != 5; ++i) c.compressed[w * dim + i] = 1e30f;
  CHECK(same_bits(before, attended(c)));
  c.compressed[5 * dim] += 1.0f;
  CHECK_FALSE(same_bits(before, attended(c)));
}
