#pragma once
// One expert, and every dense feed-forward layer: a gated network.
//
//   E(x) = W_down act(W_gate x, W_up x)                                       Shazeer 2020, "GLU variants"
#include <etalon/math/activation.hpp>
#include <etalon/ops/elementwise.hpp>
#include <etalon/ops/linear.hpp>
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

  // x (Token, Channel) -> the same shape.
  View<float, Token, Channel> operator()(const auto& ctx, const Step&, View<const float, Token, Channel> x) const {
    auto inner = linear(ctx, gate, x);                                          // (Token, Hidden)
    activate(ctx, activation, inner, linear(ctx, up, x));
    return linear(ctx, down, inner);                                            // (Token, Channel)
  }

  void each_part(auto&& part) {
    part("gate", gate);
    part("up", up);
    part("down", down);
  }
};

template <class Activation> struct GatedMlpOptions { Activation activation{}; bool bias = false; };

template <class Activation = SwiGlu>
GatedMlp<Activation> gated_mlp_of(int channels, int hidden, const GatedMlpOptions<Activation>& options = {}) {
  const auto inwards = linear_of<Hidden, Channel>(hidden, channels, options.bias);
  return {inwards, inwards, linear_of<Channel, Hidden>(channels, hidden, options.bias), options.activation};
}

}  // namespace etalon
