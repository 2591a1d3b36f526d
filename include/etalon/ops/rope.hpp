#pragma once
// Rotary position embedding: channels in pairs, each turned by an angle proportional to the position.
//
//   angle(p, i) = p * frequency_i,  frequency_i = base^(-2i/d)                Su et al. 2021, section 3.2.2
//   paired: (x_2i, x_2i+1) turn together     halves: (x_i, x_i+d/2) turn together
//
// cos and sin are computed in double by the contract's own functions, multiplied by the attention factor and rounded
// once to f32 (R4). Rotation happens in place. Left out: tables that change with the length of the sequence.
#include <vector>

#include <etalon/context.hpp>
#include <etalon/math/double_functions.hpp>
#include <etalon/math/rotate.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

enum class RopePairs { neighbours, halves };   // which channels turn together: (2i, 2i+1), or (i, i + d/2)

struct Rope {
  std::vector<double> frequencies;     // d/2 of them, radians per position
  double attention_factor = 1.0;       // multiplies cos and sin (YaRN)
  RopePairs pairs = RopePairs::neighbours;
};

// cos and sin of one position. Both (Frequency).
inline void rope_angles(const Rope& rope, int position, float* cosine, float* sine) {
  for (std::size_t i = 0; i < rope.frequencies.size(); ++i) {
    const precise::SinCos angle = precise::sin_cos(position * rope.frequencies[i]);
    cosine[i] = static_cast<float>(angle.cos * rope.attention_factor);
    sine[i] = static_cast<float>(angle.sin * rope.attention_factor);
  }
}

// Turns d channels at x.
inline void rotate_channels(RopePairs pairs, float* x, int frequencies, const float* cosine, const float* sine) {
  for (int i = 0; i < frequencies; ++i) {
    float& u = pairs == RopePairs::neighbours ? x[2 * i] : x[i];
    float& v = pairs == RopePairs::neighbours ? x[2 * i + 1] : x[i + frequencies];
    const Pair turned = rotate(u, v, cosine[i], sine[i]);
    u = turned.first;
    v = turned.second;
  }
}

// Turns channels first … first + d - 1 of every head of every token, in place. x (Token, Heads, Dim).
template <class Heads, class Dim>
void rope(const auto& ctx, const Rope& rope, View<float, Token, Heads, Dim> x, int first_channel,
          View<const int, Token> positions) {
  const int n = static_cast<int>(rope.frequencies.size());
  for_rows(ctx.backend, extent<Token>(x), 100 * std::int64_t{n}, [&](int first, int last) {
    std::vector<float> cosine(rope.frequencies.size()), sine(rope.frequencies.size());   // (Frequency)
    for (int t = first; t < last; ++t) {
      rope_angles(rope, positions[t], cosine.data(), sine.data());
      for (int h = 0; h < extent<Heads>(x); ++h)
        rotate_channels(rope.pairs, x[t][h].data + first_channel, n, cosine.data(), sine.data());
    }
  });
}

// Turns back what rope turned: the rotation by the opposite angle, which is that of the opposite position. Where values
// carry a rotation, an output turned back depends on distances alone. (DeepSeek-V4)
template <class Heads, class Dim>
void rope_back(const auto& ctx, const Rope& rotary, View<float, Token, Heads, Dim> x, int first_channel,
               View<const int, Token> positions) {
  auto opposite = ctx.template make<int, Token>(extent<Token>(positions));      // (Token)
  for_rows(ctx.backend, extent<Token>(positions), 1, [&](int first, int last) {
    for (int t = first; t < last; ++t) opposite[t] = -positions[t];
  });
  rope(ctx, rotary, x, first_channel, opposite);
}

}  // namespace etalon
