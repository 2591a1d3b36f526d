// Tests of include/etalon/ops/short_convolution.hpp.
#include <etalon/ops/short_convolution.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// A convolution of `channels` channels with its numbers, and a sequence's state.
struct Convolution {
  Weight<MixedChannel, Tap> weight;
  Filled filled;
  ConvolutionState state;

  Convolution(int channels, int taps, std::vector<float> values) : weight{{channels, taps}, {}} {
    filled.set(weight, std::move(values));
    state.inputs.assign(static_cast<std::size_t>(channels) * static_cast<std::size_t>(taps - 1), 0.0f);
  }
  template <class Backend = Reference> std::vector<float> output(const std::vector<float>& x, Backend backend = {}) {
    Run<Backend> run(Numerics::f32, backend);
    const int tokens = static_cast<int>(x.size()) / weight.rows();
    const auto y = run.ctx.template make<float, Token, MixedChannel>(tokens, weight.rows());
    short_convolution(run.ctx, weight, state, seen<Token, MixedChannel>(x, tokens, weight.rows()), y);
    return copied(y);
  }
};

}  // namespace

TEST_CASE("by hand: the last tap is the token's own, and before the sequence there is nothing") {
  Convolution e(1, 3, {100, 10, 1});
  const auto y = e.output({1, 2, 3});
  CHECK(y == std::vector<float>{silu(1.0f), silu(12.0f), silu(123.0f)});
  CHECK(e.state.inputs == std::vector<float>{2, 3});   // inputs, not outputs
  CHECK(e.output({4}) == std::vector<float>{silu(234.0f)});
}

TEST_CASE("channels do not mix") {
  Convolution e(2, 2, {10, 1, 0, 5});
  CHECK(e.output({1, 7, 2, 8}) == std::vector<float>{silu(1.0f), silu(35.0f), silu(12.0f), silu(40.0f)});
}

TEST_CASE("chunks of any size give the bits of the whole, shorter than the kernel too; threads change nothing") {
  Random random;
  const auto values = random.normals(40 * 4), x = random.normals(23 * 40);
  Convolution whole(40, 4, values);
  const auto expected = whole.output(x);
  for (const std::size_t chunk : {1u, 2u, 3u, 7u, 22u}) {
    Convolution e(40, 4, values);
    std::vector<float> y;
    for (std::size_t first = 0; first < 23; first += chunk) {
      const std::size_t n = std::min<std::size_t>(chunk, 23 - first);
      const auto begin = x.begin() + 40 * static_cast<std::ptrdiff_t>(first);
      const auto part = e.output({begin, begin + 40 * static_cast<std::ptrdiff_t>(n)});
      y.insert(y.end(), part.begin(), part.end());
    }
    CHECK(same_bits(y, expected));
    CHECK(same_bits(e.state.inputs, whole.state.inputs));
  }
  Convolution threads(40, 4, values);
  CHECK(same_bits(threads.output(x, Cpu(3)), expected));
}

TEST_CASE("a kernel of one tap has no past") {
  Convolution e(2, 1, {3, 5});
  CHECK(e.output({1, 2}) == std::vector<float>{silu(3.0f), silu(10.0f)});
  CHECK(e.state.inputs.empty());
}
