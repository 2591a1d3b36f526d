// Tests of include/etalon/ops/attend.hpp.
#include <etalon/ops/attend.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

// Queries, keys and values of one sequence; `tokens` queries at the end of `positions`.
struct Sequence {
  int tokens, positions, heads, kv_heads, dim, value;
  std::vector<float> q, k, v;

  int start() const { return positions - tokens; }
};

static Sequence random_case(Random& random, int tokens, int positions) {
  Sequence c{tokens, positions, 4, 2, 24, 16, {}, {}, {}};
  c.q = random.normals(static_cast<std::size_t>(tokens * c.heads * c.dim));
  c.k = random.normals(static_cast<std::size_t>(positions * c.kv_heads * c.dim));
  c.v = random.normals(static_cast<std::size_t>(positions * c.kv_heads * c.value));
  return c;
}

// Queries first … first + count - 1.
template <class Backend = Reference>
static std::vector<float> attended(const Sequence& c, AttendOptions options, int first, int count,
                                   Backend backend = {}) {
  Run<Backend> run(Numerics::f32, backend);
  options.start = c.start() + first;
  auto out = run.ctx.template make<float, Token, Head, ValueDim>(count, c.heads, c.value);
  attend(run.ctx, seen<Token, Head, HeadDim>(c.q, c.tokens, c.heads, c.dim).rows(first, count),
         seen<Position, KvHead, HeadDim>(c.k, c.positions, c.kv_heads, c.dim),
         seen<Position, KvHead, ValueDim>(c.v, c.positions, c.kv_heads, c.value), options, out);
  return copied(out);
}
static std::vector<float> attended(const Sequence& c, AttendOptions options) {
  return attended(c, options, 0, c.tokens);
}

// Softmax attention in double. hidden: how many of the newest positions a query may not see (0 is right).
static std::vector<double> in_double(const Sequence& c, const AttendOptions& options, int hidden = 0) {
  const double scale = options.scale;
  std::vector<double> out;
  for (int t = 0; t < c.tokens; ++t) {
    for (int h = 0; h < c.heads; ++h) {
      const int kv = h / (c.heads / c.kv_heads);
      std::vector<double> mixed(static_cast<std::size_t>(c.value), 0.0), score;
      double largest = options.sinks.data ? options.sinks[h] : -INFINITY, total = 0.0;
      const int oldest = options.window > 0 ? std::max(0, c.start() + t - options.window + 1) : 0;
      for (int j = oldest; j <= c.start() + t - hidden; ++j) {
        double s = 0.0;
        for (int i = 0; i < c.dim; ++i)
          s += static_cast<double>(c.q[(t * c.heads + h) * c.dim + i]) * c.k[(j * c.kv_heads + kv) * c.dim + i];
        score.push_back(s * scale);
        largest = std::max(largest, s * scale);
      }
      for (std::size_t n = 0; n < score.size(); ++n) {
        const double p = std::exp(score[n] - largest);
        const std::size_t j = n + static_cast<std::size_t>(oldest);
        total += p;
        for (int i = 0; i < c.value; ++i) mixed[i] += p * c.v[(j * c.kv_heads + kv) * c.value + i];
      }
      if (options.sinks.data) total += std::exp(options.sinks[h] - largest);
      for (double m : mixed) out.push_back(m / total);
    }
  }
  return out;
}

TEST_CASE("agrees with softmax attention in double; a mask off by one does not") {
  // A score is a sum of 24 products of size about 1, scaled by 0.2: some 14 roundings of magnitudes that sum to about 4
  // give it an error under 14 * 4 * 2^-24 ~ 3.4e-6, a weight as much relatively; the mixture is an average of values
  // up to 4.2. Their product, 1.4e-5, is the bound; errors that cancel leave far less.
  Random random;
  for (int positions : {5, 31, 32, 33, 64, 70, 200}) {
    CAPTURE(positions);
    const Sequence c = random_case(random, 5, positions);
    const std::vector<float> out = attended(c, {0.2});
    CHECK(furthest(out, in_double(c, {0.2})) < 1.4e-5);
    if (positions > 5) CHECK(furthest(out, in_double(c, {0.2}, 1)) > 1e-3);
  }
}

TEST_CASE("queries in separate calls, one at a time or on several threads: the same bits") {
  Random random;
  const Sequence c = random_case(random, 40, 111);
  const std::vector<float> together = attended(c, {0.2});
  std::vector<float> in_chunks, one_by_one;
  for (int first = 0; first < 40; first += 13)
    for (float x : attended(c, {0.2}, first, std::min(13, 40 - first))) in_chunks.push_back(x);
  for (int t = 0; t < 40; ++t)
    for (float x : attended(c, {0.2}, t, 1)) one_by_one.push_back(x);
  CHECK(same_bits(together, in_chunks));
  CHECK(same_bits(together, one_by_one));
  for (int threads : {2, 3, 8}) CHECK(same_bits(together, attended(c, {0.2}, 0, 40, Cpu(threads))));
}

// The first head of the first query, its keys taken in these pieces: positions base + first … base + last - 1 each.
struct Piece { int base, first, last; };
std::vector<float> in_pieces(const Sequence& c, std::initializer_list<Piece> pieces) {
  std::vector<float> q(24), t, out(16);
  for (int i = 0; i < 24; ++i) q[i] = c.q[i] * static_cast<float>(0.2 * log2_e);
  for (int j = 0; j < 40; ++j) t.push_back(dot(q.data(), &c.k[j * 48], 24));
  SoftmaxSum running;
  for (const auto& [base, first, last] : pieces) {
    const SoftmaxSum block = softmax_block(&t[base], last, first, last);
    const Rescale factor = rescale(running, block);
    mix_block(&t[base], {c.v.data(), 32, 16}, base, first, last, factor, out.data());
    running = {factor.shift, combine(factor, running.total, block.total)};
  }
  for (float& x : out) x = divide(x, running.total);
  return out;
}

TEST_CASE("blocks are aligned to position 0, wherever the window begins and the query stands") {
  // The last query of 40 positions, with a window of 33, sees 7 … 39. Blocks counted from the window's first key or
  // back from the query give other bits.
  Random random;
  int from_window = 0, from_query = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Sequence c = random_case(random, 1, 40);
    const std::vector<float> all = attended(c, {0.2, 0, 33}), out(all.begin(), all.begin() + 16);
    CHECK(out == in_pieces(c, {{0, 7, 32}, {32, 0, 8}}));
    from_window += out == in_pieces(c, {{7, 0, 32}, {39, 0, 1}});
    from_query += out == in_pieces(c, {{0, 7, 8}, {8, 0, 32}});
  }
  CHECK(from_window == 0);
  CHECK(from_query == 0);
}

TEST_CASE("a window hides all but the last positions, a sink takes its share: as in double; without them it is not") {
  Random random;
  const std::vector<float> sinks{0.5f, -2.0f, 3.0f, 1.0f};
  for (int positions : {5, 40, 100}) {
    CAPTURE(positions);
    const Sequence c = random_case(random, 5, positions);
    const AttendOptions plain{0.2}, window{0.2, 0, 33}, sink{0.2, 0, 0, 0, seen<Head>(sinks, 4)};
    const AttendOptions both{0.2, 0, 3, 0, seen<Head>(sinks, 4)};
    for (const AttendOptions& options : {window, sink, both})
      CHECK(furthest(attended(c, options), in_double(c, options)) < 1.4e-5);
    if (positions > 33) CHECK(furthest(attended(c, plain), in_double(c, window)) > 1e-3);
    CHECK(furthest(attended(c, plain), in_double(c, sink)) > 1e-3);
  }
}

TEST_CASE("keys that no window reaches may be dropped from the cache: the same bits") {
  Random random;
  const Sequence c = random_case(random, 4, 100);
  const AttendOptions window{0.2, 0, 20};
  const std::vector<float> all = attended(c, window);
  for (int first : {32, 50, 77}) {   // query 96 sees 77 … 96
    Run run;
    auto out = run.ctx.make<float, Token, Head, ValueDim>(4, 4, 16);
    AttendOptions options = window;
    options.start = 96;
    options.first_key = first;
    attend(run.ctx, seen<Token, Head, HeadDim>(c.q, 4, 4, 24),
           seen<Position, KvHead, HeadDim>(c.k, 100, 2, 24).rows(first, 100 - first),
           seen<Position, KvHead, ValueDim>(c.v, 100, 2, 16).rows(first, 100 - first), options, out);
    CHECK(same_bits(copied(out), all));
  }
}

TEST_CASE("by eye: one position, equal scores, a query that finds its key") {
  Sequence c{1, 1, 1, 1, 2, 3, {1, 1}, {5, 7}, {0.1f, 0.2f, 0.3f}};
  CHECK(attended(c, {1.0}) == c.v);   // weight 1, whatever the score
  // All scores 0, weights 1: the mean, exactly.
  c = {1, 4, 1, 1, 2, 1, {0, 0}, {3, 4, -3, 4, 3, 5, 3, 6}, {1, 2, 4, 9}};
  CHECK(attended(c, {0.5}) == std::vector<float>{4.0f});
  // Keys are unit vectors; scale 200 leaves 2^-288 for the others: nothing.
  c = {3, 3, 1, 1, 3, 1, {1, 0, 0, 1, 0, 0, 0, 0, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1}, {10, 20, 30}};
  CHECK(attended(c, {200.0}) == std::vector<float>{10, 10, 30});   // query 2 finds key 2, query 1 key 0
}

TEST_CASE("scores of any size stay finite; the best key wins") {
  Sequence c{1, 40, 1, 1, 1, 1, {1e18f}, std::vector<float>(40, -1.0f), std::vector<float>(40, 7.0f)};
  c.k[37] = 1.0f;
  c.v[37] = 42.0f;
  CHECK(attended(c, {1.0}) == std::vector<float>{42.0f});    // +-1e18 beside each other
  c.k.assign(40, -1.0f);
  CHECK(attended(c, {1.0})[0] == doctest::Approx((39 * 7.0 + 42.0) / 40));   // all equally low
}

TEST_CASE("query heads share key/value heads in equal runs") {
  // Four heads, two key/value heads with constant values 1 and 2: heads 0, 1 give 1 and heads 2, 3 give 2.
  const Sequence c{1, 3, 4, 2, 1, 1, {1, 2, 3, 4}, {1, 1, 2, 2, 3, 3}, {1, 2, 1, 2, 1, 2}};
  CHECK(attended(c, {1.0}) == std::vector<float>{1, 1, 2, 2});
}
