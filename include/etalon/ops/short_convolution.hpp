#pragma once
// A short causal convolution of each channel by itself: what a linear-attention layer sees of the last few tokens.
//
//   y_t[c] = silu(dot(w[c], [x_{t-K+1}[c], …, x_t[c]])),  0 before the sequence began
//
// Fu et al. 2023 (H3), section 3.1; Gu & Dao 2023 (Mamba), section 3.4.
// The dot is the contract's (R1). A sequence keeps its last K - 1 inputs, so that chunks of any size give one result.
#include <vector>

#include <etalon/context.hpp>
#include <etalon/math/activation.hpp>
#include <etalon/math/dot.hpp>
#include <etalon/ops/backend.hpp>
#include <etalon/weight.hpp>

namespace etalon {

// The K - 1 inputs before the sequence's next token, (Tap, MixedChannel), zeros at first.
struct ConvolutionState {
  std::vector<float> inputs;
};

// The tokens of one segment. x (Token, MixedChannel) -> y, the same shape; the state moves on.
inline void short_convolution(const auto& ctx, const Weight<MixedChannel, Tap>& weight, ConvolutionState& state,
                              View<const float, Token, MixedChannel> x, View<float, Token, MixedChannel> y) {
  const int channels = weight.rows(), taps = weight.columns(), tokens = extent<Token>(x), past = taps - 1;
  const View<float, Tap, MixedChannel> before{state.inputs.data(), {past, channels}};
  for_rows(ctx.backend, channels, std::int64_t{tokens} * taps, [&](int first, int last) {
    std::vector<float> line(static_cast<std::size_t>(past + tokens)), w(static_cast<std::size_t>(taps));
    for (int c = first; c < last; ++c) {
      read_row(weight.storage, c, taps, w.data());
      for (int t = 0; t < past; ++t) line[static_cast<std::size_t>(t)] = before[t][c];
      for (int t = 0; t < tokens; ++t) line[static_cast<std::size_t>(past + t)] = x[t][c];
      for (int t = 0; t < tokens; ++t) y[t][c] = silu(dot(w.data(), line.data() + t, taps));
      for (int t = 0; t < past; ++t) before[t][c] = line[static_cast<std::size_t>(tokens + t)];
    }
  });
}

}  // namespace etalon
