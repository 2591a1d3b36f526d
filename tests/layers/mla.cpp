// Tests of include/etalon/layers/mla.hpp against the paper's equations written out in double (support/latent.hpp).
#include <etalon/layers/mla.hpp>

#include <doctest/doctest.h>

#include "support/latent.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

std::vector<float> prompt() { return Random{9}.normals(40 * latent_channels); }   // past one block of 32 keys

}  // namespace

TEST_CASE("it computes the paper's equations: low-rank and direct queries, with and without biases") {
  for (const bool low_rank : {true, false})
    for (const bool bias : {true, false}) {
      CAPTURE(low_rank);
      CAPTURE(bias);
      Filled filled;
      const Mla mla = small_mla(filled, low_rank, bias);
      LatentState state = mla.new_state();
      Run<> run;
      CHECK(apart(attended(mla, state, prompt(), 40, run), mla_by_hand(mla, prompt())) < 2e-6);
    }
}

TEST_CASE("the comparison sees a wrong variant: other pairs, another scale, another epsilon") {
  Filled filled;
  Mla mla = small_mla(filled);
  const auto expected = mla_by_hand(mla, prompt());
  const auto off = [&](const Mla& changed) {
    LatentState state = changed.new_state();
    Run<> run;
    return apart(attended(changed, state, prompt(), 40, run), expected);
  };
  Mla halves = mla, scaled = mla, smoothed = mla;
  halves.rotary.pairs = RopePairs::halves;
  scaled.scale *= 1.1;
  smoothed.kv_norm.epsilon = 1e-3f;
  CHECK(off(mla) < 2e-6);
  CHECK(off(halves) > 1e-3);
  CHECK(off(scaled) > 1e-3);
  CHECK(off(smoothed) > 2e-5);
}

TEST_CASE("the whole prompt, chunks, and token by token: one number, to the bit") {
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
    Filled filled;
    const Mla mla = small_mla(filled);
    LatentState whole = mla.new_state(), state = whole;
    Run<> run(mode);
    const auto expected = attended(mla, whole, prompt(), 40, run);
    for (const int chunk : {1, 3, 33}) {
      CAPTURE(chunk);
      state = mla.new_state();
      CHECK(same_bits(attended(mla, state, prompt(), chunk, run), expected));
      CHECK(same_bits(state.entries, whole.entries));
    }
  }
}

TEST_CASE("a position's cache is its latent and one rotated key part, nothing per head") {
  Filled filled;
  const Mla mla = small_mla(filled);
  LatentState state = mla.new_state();
  Run<> run;
  attended(mla, state, prompt(), 40, run);
  CHECK(state.length() == 40);
  CHECK(state.entries.size() == 40 * (7 + 6));
  const auto gain = row_of(mla.kv_norm.gain, 0);
  double squares = 0.0;   // the cached latent is normed: its mean square is that of the gains
  for (std::size_t i = 0; i < 7; ++i) squares += std::pow(state.rows(0, 40)[5][static_cast<int>(i)] / gain[i], 2);
  CHECK(squares / 7 == doctest::Approx(1.0).epsilon(1e-4));
}

TEST_CASE("a state is saved by copy, restored by assignment, and cut back") {
  Filled filled;
  const Mla mla = small_mla(filled);
  LatentState state = mla.new_state();
  CHECK(state.length() == 0);
  Run<> run;
  const auto x = prompt();
  const auto middle = x.begin() + 20 * latent_channels;
  const std::vector<float> head(x.begin(), middle), tail(middle, x.end());
  attended(mla, state, head, 20, run);
  const LatentState saved = state;
  const auto expected = attended(mla, state, tail, 20, run);
  CHECK(state.truncate(20));
  CHECK(same_bits(state.entries, saved.entries));
  CHECK(same_bits(attended(mla, state, tail, 7, run), expected));
  state = saved;
  CHECK(same_bits(attended(mla, state, tail, 20, run), expected));
}

TEST_CASE("a lone position returns its own value: W_out W_v c") {
  Filled filled;
  const Mla mla = small_mla(filled);
  LatentState state = mla.new_state();
  Run<> run;
  const std::vector<float> x = Random{11}.normals(latent_channels);
  const Projected p = projected(mla, Row(x.begin(), x.end()), 0);
  CHECK(apart(attended(mla, state, x, 1, run), times(mla.out, p.v)) < 2e-6);
}

TEST_CASE("the scale is that of the whole head, times yarn's magnitude squared where mscale_all_dim asks for it") {
  const MlaSizes deepseek_v3{128, 128, 64, 128, 512};
  RopeScaling scaling;
  CHECK(mla_scale(deepseek_v3, scaling) == doctest::Approx(1 / std::sqrt(192.0)));
  scaling.kind = RopeKind::yarn;
  scaling.factor = 40.0;
  CHECK(mla_scale(deepseek_v3, scaling) == doctest::Approx(1 / std::sqrt(192.0)));   // no mscale_all_dim
  scaling.mscale_all_dim = 1.0;
  CHECK(mla_scale(deepseek_v3, scaling) == doctest::Approx(0.13523378));   // (0.1 ln 40 + 1)^2 / sqrt 192
  scaling.kind = RopeKind::plain;
  CHECK(mla_scale(deepseek_v3, scaling) == doctest::Approx(1 / std::sqrt(192.0)));
}

TEST_CASE("keys and values remembered, rebuilt in every step, or given up in mid-sequence: one number, to the bit") {
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
    Filled filled;
    Mla mla = small_mla(filled);
    LatentState state = mla.new_state();
    Run<> run(mode);
    const auto expected = attended(mla, state, prompt(), 40, run);
    const std::int64_t position = 4 * mla.sizes.heads * (mla.sizes.nope + mla.sizes.rope + mla.sizes.value);
    for (const std::int64_t positions : {0, 1, 17, 40}) {
      CAPTURE(positions);
      mla.remembered_bytes = positions * position;
      LatentState other = mla.new_state();
      CHECK(same_bits(attended(mla, other, prompt(), 3, run), expected));
      CHECK(other.expanded.count == (positions == 40 ? 40 : 0));
      CHECK(same_bits(other.entries, state.entries));
    }
  }
}

TEST_CASE("what is forgotten is forgotten of the remembered keys too, and a wrong one would be noticed") {
  Filled filled;
  const Mla mla = small_mla(filled);
  Run<> run;
  LatentState whole = mla.new_state(), back = whole, wrong = whole;
  const auto expected = attended(mla, whole, prompt(), 40, run);
  attended(mla, back, prompt(), 40, run);
  back.truncate(13);
  CHECK(back.expanded.count == 13);
  CHECK(back.expanded.keys.size() == 13 * whole.expanded.keys.size() / 40);
  const auto text = prompt();
  const std::vector<float> rest(text.begin() + 13 * latent_channels, text.end());
  const auto again = attended(mla, back, rest, 27, run);
  CHECK(same_bits(again, {expected.begin() + 13 * latent_channels, expected.end()}));
  attended(mla, wrong, prompt(), 40, run);
  wrong.truncate(13);
  wrong.expanded.keys[5] += 1.0f;
  CHECK_FALSE(same_bits(attended(mla, wrong, rest, 27, run), again));
}
