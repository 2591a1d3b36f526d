#pragma once
// How much memory a run will take: the step is gone through on a backend that computes nothing (ops/planner.hpp), the
// rest follows from sizes. docs/design.md, "Memory".
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <etalon/cpu/backend.hpp>
#include <etalon/decoder.hpp>
#include <etalon/engine.hpp>
#include <etalon/ops/planner.hpp>

namespace etalon::io {

// The most bytes of the arena that one step takes: `count` tokens that are the last of `positions`. backend: plans for
// so many threads.
template <class Decoder>
std::int64_t working_bytes(const Decoder& decoder, Numerics mode, int count, int positions,
                           const Planner& backend = {}) {
  Arena counting(Arena::Kind::counting);
  NoTrace nobody;
  Context<Planner> ctx{backend, mode, counting, nobody};
  StepBuffer buffer;
  buffer.add(std::vector<int>(static_cast<std::size_t>(count)), positions - count);
  auto state = decoder.new_state();
  state.reserve(1);
  auto* sequence = &state;
  auto hidden = decoder.hidden(ctx, buffer.step(), std::span(&sequence, 1));   // (Token, Channel)
  decoder.logits(ctx, read_only(hidden.rows(count - 1, 1)));
  return static_cast<std::int64_t>(counting.peak());
}

// What the sequence keeps, and what is remembered of it. Layers that give up remembering do so on the way, with the
// step that brings too many tokens: the most is then either before that step or at the end.
inline void add_state(const ModelFacts& facts, const RunLength& length, RunMemory& memory) {
  const int positions = length.positions, step = std::max(length.step, 1);
  const auto at = [&](int tokens) {
    std::int64_t state = 0, memo = 0;
    for (const LayerFacts& layer : facts.layers) {
      state += 4 * (layer.state_per_token * (tokens / layer.state_stride) + layer.state_fixed);
      if (tokens <= layer.memo_tokens) memo += 4 * layer.memo_per_token * tokens;
    }
    return RunMemory{state, memo, 0, 0, 0};
  };
  RunMemory most = at(positions);
  for (const LayerFacts& layer : facts.layers)
    if (layer.memo_per_token > 0 && layer.memo_tokens < positions)
      if (const RunMemory then = at(layer.memo_tokens / step * step); then.total() > most.total()) most = then;
  memory.state = most.state;
  memory.memo = most.memo;
}

// What a product makes of one row of activations: codes and scales, tiles or pairs of bf16, rounded numbers; a copy
// where a row is no whole blocks.
inline std::int64_t formed_bytes(const WeightFacts& weight, const RunOptions& options) {
  const std::int64_t width = weight.shape[1], copied = width % 32 != 0 ? width * 4 : 0;
  if (*options.numerics == Numerics::int8) return width * 9 / 8;
  if (*options.numerics == Numerics::f32) return copied;
  const bool wide = weight.format.starts_with("F32") || weight.format.starts_with("F16");   // these have no lines
  return options.isa >= Isa::avx512_bf16 && !wide ? width * 2 + copied : width * 4;
}

// Beside the arena: activations in the order of the kernels, one product at a time; rows of a window that a long step
// brings before it drops them, and sets of entries, one layer at a time.
inline std::int64_t scratch_bytes(const ModelFacts& facts, const RunOptions& options, int count, int positions) {
  std::int64_t columns = 0, window = 0, sets = 0;
  for (const WeightFacts& weight : facts.weights) {
    if (weight.shape.size() != 2 || weight.path == "unembedding") continue;
    columns = std::max(columns, formed_bytes(weight, options));
  }
  for (const LayerFacts& layer : facts.layers) {
    if (layer.window > 0) window = std::max(window, 4 * layer.state_fixed / layer.window);
    if (layer.state_stride > 1) sets = std::max(sets, std::int64_t{positions / layer.state_stride / 8});
  }
  return count * (columns + window + sets);
}

template <class Model>
RunMemory memory_of(const Model& model, const ModelFacts& facts, const RunOptions& options, const RunLength& length) {
  const int step = std::clamp(length.step, 1, length.positions);
  RunMemory memory;
  add_state(facts, length, memory);
  Planner planner;
  planner.together = options.backend == "cpu" ? tokens_together(options.threads) : 0;
  memory.working = working_bytes(model.decoder, *options.numerics, step, length.positions, planner);
  memory.scratch = scratch_bytes(facts, options, step, length.positions);
  memory.kept = std::int64_t{4} * facts.vocab;
  if (facts.predictions > 0) memory.kept += std::int64_t{4} * facts.channels * length.positions;
  return memory;
}

}  // namespace etalon::io
