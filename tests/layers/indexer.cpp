// Tests of include/etalon/layers/indexer.hpp.
#include <etalon/layers/indexer.hpp>

#include <doctest/doctest.h>

#include <etalon/ops/rope_frequencies.hpp>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

static constexpr int channels = 12, latent = 10, heads = 3, dim = 8, tokens = 40, rate = 4;

static Indexer random_indexer(Filled& weights, int chosen) {
  Indexer indexer{heads, chosen, linear_of<Joined<IndexHead, IndexDim>, QueryLatent>(heads * dim, latent),
                  linear_of<IndexHead, Channel>(heads, channels),
                  compressor_of<IndexDim>({rate, dim, true}, channels, 1e-2f, rope_of({}, 4, RopePairs::neighbours))};
  weights.set_all(indexer, 1);
  return indexer;
}

struct Asked { std::vector<float> queries, weights; std::vector<KeySet> sets; int blocks; };

static Asked asked_of(const Indexer& indexer, Numerics mode) {
  Run run(mode);
  Random random{6};
  const std::vector<float> x = random.normals(tokens * channels), c = random.normals(tokens * latent);
  StepBuffer buffer;
  buffer.add(std::vector<int>(tokens, 0), 0);
  const auto rows = seen<Token, Channel>(x, tokens, channels);
  CompressorState state = indexer.keys.new_state();
  indexer.keys.append(run.ctx, {0, tokens, 0}, indexer.keys.project(run.ctx, rows), state);
  const IndexQueries asked = indexer.ask(run.ctx, buffer.step(), rows, seen<Token, QueryLatent>(c, tokens, latent));
  const EntrySets sets = indexer.choose(run.ctx, {0, tokens, 0}, asked, state);
  return {copied(asked.queries), copied(asked.weights), sets.sets, sets.blocks};
}

TEST_CASE("a choice is the same in every mode: nothing that is compared is rounded") {
  Filled weights;
  const Indexer indexer = random_indexer(weights, 3);
  const Asked exact = asked_of(indexer, Numerics::f32);
  for (const Numerics mode : {Numerics::bf16, Numerics::int8}) {
    const Asked other = asked_of(indexer, mode);
    CHECK(same_bits(exact.queries, other.queries));
    CHECK(same_bits(exact.weights, other.weights));
    CHECK(exact.sets == other.sets);
  }
}

TEST_CASE("each token sees as many entries as are chosen, and all while there are no more") {
  Filled weights;
  const Asked asked = asked_of(random_indexer(weights, 3), Numerics::f32);
  for (int t = 0; t < tokens; ++t)
    CHECK(std::popcount(asked.sets[t * asked.blocks]) == std::min((t + 1) / rate, 3));
}

TEST_CASE("only the last channels turn: the first of the queries are the projection itself, at every position") {
  Filled weights;
  const Indexer indexer = random_indexer(weights, 3);
  const Asked asked = asked_of(indexer, Numerics::f32);
  Run run;
  Random random{6};
  random.normals(tokens * channels);
  const std::vector<float> c = random.normals(tokens * latent);
  const auto rows = seen<Token, QueryLatent>(c, tokens, latent);
  const auto plain = multiply(run.ctx, indexer.query.weight, rows, Numerics::f32);
  int turned = 0;
  for (int t = 0; t < tokens; ++t)
    for (int i = 0; i < heads * dim; ++i) {
      const bool same = same_bits(plain[t][i], asked.queries[t * heads * dim + i]);
      if (i % dim < 4 || t == 0) CHECK(same);
      else turned += !same;
    }
  CHECK(turned > 300);   // of 468
}
