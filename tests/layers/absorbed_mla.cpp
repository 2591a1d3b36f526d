// Tests of include/etalon/layers/absorbed_mla.hpp against the paper's equations in double, and against the expanded
// form.
#include <etalon/layers/absorbed_mla.hpp>

#include <doctest/doctest.h>

#include "support/latent.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

std::vector<float> prompt() { return Random{9}.normals(40 * latent_channels); }

std::vector<float> output(const auto& attention, Numerics mode, int chunk) {
  LatentState state = attention.new_state();
  Run<> run(mode);
  return attended(attention, state, prompt(), chunk, run);
}

}  // namespace

TEST_CASE("it is the same function: the paper's equations hold") {
  Filled filled;
  const AbsorbedMla absorbed{small_mla(filled)};
  CHECK(apart(output(absorbed, Numerics::f32, 40), mla_by_hand(absorbed.parts, prompt())) < 2e-6);
}

TEST_CASE("it is the expanded form up to rounding, and keeps the very same state") {
  Filled filled;
  const Mla expanded = small_mla(filled);
  const AbsorbedMla absorbed{expanded};
  const auto a = output(absorbed, Numerics::f32, 40), e = output(expanded, Numerics::f32, 40);
  CHECK(apart(a, {e.begin(), e.end()}) < 2e-6);
  CHECK_FALSE(same_bits(a, e));   // other bits: which form ran is part of a run's identity
  LatentState one = expanded.new_state(), two = absorbed.new_state();
  Run<> run;
  attended(expanded, one, prompt(), 40, run);
  attended(absorbed, two, prompt(), 40, run);
  CHECK(same_bits(one.entries, two.entries));
}

TEST_CASE("the whole prompt and token by token give the same bits in every mode") {
  Filled filled;
  const AbsorbedMla absorbed{small_mla(filled)};
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8})
    for (const int chunk : {1, 7, 32}) CHECK(same_bits(output(absorbed, mode, chunk), output(absorbed, mode, 40)));
}

TEST_CASE("activations entering the absorbed matrices are rounded in mode H") {
  Filled filled;
  const AbsorbedMla absorbed{small_mla(filled)};
  CHECK_FALSE(same_bits(output(absorbed, Numerics::f32, 40), output(absorbed, Numerics::bf16, 40)));
  const auto rounded = output(absorbed, Numerics::bf16, 40);
  CHECK(apart(rounded, mla_by_hand(absorbed.parts, prompt())) < 3e-2);   // bf16 keeps 8 bits
}
