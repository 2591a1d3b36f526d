#pragma once
// Gated DeltaNet: linear attention whose memory has one size, however long the sequence is.
//
//   [q | k | v] = short_convolution(W_qkv x);  q, k = l2_norm(q), l2_norm(k);  q = q / sqrt(d_k)
//   beta = sigmoid(W_b x);  decay = exp(-exp(A) softplus(W_a x + b))                       one number a value head
//   o = delta_rule(q, k, v, beta, decay);  out = W_o [norm(o) ⊙ silu(W_z x)]              the norm is each head's
//
// Yang, Kautz, Hatamizadeh 2025, section 3; as in Qwen3-Next. Several value heads share a key head in equal runs.
#include <vector>

#include <etalon/layers/one_of.hpp>
#include <etalon/ops/columns.hpp>
#include <etalon/ops/delta_rule.hpp>
#include <etalon/ops/elementwise.hpp>
#include <etalon/ops/l2_norm.hpp>
#include <etalon/ops/linear_each.hpp>
#include <etalon/ops/rms_norm.hpp>
#include <etalon/ops/short_convolution.hpp>
#include <etalon/step.hpp>

namespace etalon {

struct DeltaSizes {
  int key_heads, value_heads, key_dim, value_dim, taps;

  int keys() const { return key_heads * key_dim; }
  int values() const { return value_heads * value_dim; }
  int mixed() const { return 2 * keys() + values(); }   // channels of the convolution: q, k and v side by side
};

// What one sequence keeps in one layer: the convolution's last inputs and the memory. Neither can go back.
struct DeltaState {
  int positions = 0;
  ConvolutionState recent;
  std::vector<float> memory;   // (ValueHead, ValueDim, HeadDim)

  int length() const { return positions; }
  void reserve(int) {}   // it has one size
  // Only to where it is, or to the beginning.
  bool truncate(int to) {
    if (to == positions) return true;
    if (to != 0) return false;
    recent.inputs.assign(recent.inputs.size(), 0.0f);
    memory.assign(memory.size(), 0.0f);
    positions = 0;
    return true;
  }
};

// What the layer makes of its input before anything looks at other tokens.
struct DeltaProjections {
  View<float, Token, MixedChannel> mixed;               // q of all key heads, k of all key heads, v of all value heads
  View<float, Token, ValueHead, ValueDim> z;            // gates the output
  View<float, Token, ValueHead> beta, decay;            // before their functions
};

// Two matrices whose outputs are grouped by key head: [q | k | v of its value heads | z of them] and [b | a].
struct GroupedDeltaProjection {
  Linear<Joined<KeyHead, MixedChannel>, Channel> qkvz;
  Linear<Joined<KeyHead, ValueHead>, Channel> ba;

  DeltaProjections operator()(const auto& ctx, const DeltaSizes& size, View<const float, Token, Channel> x) const {
    const int tokens = extent<Token>(x), shared = size.value_heads / size.key_heads, run = shared * size.value_dim;
    const auto [flat_parts, flat_gates] = linear_each(ctx, x, qkvz, ba);
    auto parts = split(flat_parts, size.key_heads);                             // (Token, KeyHead, MixedChannel)
    auto q = join(columns<HeadDim>(ctx, parts, 0, size.key_dim));               // (Token, Joined<KeyHead, HeadDim>)
    auto k = join(columns<HeadDim>(ctx, parts, size.key_dim, size.key_dim));    // (Token, Joined<KeyHead, HeadDim>)
    auto v = join(columns<ValueDim>(ctx, parts, 2 * size.key_dim, run));        // (Token, Joined<KeyHead, ValueDim>)
    auto z = columns<ValueDim>(ctx, parts, 2 * size.key_dim + run, run);        // (Token, KeyHead, ValueDim)
    auto gates = split(flat_gates, size.key_heads);                             // (Token, KeyHead, ValueHead)
    auto b = columns<ValueHead>(ctx, gates, 0, shared), a = columns<ValueHead>(ctx, gates, shared, shared);
    auto qk = beside<MixedChannel>(ctx, read_only(q), read_only(k));            // (Token, MixedChannel)
    return {beside<MixedChannel>(ctx, read_only(qk), read_only(v)),
            {z.data, {tokens, size.value_heads, size.value_dim}},
            {b.data, {tokens, size.value_heads}},
            {a.data, {tokens, size.value_heads}}};
  }
  void each_part(auto&& part) {
    part("qkvz", qkvz);
    part("ba", ba);
  }
};

// Four matrices, heads one after the other.
struct FlatDeltaProjection {
  Linear<MixedChannel, Channel> qkv;
  Linear<Joined<ValueHead, ValueDim>, Channel> z;
  Linear<ValueHead, Channel> b, a;

  DeltaProjections operator()(const auto& ctx, const DeltaSizes& size, View<const float, Token, Channel> x) const {
    const auto [mixed, gates, betas, decays] = linear_each(ctx, x, qkv, z, b, a);
    return {mixed, split(gates, size.value_heads), betas, decays};
  }
  void each_part(auto&& part) {
    part("qkv", qkv);
    part("z", z);
    part("b", b);
    part("a", a);
  }
};

struct GatedDeltaNet {
  using State = DeltaState;

  DeltaSizes sizes;
  OneOf<GroupedDeltaProjection, FlatDeltaProjection> projection;
  Weight<MixedChannel, Tap> convolution;
  Weight<ValueHead> log_rate, rate_bias;      // A and b above
  RmsNorm<ValueDim> norm;
  Linear<Channel, Joined<ValueHead, ValueDim>> out;

  State new_state() const {
    const auto inputs = static_cast<std::size_t>(sizes.taps - 1) * static_cast<std::size_t>(sizes.mixed());
    const auto memory = static_cast<std::size_t>(sizes.values()) * static_cast<std::size_t>(sizes.key_dim);
    return {0, {std::vector<float>(inputs)}, std::vector<float>(memory)};
  }

  // x (Token, Channel) -> the same shape; moves each segment's state on by its tokens.
  View<float, Token, Channel> operator()(const auto& ctx, const Step& step, auto&& state,
                                         View<const float, Token, Channel> x) const {
    const int tokens = extent<Token>(x);
    const DeltaProjections in = projection(ctx, sizes, x);
    auto mixed = ctx.template make<float, Token, MixedChannel>(tokens, sizes.mixed());
    auto answers = ctx.template make<float, Token, ValueHead, ValueDim>(tokens, sizes.value_heads, sizes.value_dim);
    sigmoid_of(ctx, in.beta);
    decay_of(ctx, values_of(ctx, log_rate), values_of(ctx, rate_bias), in.decay);
    for (std::size_t s = 0; s < step.segments.size(); ++s) {
      const Segment& segment = step.segments[s];
      short_convolution(ctx, convolution, state(s).recent, in.mixed.rows(segment.first, segment.count),
                        mixed.rows(segment.first, segment.count));
    }
    const DeltaRuleInputs rule = rule_inputs(ctx, mixed, in);
    for (std::size_t s = 0; s < step.segments.size(); ++s) remember(ctx, step.segments[s], rule, state(s), answers);
    auto normed = rms_norm(ctx, norm, answers);                                 // (Token, ValueHead, ValueDim)
    gate_with_silu(ctx, normed, read_only(in.z));
    return linear(ctx, out, join(normed));                                      // (Token, Channel)
  }

  // The convolved channels cut into heads; queries and keys of length 1.
  DeltaRuleInputs rule_inputs(const auto& ctx, View<const float, Token, MixedChannel> mixed,
                              const DeltaProjections& in) const {
    constexpr float epsilon = 1e-6f;
    using Keys = Joined<KeyHead, HeadDim>;
    using Values = Joined<ValueHead, ValueDim>;
    const float scale = divide(1.0f, square_root(static_cast<float>(sizes.key_dim)));
    auto raw_q = split(columns<Keys>(ctx, mixed, 0, sizes.keys()), sizes.key_heads);
    auto raw_k = split(columns<Keys>(ctx, mixed, sizes.keys(), sizes.keys()), sizes.key_heads);
    auto q = l2_norm(ctx, raw_q, epsilon, scale), k = l2_norm(ctx, raw_k, epsilon);   // (Token, KeyHead, HeadDim)
    auto v = split(columns<Values>(ctx, mixed, 2 * sizes.keys(), sizes.values()), sizes.value_heads);
    ctx.show("attn.q", q);
    ctx.show("attn.k", k);
    ctx.show("attn.v", v);
    ctx.show("attn.beta", in.beta);
    ctx.show("attn.decay", in.decay);
    return {q, k, v, {in.decay.data, {extent<Token>(mixed), sizes.value_heads, 1}}, in.beta};
  }

  // One segment's tokens pass through the sequence's memory.
  void remember(const auto& ctx, const Segment& segment, const DeltaRuleInputs& all, State& state,
                View<float, Token, ValueHead, ValueDim> answers) const {
    const auto own = [&](auto x) { return x.rows(segment.first, segment.count); };
    delta_rule(ctx, {own(all.q), own(all.k), own(all.v), own(all.decay), own(all.beta)},
               {state.memory.data(), {sizes.value_heads, sizes.value_dim, sizes.key_dim}}, own(answers));
    state.positions += segment.count;
  }

  void each_part(auto&& part) {
    projection.each_part(part);
    part("convolution", convolution);
    part("log_rate", log_rate);
    part("rate_bias", rate_bias);
    part("norm", norm);
    part("out", out);
  }
};

}  // namespace etalon
