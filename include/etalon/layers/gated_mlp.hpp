#pragma once
// One expert, and every dense feed-forward layer: a gated network.
//
//   E(x) = W_down act(W_gate x, W_up x)                                       Shazeer 2020, "GLU variants"
#include <vector>

#include <etalon/math/activation.hpp>
#include <etalon/ops/elementwise.hpp>
#include <etalon/ops/linear_each.hpp>
#include <etalon/step.hpp>

namespace etalon {

// How a gated network combines its halves, number by number.
template <class A> concept GateActivation = requires(const A act, float gate, float up) {
  { act(gate, up) } -> std::same_as<float>;
};

template <GateActivation Activation = SwiGlu> struct GatedMlp {
  Linear<Hidden, Channel> gate, up;
  Linear<Channel, Hidden> down;
  Activation activation{};

  explicit operator bool() const { return static_cast<bool>(gate); }   // does the family have it?

  // x (Token, Channel) -> the same shape.
  View<float, Token, Channel> operator()(const auto& ctx, const Step&, View<const float, Token, Channel> x) const {
    const auto [inner, other] = linear_each(ctx, x, gate, up);                  // (Token, Hidden) both
    activate(ctx, activation, inner, read_only(other));
    return linear(ctx, down, inner);                                            // (Token, Channel)
  }

  void each_part(auto&& part) {
    part("gate", gate);
    part("up", up);
    part("down", down);
  }
};

// A network and what it is applied to.
template <class Network> struct NetworkInput {
  const Network* network;
  View<const float, Token, Channel> x;
};

// E(x) of several networks, layer by layer rather than network by network. -> (Token, Channel) each.
template <class Activation>
std::vector<View<float, Token, Channel>> outputs_of(const auto& ctx, const Step&,
                                                    const std::vector<NetworkInput<GatedMlp<Activation>>>& inputs) {
  std::vector<LayerInput<Token, Hidden, Channel>> inwards;
  for (const auto& [network, x] : inputs) inwards.push_back({&network->gate, x}), inwards.push_back({&network->up, x});
  const auto halves = linear_each(ctx, inwards);                                // (Token, Hidden) each
  std::vector<LayerInput<Token, Channel, Hidden>> outwards;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    activate(ctx, inputs[i].network->activation, halves[2 * i], read_only(halves[2 * i + 1]));
    outwards.push_back({&inputs[i].network->down, read_only(halves[2 * i])});
  }
  return linear_each(ctx, outwards);
}

template <class Activation> struct GatedMlpOptions { Activation activation{}; bool bias = false; };

template <class Activation = SwiGlu>
GatedMlp<Activation> gated_mlp_of(int channels, int hidden, const GatedMlpOptions<Activation>& options = {}) {
  const auto inwards = linear_of<Hidden, Channel>(hidden, channels, options.bias);
  return {inwards, inwards, linear_of<Channel, Hidden>(channels, hidden, options.bias), options.activation};
}

}  // namespace etalon
