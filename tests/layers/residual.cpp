// Tests of include/etalon/layers/residual.hpp.
#include <etalon/layers/residual.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("pre-norm: the sub-layer sees the normed stream, and its result is added to the stream itself") {
  PreNorm residual{rms_norm_of<Channel>(2, 0.0f)};
  Filled filled;
  filled.set(residual.norm.gain, {1.0f, 2.0f});
  Run<> run;
  Numbers stream{{3.0f, 4.0f, 0.5f, -0.5f}};   // rows of root mean square sqrt(12.5) and 0.5
  residual(run.ctx, attention_names, stream.view<Token, Channel>(2, 2), [&](View<const float, Token, Channel> x) {
    CHECK(x[0][1] == doctest::Approx(2 * 4 / std::sqrt(12.5)));
    CHECK(x[1][0] == 1.0f);
    CHECK(x[1][1] == -2.0f);
    auto y = run.ctx.make<float, Token, Channel>(2, 2);
    for (std::size_t i = 0; i < 4; ++i) y.data[i] = 10.0f;
    return y;
  });
  CHECK(stream.values == std::vector<float>{13.0f, 14.0f, 10.5f, 9.5f});
}

TEST_CASE("what the sub-layer is given and what it returns are shown under its names") {
  PreNorm residual{rms_norm_of<Channel>(1, 0.0f)};
  Filled filled;
  filled.set(residual.norm.gain, {1.0f});
  Run<> run;
  Numbers stream{{5.0f}};
  residual(run.ctx, feed_forward_names, stream.view<Token, Channel>(1, 1), [&](View<const float, Token, Channel>) {
    auto y = run.ctx.make<float, Token, Channel>(1, 1);
    y[0][0] = 2.0f;
    return y;
  });
  CHECK(run.notes.names == std::vector<std::string>{"ffn.norm", "ffn.out"});
  CHECK(run.notes.floats["ffn.norm"] == std::vector<float>{1.0f});
  CHECK(run.notes.floats["ffn.out"] == std::vector<float>{2.0f});   // before it is added
}
