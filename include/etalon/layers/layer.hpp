#pragma once
// One layer of a transformer: a mixer that moves information between positions, then a network at each position.
//
//   residual(attn), then residual(ffn)                                        Vaswani et al. 2017, section 3.1
//
// Mixer, Ffn and Residual are plain structs. A mixer declares its State: what one sequence keeps of its past there.
#include <etalon/layers/residual.hpp>
#include <etalon/step.hpp>

namespace etalon {

// The state of one sequence in one layer: a value. Copying it saves, assigning it restores. Where nothing is forgotten
// on the way (no window, no recurrence) it can also be cut back to fewer positions: truncate says whether it was.
// reserve: room for a sequence of so many positions, so that it need not be found step by step.
template <class S> concept MixerState = std::copyable<S> && requires(S state, int positions) {
  state.reserve(positions);
  { state.length() } -> std::same_as<int>;
  { state.truncate(positions) } -> std::same_as<bool>;
};

template <class M> concept Mixer = MixerState<typename M::State> && requires(const M mixer) {
  { mixer.new_state() } -> std::same_as<typename M::State>;
};

template <Mixer Attention, class Ffn, class Residual = PreNorm> struct Layer {
  using State = typename Attention::State;

  Residual attention_residual, ffn_residual;
  Attention attention;
  Ffn ffn;

  State new_state() const { return attention.new_state(); }

  // stream, (Token, Channel) or what the residual makes of it, is changed in place; state(s) is this layer's state of
  // segment s of the step.
  void operator()(const auto& ctx, const Step& step, auto&& state, auto stream) const {
    attention_residual(ctx, attention_names, stream, [&](auto x) { return attention(ctx, step, state, x); });
    ffn_residual(ctx, feed_forward_names, stream, [&](auto x) { return ffn(ctx, step, x); });
    ctx.show("out", stream);
  }

  void each_part(auto&& part) {
    part("attn_residual", attention_residual);
    part("attn", attention);
    part("ffn_residual", ffn_residual);
    part("ffn", ffn);
  }
};

}  // namespace etalon
