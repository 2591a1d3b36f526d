#pragma once
// A decoder-only transformer: embed, layers over a residual stream, final norm, unembed.
//
//   x = E[token];  each layer changes x;  hidden = norm(x);  logits = U hidden, U = E where the family ties them
//
// The decoder takes any layer that has a State and can be called on a stream, and any Streams: what the residual stream
// begins as and how it ends. Steps may hold tokens of several sequences; each sequence's State is a value: copy it to
// save, assign it to restore, truncate it to roll back.
#include <span>
#include <vector>

#include <etalon/layers/layer.hpp>
#include <etalon/ops/linear.hpp>

namespace etalon {

// A layer changes the stream of a step in place and keeps a State per sequence.
template <class L> concept DecoderLayer = MixerState<typename L::State> && requires(const L layer) {
  { layer.new_state() } -> std::same_as<typename L::State>;
};

// What one sequence has left in all layers.
template <class LayerState> struct SequenceState {
  std::vector<LayerState> layers;

  int length() const { return layers.empty() ? 0 : layers.front().length(); }
  void reserve(int positions) {
    for (LayerState& layer : layers) layer.reserve(positions);
  }
  // Cuts all layers back. False where a layer cannot: then the state is spoilt, go back to a saved copy.
  bool truncate(int positions) {
    bool all = true;
    for (LayerState& layer : layers) all = layer.truncate(positions) && all;
    return all;
  }
};

// The usual single stream: the embedding itself.
struct OneStream {
  View<float, Token, Channel> begin(const auto&, View<float, Token, Channel> embedded) const { return embedded; }
  View<float, Token, Channel> end(const auto&, View<float, Token, Channel> stream) const { return stream; }
  void each_part(auto&&) {}
};

template <DecoderLayer LayerKind, class Streams = OneStream> struct Decoder {
  using State = SequenceState<typename LayerKind::State>;

  Weight<Vocab, Channel> embedding;
  std::vector<LayerKind> layers;
  RmsNorm<Channel> norm;
  Weight<Vocab, Channel> unembedding;   // bound to the embedding's numbers where the family ties them
  Streams streams{};

  State new_state() const {
    State state;
    for (const LayerKind& layer : layers) state.layers.push_back(layer.new_state());
    return state;
  }

  // The step's tokens through all layers and the final norm -> (Token, Channel). sequences[s] is segment s's state,
  // which must hold as many positions as the segment's start; afterwards it holds the step's too.
  View<float, Token, Channel> hidden(auto& ctx, const Step& step, std::span<State* const> sequences) const {
    auto embedded = embed(ctx, embedding, step.tokens);                         // (Token, Channel)
    ctx.show("embed", embedded);
    auto stream = streams.begin(ctx, embedded);                                 // (Token, …, Channel)
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const Arena::Scope scope(ctx.arena);
      ctx.layer = static_cast<int>(i);
      layers[i](ctx, step, [&](std::size_t s) -> auto& { return sequences[s]->layers[i]; }, stream);
    }
    ctx.layer = -1;
    auto normed = rms_norm(ctx, norm, streams.end(ctx, stream));                               // (Token, Channel)
    ctx.show("final_norm", normed);
    return normed;
  }

  // hidden (Token, Channel) -> (Token, Vocab). Any rows of hidden: each row's logits depend on that row alone.
  View<float, Token, Vocab> logits(const auto& ctx, View<const float, Token, Channel> hidden) const {
    auto scores = multiply(ctx, unembedding, hidden, ctx.numerics);   // (Token, Vocab)
    ctx.show("logits", scores);
    return scores;
  }

  void each_part(auto&& part) {
    part("embedding", embedding);
    part("layers", layers);
    part("streams", streams);
    part("norm", norm);
    part("unembedding", unembedding);
  }
};

}  // namespace etalon
