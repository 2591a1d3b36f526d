// Tests of include/etalon/io/run_memory.hpp. What whole processes take is tested by tests/command/memory.py.
#include <etalon/io/run_memory.hpp>

#include <doctest/doctest.h>

#include <etalon/families/deepseek_v3.hpp>
#include <etalon/families/deepseek_v4.hpp>
#include <etalon/families/gpt_oss.hpp>
#include <etalon/families/mixtral.hpp>
#include <etalon/families/qwen3_next.hpp>
#include <etalon/io/load.hpp>
#include <etalon/layers/absorbed_mla.hpp>

#include "io/scratch.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// The most that a real step's arena held.
std::size_t held(const auto& decoder, Numerics mode, int count) {
  const Reference backend;
  Arena arena;
  NoTrace nobody;
  Context<Reference> ctx{backend, mode, arena, nobody};
  StepBuffer buffer;
  buffer.add(std::vector<int>(static_cast<std::size_t>(count), 3), 0);
  auto state = decoder.new_state();
  auto* sequence = &state;
  const auto hidden = decoder.hidden(ctx, buffer.step(), std::span(&sequence, 1));
  decoder.logits(ctx, read_only(hidden.rows(count - 1, 1)));
  return arena.peak();
}

// Planned over held, at the worst.
template <class Family> double ratio(const std::string& name) {
  const auto loaded = io::load<Family>(golden_models() / name);
  double worst = 1.0;
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8})
    for (const int count : {1, 60}) {
      const double planned = static_cast<double>(io::working_bytes(loaded.model.decoder, mode, count, count));
      const double off = planned / static_cast<double>(held(loaded.model.decoder, mode, count));
      if (std::abs(off - 1.0) > std::abs(worst - 1.0)) worst = off;
    }
  return worst;
}

}  // namespace

TEST_CASE("the plan of a step is what the step takes, in every family") {
  CHECK(ratio<deepseek_v3::Family<>>("deepseek_v3") == 1.0);
  CHECK(ratio<deepseek_v3::Family<AbsorbedMla>>("deepseek_v3") == 1.0);
  CHECK(ratio<mixtral::Family>("mixtral") == doctest::Approx(1.0).epsilon(0.1));   // experts are not chosen evenly
  CHECK(ratio<gpt_oss::Family>("gpt_oss") == doctest::Approx(1.0).epsilon(0.1));
  CHECK(ratio<qwen3_next::Family>("qwen3_next") == doctest::Approx(1.0).epsilon(0.1));
  CHECK(ratio<deepseek_v4::Family>("deepseek_v4") == doctest::Approx(1.0).epsilon(0.1));
}

TEST_CASE("by hand: a state that grows, one that does not, entries of four tokens") {
  ModelFacts facts;
  facts.layers = {{"", "", 10, 0}, {"", "", 0, 7}, {"", "", 8, 3, 4}};
  RunMemory memory;
  io::add_state(facts, {9, 1}, memory);
  CHECK(memory.state == 4 * (90 + 7 + 2 * 8 + 3));
  CHECK(memory.memo == 0);
}

TEST_CASE("by hand: what is remembered counts where it is the most: at its limit, or not at all") {
  ModelFacts facts;
  facts.layers = {{"", "", 1, 0}};
  facts.layers[0].memo_per_token = 100;
  facts.layers[0].memo_tokens = 50;
  RunMemory shorter, longer, longest;
  io::add_state(facts, {20, 1}, shorter);
  CHECK(shorter.memo == 4 * 100 * 20);
  io::add_state(facts, {60, 1}, longer);
  CHECK(longer.memo == 4 * 100 * 50);
  CHECK(longer.state == 4 * 50);
  io::add_state(facts, {6000, 1}, longest);
  CHECK(longest.memo == 0);
  RunMemory chunked;
  io::add_state(facts, {60, 32}, chunked);   // 32 tokens, then 64 or the end: nothing is remembered of those
  CHECK(chunked.memo == 4 * 100 * 32);
  CHECK(longest.state == 4 * 6000);
}
