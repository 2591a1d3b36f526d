#pragma once
// Multi-token prediction: a small module that guesses the token after next, from the model's hidden state and the next
// token. Its guesses are drafts for speculative decoding (sample/speculate.hpp).
//
//   u_t = W [ norm(E[token_{t+1}]) | norm(g_t) ]          g_t: the main model's hidden state after its final norm
//   z_t = Layer(u_t), with a state of its own and the rotary position of the token fed, t + 1
//   logits of token t + 2 = U norm(z_t)                   norm(z_t) is also the g_t of a further module
//
// DeepSeek-AI 2024 (DeepSeek-V3), section 2.2, eq. 21-25. There the hidden state stands first in the text's formula;
// published weights expect the embedding first.
#include <etalon/decoder.hpp>
#include <etalon/ops/columns.hpp>
#include <etalon/ops/linear.hpp>

namespace etalon {

template <DecoderLayer LayerKind, class Streams = OneStream> struct MultiTokenPrediction {
  using State = typename LayerKind::State;

  Weight<Vocab, Channel> embedding;
  RmsNorm<Channel> embedding_norm, hidden_norm;
  Linear<Channel, Concat<Channel, Channel>> merge;
  LayerKind layer;
  RmsNorm<Channel> norm;
  Weight<Vocab, Channel> unembedding;
  Streams streams{};

  State new_state() const { return layer.new_state(); }

  // step: the tokens x_{t+1} with their own positions; hidden (Token, Channel): g_t in the same rows.
  // -> norm(z_t), (Token, Channel)
  View<float, Token, Channel> hidden(const auto& ctx, const Step& step, State& state,
                                     View<const float, Token, Channel> main_hidden) const {
    auto token = rms_norm(ctx, embedding_norm, embed(ctx, embedding, step.tokens));   // (Token, Channel)
    auto past = rms_norm(ctx, hidden_norm, main_hidden);                        // (Token, Channel)
    auto both = beside<Concat<Channel, Channel>>(ctx, read_only(token), read_only(past));
    auto stream = streams.begin(ctx, linear(ctx, merge, both));                 // (Token, …, Channel)
    layer(ctx, step, [&](std::size_t) -> State& { return state; }, stream);
    return rms_norm(ctx, norm, streams.end(ctx, stream));                       // (Token, Channel)
  }

  View<float, Token, Vocab> logits(const auto& ctx, View<const float, Token, Channel> hidden) const {
    return multiply(ctx, unembedding, hidden, ctx.numerics);                    // (Token, Vocab)
  }

  void each_part(auto&& part) {
    part("embedding", embedding);
    part("embedding_norm", embedding_norm);
    part("hidden_norm", hidden_norm);
    part("merge", merge);
    part("layer", layer);
    part("norm", norm);
    part("unembedding", unembedding);
    part("streams", streams);
  }
};

// A decoder and the modules that predict further tokens; most checkpoints have none or one.
template <DecoderLayer LayerKind, class Streams = OneStream> struct PredictingModel {
  Decoder<LayerKind, Streams> decoder;
  std::vector<MultiTokenPrediction<LayerKind, Streams>> predictions;
  int context = 0;   // positions the model was made for

  void each_part(auto&& part) {
    decoder.each_part(part);
    part("predictions", predictions);
  }
};

}  // namespace etalon
