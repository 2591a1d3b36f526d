// Tests of include/etalon/layers/compressed_attention.hpp. What it computes is checked against another implementation
// in tests/families/deepseek_v4.cpp; here is what holds for any weights.
#include <etalon/layers/compressed_attention.hpp>

#include <doctest/doctest.h>

#include <etalon/layers/layer.hpp>
#include <etalon/ops/rope_frequencies.hpp>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

static_assert(Mixer<CompressedAttention>);

static constexpr int channels = 12, dim = 8, heads = 4, window = 5, tokens = 30;

enum class Kind { window, plain, indexed };

static CompressedAttention random_attention(Filled& weights, Kind kind) {
  const Rope rotary = rope_of({}, 4, RopePairs::neighbours);
  CompressedAttention made{
      {heads, dim, 2, window, 1e-3f}, linear_of<QueryLatent, Channel>(10, channels),
      rms_norm_of<QueryLatent>(10, 1e-3f),
      linear_of<Joined<Head, HeadDim>, QueryLatent>(heads * dim, 10), linear_of<HeadDim, Channel>(dim, channels),
      rms_norm_of<HeadDim>(dim, 1e-3f), {{heads}, {}}, {{6, heads / 2 * dim}, {}},
      linear_of<Channel, Joined<Group, GroupLatent>>(channels, 6), rotary};
  const bool indexed = kind == Kind::indexed;
  if (kind != Kind::window) made.compressor = compressor_of<HeadDim>({3, dim, indexed}, channels, 1e-3f, rotary);
  if (indexed)
    made.indexer = Indexer{2, 4, linear_of<Joined<IndexHead, IndexDim>, QueryLatent>(2 * dim, 10),
                           linear_of<IndexHead, Channel>(2, channels),
                           compressor_of<IndexDim>({3, dim, true}, channels, 1e-3f, rotary)};
  weights.set_all(made, 1);
  return made;
}

// Outputs for tokens x, whose first has `start` before it in the state, in steps of so many.
static std::vector<float> outputs(const CompressedAttention& attention, CompressedState& state,
                                  const std::vector<float>& x, int step, Numerics mode = Numerics::f32) {
  Run run(mode);
  std::vector<float> all;
  const int count = static_cast<int>(x.size()) / channels;
  for (int first = 0; first < count; first += step) {
    const int n = std::min(step, count - first);
    StepBuffer buffer;
    buffer.add(std::vector<int>(static_cast<std::size_t>(n), 0), state.length());
    const auto y = copied(attention(run.ctx, buffer.step(), [&](std::size_t) -> CompressedState& { return state; },
                                    seen<Token, Channel>(x, count, channels).rows(first, n)));
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}
static std::vector<float> outputs(const CompressedAttention& attention, const std::vector<float>& x, int step,
                                  Numerics mode = Numerics::f32) {
  CompressedState state = attention.new_state();
  return outputs(attention, state, x, step, mode);
}

static std::vector<float> some_tokens() {
  Random random{8};
  return random.normals(tokens * channels);
}

TEST_CASE("steps of any size give the same bits, in every kind of layer and every mode") {
  for (const Kind kind : {Kind::window, Kind::plain, Kind::indexed})
    for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
      Filled weights;
      const CompressedAttention attention = random_attention(weights, kind);
      const auto whole = outputs(attention, some_tokens(), tokens, mode);
      for (const int step : {1, 2, 3, 7}) CHECK(same_bits(whole, outputs(attention, some_tokens(), step, mode)));
    }
}

TEST_CASE("a token reaches beyond the window through entries alone, and never back in time") {
  std::vector<float> changed = some_tokens();
  const int at = 7;   // in group 2: entries 2, and with overlap 3
  for (int i = 0; i < channels; ++i) changed[at * channels + i] += 1.0f;
  for (const Kind kind : {Kind::window, Kind::plain, Kind::indexed}) {
    Filled weights;
    const CompressedAttention attention = random_attention(weights, kind);
    const auto before = outputs(attention, some_tokens(), tokens), after = outputs(attention, changed, tokens);
    int far = 0;
    for (int t = 0; t < tokens; ++t) {
      const auto begin = before.begin() + t * channels;
      const bool same = std::equal(begin, begin + channels, after.begin() + t * channels);
      if (t < at) CHECK(same);
      else if (t < at + window) CHECK_FALSE(same);
      else far += !same;
    }
    if (kind == Kind::window) CHECK(far == 0);
    if (kind == Kind::plain) CHECK(far == tokens - at - window);
    if (kind == Kind::indexed) CHECK((far > 0 && far < tokens - at - window));   // where an indexer chose it
  }
}

TEST_CASE("the state keeps the window, open groups and entries; a copy goes on as the original would") {
  Filled weights;
  const CompressedAttention attention = random_attention(weights, Kind::indexed);
  CompressedState state = attention.new_state();
  const std::vector<float> x = some_tokens();
  const std::vector<float> first(x.begin(), x.begin() + 20 * channels), rest(x.begin() + 20 * channels, x.end());
  outputs(attention, state, first, 20);
  CHECK(state.length() == 20);
  CHECK(state.window.count() == window - 1);
  CHECK(state.entries->count() == 6);
  CHECK(state.entries->group.values.size() == 2 * 2 * dim);
  const CompressedState saved = state;
  CompressedState copy = saved;
  const auto wanted = outputs(attention, state, rest, 10), again = outputs(attention, copy, rest, 3);
  CHECK(same_bits(wanted, again));
  CHECK_FALSE(state.truncate(21));   // the window has dropped what would be seen
}

TEST_CASE("rotations cancel: a sequence that begins later gives nearly the same outputs, bits aside") {
  // Positions enter through rotations alone where no entry is made: what counts is the distance.
  Filled weights;
  const CompressedAttention attention = random_attention(weights, Kind::window);
  const std::vector<float> x = some_tokens();
  const auto from_zero = outputs(attention, x, tokens);
  Run run;
  CompressedState state = attention.new_state();
  StepBuffer buffer;
  buffer.add(std::vector<int>(tokens, 0), 0, 1000);   // rotary positions from 1000
  const auto later = copied(attention(run.ctx, buffer.step(), [&](std::size_t) -> CompressedState& { return state; },
                                      seen<Token, Channel>(x, tokens, channels)));
  double apart = 0.0;
  for (std::size_t i = 0; i < later.size(); ++i)
    apart = std::max(apart, std::fabs(static_cast<double>(later[i]) - from_zero[i]));
  CHECK(apart < 1e-5);
  CHECK(apart > 0.0);
}
