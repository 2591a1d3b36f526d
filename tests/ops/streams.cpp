// Tests of include/etalon/ops/streams.hpp.
#include <etalon/ops/streams.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("by hand: streams begin equal and collapse by weight") {
  Run run;
  const std::vector<float> x{1, 2}, weight{3, 10, 0};   // two streams; the third number is not theirs
  auto streams = repeat_streams(run.ctx, seen<Token, Channel>(x, 1, 2), 2);
  CHECK(copied(streams) == std::vector<float>{1, 2, 1, 2});
  streams[0][1][0] = 5;
  const auto sum = collapse_streams(run.ctx, read_only(streams), seen<Token, Mixing>(weight, 1, 3));
  CHECK(copied(sum) == std::vector<float>{53, 26});
}

TEST_CASE("by hand: the matrix is used transposed: stream k receives column k") {
  Run run;
  std::vector<float> x{1, 10};
  const std::vector<float> y{100}, post{2, 3}, matrix{1, 2, 3, 4};
  mix_streams(run.ctx, View<float, Token, Stream, Channel>{x.data(), {1, 2, 1}}, seen<Token, Channel>(y, 1, 1),
              [&](int) { return MixingCoefficients{post.data(), matrix.data()}; });
  CHECK(x == std::vector<float>{231, 342});   // 200 + 1 + 30, 300 + 2 + 40; not transposed: 200 + 1 + 20
}

TEST_CASE("threads change nothing, for any number of streams") {
  Random random;
  for (int n : {1, 4, 7, max_streams}) {
    const int tokens = 30, channels = 100;
    const std::vector<float> start = random.normals(tokens * n * channels), y = random.normals(tokens * channels);
    const std::vector<float> post = random.normals(tokens * n), matrix = random.normals(tokens * n * n);
    const auto mixed = [&](auto backend) {
      Run<decltype(backend)> run(Numerics::f32, backend);
      std::vector<float> x = start;
      const View<float, Token, Stream, Channel> streams{x.data(), {tokens, n, channels}};
      mix_streams(run.ctx, streams, seen<Token, Channel>(y, tokens, channels),
                  [&](int t) { return MixingCoefficients{&post[t * n], &matrix[t * n * n]}; });
      const auto sum = copied(collapse_streams(run.ctx, read_only(streams), seen<Token, Stream>(post, tokens, n)));
      x.insert(x.end(), sum.begin(), sum.end());
      return x;
    };
    CHECK(same_bits(mixed(Reference{}), mixed(Cpu(3))));
  }
}
