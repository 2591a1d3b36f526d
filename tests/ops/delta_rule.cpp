// Tests of include/etalon/ops/delta_rule.hpp.
#include <etalon/ops/delta_rule.hpp>

#include <algorithm>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

struct Sizes { int key_heads, heads, width, keys, decays; };

// A sequence of random tokens, and what the rule makes of them.
struct Example {
  Sizes size;
  int tokens;
  std::vector<float> q, k, v, decay, beta, memory;

  Example(const Sizes& sizes, int count, std::uint64_t seed = 1) : size(sizes), tokens(count) {
    Random random{seed};
    const auto n = [&](int a, int b) { return static_cast<std::size_t>(tokens) * static_cast<std::size_t>(a * b); };
    q = random.normals(n(size.key_heads, size.keys));
    k = random.normals(n(size.key_heads, size.keys));
    v = random.normals(n(size.heads, size.width));
    for (float& x : k) x = x / std::sqrt(static_cast<float>(size.keys));   // keys near length 1, as in a model
    for (std::size_t i = 0; i < n(size.heads, size.decays); ++i) decay.push_back(0.5f + 0.5f * random.uniform());
    for (std::size_t i = 0; i < n(size.heads, 1); ++i) beta.push_back(random.uniform());
    memory.assign(static_cast<std::size_t>(size.heads * size.width * size.keys), 0.0f);
  }
  DeltaRuleInputs inputs(int first, int count) const {
    const auto rows = [&](auto view) { return view.rows(first, count); };
    return {rows(seen<Token, KeyHead, HeadDim>(q, tokens, size.key_heads, size.keys)),
            rows(seen<Token, KeyHead, HeadDim>(k, tokens, size.key_heads, size.keys)),
            rows(seen<Token, ValueHead, ValueDim>(v, tokens, size.heads, size.width)),
            rows(seen<Token, ValueHead, HeadDim>(decay, tokens, size.heads, size.decays)),
            rows(seen<Token, ValueHead>(beta, tokens, size.heads))};
  }
  // The answers, (Token, ValueHead, ValueDim), with the tokens in chunks; the memory ends up after the last of them.
  template <class Backend = Reference> std::vector<float> answers(int chunk, Backend backend = {}) {
    Run<Backend> run(Numerics::f32, backend);
    std::fill(memory.begin(), memory.end(), 0.0f);
    const auto out = run.ctx.template make<float, Token, ValueHead, ValueDim>(tokens, size.heads, size.width);
    for (int first = 0; first < tokens; first += chunk) {
      const int n = std::min(chunk, tokens - first);
      delta_rule(run.ctx, inputs(first, n), {memory.data(), {size.heads, size.width, size.keys}}, out.rows(first, n));
    }
    return copied(out);
  }
};

// The rule on paper, in double, with the memory as a matrix (key channel, value channel) of each head.
std::vector<double> in_double(const Example& e) {
  const auto [key_heads, heads, width, keys, decays] = e.size;
  std::vector<double> out;
  const DeltaRuleInputs in = e.inputs(0, e.tokens);
  std::vector<double> s(e.memory.size());
  const auto at = [&, keys = keys, width = width](int h, int i, int c) -> double& {
    return s[static_cast<std::size_t>((h * keys + i) * width + c)];
  };
  for (int t = 0; t < e.tokens; ++t)
    for (int h = 0; h < heads; ++h)
      for (int c = 0; c < width; ++c) {
        const int key = h / (heads / key_heads);
        double said = 0.0, answer = 0.0;
        for (int i = 0; i < keys; ++i) at(h, i, c) *= in.decay[t][h][decays == 1 ? 0 : i];
        for (int i = 0; i < keys; ++i) said += at(h, i, c) * in.k[t][key][i];
        for (int i = 0; i < keys; ++i) at(h, i, c) += in.k[t][key][i] * in.beta[t][h] * (in.v[t][h][c] - said);
        for (int i = 0; i < keys; ++i) answer += at(h, i, c) * in.q[t][key][i];
        out.push_back(answer);
      }
  return out;
}

constexpr Sizes examples[] = {{1, 1, 1, 1, 1}, {2, 4, 24, 16, 1}, {3, 3, 5, 40, 40}, {1, 6, 33, 7, 7}};

}  // namespace

TEST_CASE("by hand: one key channel, one value channel") {
  float s = 4.0f;
  const float decay = 0.5f, k = 2.0f, q = 10.0f;
  // 4 decays to 2 and says 4 where it should say 7: half of what is missing, 1.5, comes in along the key.
  CHECK(delta_step(&s, 1, &decay, 1, &k, &q, 7.0f, 0.5f) == 50.0f);
  CHECK(s == 5.0f);
}

TEST_CASE("with beta 1 and keys of length 1 the memory says afterwards what it was told") {
  std::vector<float> s{0.25f, -1.0f, 3.0f};
  const std::vector<float> k{0.0f, 1.0f, 0.0f};
  const float decay = 0.75f;
  CHECK(delta_step(s.data(), 3, &decay, 1, k.data(), k.data(), 9.0f, 1.0f) == 9.0f);
  CHECK(s == std::vector<float>{0.1875f, 9.0f, 2.25f});
}

TEST_CASE("agrees with the rule in double; rules that differ in one step do not") {
  for (const Sizes& size : examples) {
    CAPTURE(size.keys);
    Example e(size, 50);
    const auto truth = in_double(e);
    CHECK(apart(e.answers(50), truth) < 5e-6);   // some hundred roundings along 50 tokens, the old ones decayed
    const auto planted = [&](auto change) {
      Example wrong = e;
      change(wrong);
      return apart(wrong.answers(50), truth) > 1e-3;
    };
    CHECK(planted([](Example& w) { std::fill(w.decay.begin(), w.decay.end(), 1.0f); }));
    CHECK(planted([](Example& w) { std::fill(w.beta.begin(), w.beta.end(), 1.0f); }));
    CHECK(planted([](Example& w) { std::swap(w.q, w.k); }));
  }
}

TEST_CASE("chunks of any size give the bits of the whole, memory included; threads change nothing") {
  for (const Sizes& size : examples) {
    Example e(size, 37, 2);
    const auto whole = e.answers(37);
    const auto memory = e.memory;
    for (const int chunk : {1, 2, 5, 32}) {
      CHECK(same_bits(e.answers(chunk), whole));
      CHECK(same_bits(e.memory, memory));
    }
    CHECK(same_bits(e.answers(37, Cpu(3)), whole));
  }
}

TEST_CASE("one number a head and the same number for each key channel are the same bits") {
  Example one({2, 4, 6, 9, 1}, 20), each({2, 4, 6, 9, 9}, 20);
  each.q = one.q, each.k = one.k, each.v = one.v, each.beta = one.beta;
  for (std::size_t i = 0; i < each.decay.size(); ++i) each.decay[i] = one.decay[i / 9];
  CHECK(same_bits(one.answers(20), each.answers(20)));
}

TEST_CASE("the decay is exp(-exp(rate) softplus(x + bias)): between 0 and 1, and 1 where nothing is to be forgotten") {
  Run<> run;
  std::vector<float> x{0.0f, 1.0f, -200.0f, 3000.0f};
  const std::vector<float> rate{0.0f, 1.0f}, bias{0.0f, 0.5f};
  const View<float, Token, ValueHead> in_place{x.data(), {2, 2}};
  decay_of(run.ctx, seen<ValueHead>(rate, 2), seen<ValueHead>(bias, 2), in_place);
  CHECK(x[0] == doctest::Approx(0.5).epsilon(1e-6));   // exp(-ln 2)
  CHECK(x[1] == doctest::Approx(std::exp(-std::exp(1.0) * std::log1p(std::exp(1.5)))).epsilon(1e-6));
  CHECK(x[2] == 1.0f);
  CHECK(x[3] == 0.0f);
}

TEST_CASE("the gate's sigmoid is taken in place") {
  Run<> run;
  std::vector<float> x{0.0f, 2.0f};
  sigmoid_of(run.ctx, View<float, Token, ValueHead>{x.data(), {1, 2}});
  CHECK(x == std::vector<float>{0.5f, sigmoid(2.0f)});
}
