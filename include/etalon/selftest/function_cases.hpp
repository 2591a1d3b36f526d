#pragma once
// The self-test's runs of single operations: functions over a comb of all floats, products in every storage format and
// mode, norms, softmax, routers, rotary tables, formats, random numbers.
//
// A comb takes every 65 521st of the 2^32 bit patterns (a prime, so that all mantissas occur) and the special values;
// NaN is outside the contract and left out. tests/accuracy goes over all 2^32.
#include <functional>
#include <string>
#include <vector>

#include <etalon/formats/fp8.hpp>
#include <etalon/math/routing.hpp>
#include <etalon/math/sinkhorn.hpp>
#include <etalon/math/tanh.hpp>
#include <etalon/ops/attend.hpp>
#include <etalon/ops/linear.hpp>
#include <etalon/ops/rms_norm.hpp>
#include <etalon/ops/rope_frequencies.hpp>
#include <etalon/selftest/made_weights.hpp>
#include <etalon/selftest/row.hpp>

namespace etalon {

namespace detail {

inline SelfTestRow row_of(std::string name, const Hash& hash) { return {std::move(name), {hash.text()}, {}}; }

// n numbers in (-size, size), from a named stream.
inline std::vector<float> made_numbers(std::string_view name, int n, float size) {
  Hash key;
  key.add(name);
  std::vector<float> numbers;
  for (int i = 0; i < n; ++i) {
    const std::uint32_t r = philox({static_cast<std::uint32_t>(i), 0, 0, 0}, key.value)[0];
    numbers.push_back(static_cast<float>(static_cast<std::int32_t>(r) >> 8) * (size * 0x1p-23f));
  }
  return numbers;
}

template <class F> SelfTestRow comb(const char* name, F f) {
  Hash hash;
  const auto take = [&](std::uint32_t bits) {
    if (!is_nan(float_of(bits))) hash.add_word(static_cast<std::uint32_t>(f(float_of(bits))));
  };
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 65521) take(static_cast<std::uint32_t>(bits));
  for (const std::uint32_t special : {0x0u, 0x80000000u, 0x1u, 0x80000001u, 0x7fffffu, 0x800000u, 0x3f800000u,
                                      0xbf800000u, 0x7f7fffffu, 0xff7fffffu, 0x7f800000u, 0xff800000u})
    take(special);
  return row_of(std::string("function ") + name, hash);
}

// The bits of f(x), all NaNs made one.
template <class F> auto float_bits(F f) {
  return [f](float x) {
    const float y = f(x);
    return is_nan(y) ? canonical_nan_bits : bits_of(y);
  };
}

inline SelfTestRow product_case(MadeFormat format, Numerics mode) {
  constexpr int rows = 75, columns = 203, count = 3;
  MadeWeights made;
  const Weight<Vocab, Channel> weight{{rows, columns}, made.matrix("product", rows, columns, format)};
  const std::vector<float> x = made_numbers("activations", count * columns, 3.0f);
  const Reference backend;
  Arena arena;
  NoTrace silent;
  const Context<Reference, NoTrace> ctx{backend, mode, arena, silent};
  const View<const float, Token, Channel> input{x.data(), {count, columns}};
  const auto y = multiply(ctx, weight, input, mode);                            // (Token, Vocab)
  Hash hash;
  hash.add(std::span(y.data, y.size()));
  return row_of(std::string("product ") + name_of(format) + " " + name_of(mode), hash);
}

// Dots of every length up to 200, and the norms of as many numbers.
inline SelfTestRow dot_case() {
  const std::vector<float> a = made_numbers("left", 201, 2.0f), b = made_numbers("right", 200, 2.0f);
  Hash hash;
  for (int n = 0; n <= 200; ++n)
    for (const float y : {dot(a.data(), b.data(), n), sum(a.data(), n), inverse_rms(a.data(), n | 1, 1e-6f)})
      hash.add_word(bits_of(y));
  return row_of("dot", hash);
}

inline SelfTestRow softmax_case() {
  Hash hash;
  for (int n = 1; n <= 70; ++n) {
    std::vector<float> x = made_numbers("scores", n, static_cast<float>(n));
    softmax(x.data(), n);
    hash.add(x);
  }
  for (int n = 1; n <= 8; ++n) {
    std::vector<float> c = made_numbers("mixing", n * n, 4.0f);
    sinkhorn(c.data(), n, 5, 1e-6f);
    hash.add(c);
  }
  return row_of("softmax", hash);
}

inline SelfTestRow router_case(const char* name, RoutingRule rule) {
  constexpr int experts = 24, tokens = 200;
  rule.chosen = 5;
  const std::vector<float> bias = made_numbers("correction", experts, 0.3f);
  Hash hash;
  for (int t = 0; t < tokens; ++t) {
    std::vector<float> logits = made_numbers("token " + std::to_string(t), experts, 3.0f);
    for (float& x : logits) x = round_to_integer(x * 4.0f) * 0.25f;   // coarse: there will be ties
    float scores[experts], selection[experts], weight[5], margin = 0.0f;
    int choice[5];
    const float* correction = t % 2 == 0 ? bias.data() : nullptr;
    route_token(rule, logits.data(), correction, experts, {scores, selection, choice, weight, &margin});
    hash.add(std::span<const int>(choice));
    hash.add(std::span<const float>(weight));
  }
  return row_of(std::string("router ") + name, hash);
}

inline SelfTestRow rotary_case(const char* name, const RopeScaling& scaling) {
  const Rope rope = rope_of(scaling, 64, RopePairs::neighbours);
  Hash hash;
  for (int position = 0; position < 200000; position = position * 3 / 2 + 1) {
    float cosine[32], sine[32];
    std::vector<float> x = made_numbers("head", 64, 1.0f);
    rope_angles(rope, position, cosine, sine);
    rotate_channels(rope.pairs, x.data(), 32, cosine, sine);
    hash.add(std::span<const float>(cosine));
    hash.add(x);
  }
  return row_of(std::string("rotary ") + name, hash);
}

// Three queries at the end of 300 positions: ten blocks of keys, with sinks, and with a window that begins inside one.
inline SelfTestRow attention_case() {
  constexpr int tokens = 3, positions = 300, heads = 4, kv_heads = 2, dim = 20, width = 12;
  const std::vector<float> q = made_numbers("queries", tokens * heads * dim, 2.0f),
                           k = made_numbers("keys", positions * kv_heads * dim, 2.0f),
                           v = made_numbers("values", positions * kv_heads * width, 1.0f),
                           sinks = made_numbers("sinks", heads, 3.0f);
  const Reference backend;
  Arena arena;
  NoTrace silent;
  const Context<Reference, NoTrace> ctx{backend, Numerics::f32, arena, silent};
  Hash hash;
  for (const int window : {0, 71}) {
    std::vector<float> out(tokens * heads * width);
    attend(ctx, View<const float, Token, Head, NopeDim>{q.data(), {tokens, heads, dim}},
           View<const float, Position, KvHead, NopeDim>{k.data(), {positions, kv_heads, dim}},
           View<const float, Position, KvHead, ValueDim>{v.data(), {positions, kv_heads, width}},
           {.scale = 1.0 / (window + 7), .start = positions - tokens, .window = window,
            .sinks = {sinks.data(), {heads}}},
           View<float, Token, Head, ValueDim>{out.data(), {tokens, heads, width}});
    hash.add(out);
  }
  return row_of("attention", hash);
}

// Every code of every 8-bit and 16-bit format, decoded.
inline SelfTestRow formats_case() {
  Hash hash;
  const auto take = [&](float x) { hash.add_word(is_nan(x) ? canonical_nan_bits : bits_of(x)); };
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    take(E4m3{byte}.decode());
    take(E5m2{byte}.decode());
    take(E8m0{byte}.decode());
    take(E2m1{static_cast<std::uint8_t>(code & 15)}.decode());
  }
  for (int code = 0; code < 65536; ++code) take(F16{static_cast<std::uint16_t>(code)}.decode());
  return row_of("formats", hash);
}

inline SelfTestRow philox_case() {
  Hash hash;
  for (std::uint32_t i = 0; i < 500; ++i)
    for (const std::uint32_t word : philox({i, i * i, 7, ~i}, 0x9e3779b97f4a7c15ull * i)) hash.add_word(word);
  return row_of("philox", hash);
}

}  // namespace detail

// Calls report(row) for each operation.
inline void function_cases(const std::function<void(const SelfTestRow&)>& report) {
  using namespace detail;
  report(comb("exp2", float_bits([](float x) { return exp2(x); })));
  report(comb("exp", float_bits([](float x) { return exp(x); })));
  report(comb("log", float_bits([](float x) { return log(x); })));
  report(comb("log1p", float_bits([](float x) { return log1p(x); })));
  report(comb("tanh", float_bits([](float x) { return tanh(x); })));
  report(comb("sigmoid", float_bits([](float x) { return sigmoid(x); })));
  report(comb("silu", float_bits([](float x) { return silu(x); })));
  report(comb("softplus", float_bits([](float x) { return softplus(x); })));
  report(comb("square root", float_bits([](float x) { return square_root(x); })));
  report(comb("to bf16", [](float x) { return to_bf16_bits(x); }));
  report(comb("activation", float_bits([](float x) { return round_activation(x); })));
  report(comb("to e4m3", [](float x) { return to_e4m3(x).bits; }));
  report(comb("to e5m2", [](float x) { return to_e5m2(x).bits; }));
  report(formats_case());
  report(philox_case());
  report(dot_case());
  report(softmax_case());
  report(attention_case());
  report(router_case("sigmoid", {.groups = 6, .kept_groups = 3, .scale = 2.5f}));
  report(router_case("softmax", {.epsilon = 0.0f, .score = RouterScore::softmax}));
  report(router_case("sqrt softplus", {.score = RouterScore::sqrt_softplus}));
  report(router_case("logit", {.score = RouterScore::logit}));
  report(rotary_case("plain", {}));
  report(rotary_case("linear", {.kind = RopeKind::linear, .factor = 8.0}));
  report(rotary_case("yarn", {.kind = RopeKind::yarn, .factor = 40.0, .original_max_position = 4096}));
  report(rotary_case("llama3", {.kind = RopeKind::llama3, .theta = 5e5, .factor = 8.0, .original_max_position = 8192}));
  for (const MadeFormat format : {MadeFormat::f32, MadeFormat::bf16, MadeFormat::f16, MadeFormat::e4m3,
                                  MadeFormat::int8, MadeFormat::mxfp4})
    for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) report(product_case(format, mode));
}

}  // namespace etalon
