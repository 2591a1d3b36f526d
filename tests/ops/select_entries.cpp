// Tests of include/etalon/ops/select_entries.hpp.
#include <etalon/ops/select_entries.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

static std::vector<int> members(const EntrySets& sets, int t) {
  std::vector<int> found;
  for (int b = 0; b < sets.blocks; ++b)
    for (int j = 0; j < dot_block; ++j)
      if (holds(sets.row(t)[b], j)) found.push_back(b * dot_block + j);
  return found;
}

TEST_CASE("by hand: an entry is seen from its group's last token on") {
  CHECK(entries_at(2, 4) == 0);
  CHECK(entries_at(3, 4) == 1);
  CHECK(entries_at(6, 4) == 1);
  const EntrySets sets = all_entries(6, 2, 4, 2);   // tokens at positions 2 … 7
  CHECK(members(sets, 0).empty());
  CHECK(members(sets, 1) == std::vector<int>{0});
  CHECK(members(sets, 4) == std::vector<int>{0});
  CHECK(members(sets, 5) == std::vector<int>{0, 1});
  CHECK(all_entries(3, 0, 4, 0).blocks == 0);
}

TEST_CASE("by hand: a score weighs what each head matches; what a head does not match counts as nothing") {
  const std::vector<float> queries{1, 0, 0, 1}, weights{2, -10}, keys{3, -1, 5, 1, -7, 0};
  const IndexQueries asked{seen<Token, IndexHead, IndexDim>(queries, 1, 2, 2), seen<Token, IndexHead>(weights, 1, 2)};
  float terms[2], scores[3];
  score_entries(asked, 0, seen<Entry, IndexDim>(keys, 3, 2), 3, terms, scores);
  CHECK(std::vector<float>(scores, scores + 3) == std::vector<float>{6, 0, 0});
  Run run;
  // Token at position 2, rate 1: all three are complete. The best is 0; of the two zeros the lower id is taken.
  const auto best = [&](int position, int k) {
    return members(best_entries(run.ctx, asked, seen<Entry, IndexDim>(keys, 3, 2), position, 1, k), 0);
  };
  CHECK(best(2, 1) == std::vector<int>{0});
  CHECK(best(2, 2) == std::vector<int>{0, 1});
  CHECK(best(2, 9) == std::vector<int>{0, 1, 2});
  CHECK(best(0, 9) == std::vector<int>{0});
}

TEST_CASE("the chosen are the first k in sorted order, for any step and on any threads") {
  Random random;
  const int tokens = 40, heads = 3, dim = 8, rate = 2, start = 100, entries = (start + tokens) / rate, k = 9;
  const std::vector<float> q = random.normals(tokens * heads * dim), w = random.normals(tokens * heads);
  const std::vector<float> keys = random.normals(entries * dim);
  const IndexQueries asked{seen<Token, IndexHead, IndexDim>(q, tokens, heads, dim),
                           seen<Token, IndexHead>(w, tokens, heads)};
  const auto key_rows = seen<Entry, IndexDim>(keys, entries, dim);
  Run run;
  Run<Cpu> threaded(Numerics::f32, Cpu(3));
  const EntrySets sets = best_entries(run.ctx, asked, key_rows, start, rate, k);
  CHECK(sets.sets == best_entries(threaded.ctx, asked, key_rows, start, rate, k).sets);
  int sparse = 0;
  for (int t = 0; t < tokens; ++t) {
    const int seen_entries = entries_at(start + t, rate);
    std::vector<float> terms(heads), scores(entries);
    score_entries(asked, t, key_rows, seen_entries, terms.data(), scores.data());
    std::vector<int> order(static_cast<std::size_t>(seen_entries));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return scores[a] > scores[b]; });
    order.resize(k);
    std::sort(order.begin(), order.end());
    CHECK(members(sets, t) == order);
    const IndexQueries one{asked.queries.rows(t, 1), asked.weights.rows(t, 1)};
    CHECK(members(best_entries(run.ctx, one, key_rows.rows(0, seen_entries), start + t, rate, k), 0) == order);
    sparse += order.back() != k - 1;   // not simply the first k
  }
  CHECK(sparse == tokens);
}
