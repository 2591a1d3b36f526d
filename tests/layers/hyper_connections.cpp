// Tests of include/etalon/layers/hyper_connections.hpp.
#include <etalon/layers/hyper_connections.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

static constexpr int n = 3, channels = 8, tokens = 2;
static const MixingRule rule{n, 5, 1e-3f, 1e-2f};

static HyperConnections random_residual(Filled& weights) {
  HyperConnections residual = hyper_connections_of(rms_norm_of<Channel>(channels, 1e-2f), rule);
  weights.set_all(residual, 1);
  return residual;
}

// m of one token in double: W vec(X) / rms, before scale and base.
template <class Out>
static std::vector<double> projected(const Weight<Out, Joined<Stream, Channel>>& weight, const float* x) {
  double mean = 0.0;
  for (int i = 0; i < n * channels; ++i) mean += static_cast<double>(x[i]) * x[i] / (n * channels);
  std::vector<double> m;
  std::vector<float> row(n * channels);
  for (int o = 0; o < weight.rows(); ++o) {
    read_row(weight.storage, o, weight.columns(), row.data());
    double sum = 0.0;
    for (int i = 0; i < n * channels; ++i) sum += row[i] * x[i] / std::sqrt(mean + rule.norm_epsilon);
    m.push_back(sum);
  }
  return m;
}
static double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

TEST_CASE("a sub-layer reads the weighted sum, normed; its result and the mixed streams are as in double") {
  Filled weights;
  const HyperConnections residual = random_residual(weights);
  Random random{7};
  std::vector<float> x = random.normals(tokens * n * channels);
  const std::vector<float> before = x;
  Run run;
  std::vector<float> read, returned = random.normals(tokens * channels);
  const View<float, Token, Stream, Channel> streams{x.data(), {tokens, n, channels}};
  residual(run.ctx, attention_names, streams, [&](auto in) {
    read = copied(in);
    return View<float, Token, Channel>{returned.data(), {tokens, channels}};
  });
  CHECK(run.notes.names == std::vector<std::string>{"attn.norm", "attn.out"});
  const std::vector<float> base = row_of(residual.base, 0), scale = row_of(residual.scale, 0);
  const std::vector<float> gain = row_of(residual.norm.gain, 0);
  for (int t = 0; t < tokens; ++t) {
    const float* own = &before[t * n * channels];
    const std::vector<double> m = projected(residual.mix, own);
    std::vector<float> matrix(n * n);   // math/sinkhorn.hpp has its own tests
    for (int i = 0; i < n * n; ++i) matrix[i] = static_cast<float>(m[2 * n + i] * scale[2] + base[2 * n + i]);
    sinkhorn(matrix.data(), n, rule.iterations, rule.epsilon);
    std::vector<double> sum(channels, 0.0);
    double mean = 0.0;
    for (int c = 0; c < channels; ++c) {
      for (int j = 0; j < n; ++j)
        sum[c] += (logistic(m[j] * scale[0] + base[j]) + rule.epsilon) * own[j * channels + c];
      mean += sum[c] * sum[c] / channels;
    }
    for (int c = 0; c < channels; ++c) {
      CHECK(std::fabs(read[t * channels + c] - sum[c] / std::sqrt(mean + 1e-2) * gain[c]) < 3e-6);
      for (int k = 0; k < n; ++k) {
        double wanted = 2.0 * logistic(m[n + k] * scale[1] + base[n + k]) * returned[t * channels + c];
        for (int j = 0; j < n; ++j) wanted += matrix[j * n + k] * own[j * channels + c];
        CHECK(std::fabs(x[(t * n + k) * channels + c] - wanted) < 3e-6);
      }
    }
  }
}

TEST_CASE("streams begin as copies of the embedding and end as their weighted sum, as in double") {
  Filled weights;
  HyperStreams streams = hyper_streams_of(channels, rule);
  weights.set_all(streams, 1);
  Random random{3};
  std::vector<float> x = random.normals(tokens * n * channels), embedded = random.normals(channels);
  const std::vector<float> offset = row_of(streams.base, 0), scale = row_of(streams.scale, 0);
  Run run;
  const auto begun = streams.begin(run.ctx, View<float, Token, Channel>{embedded.data(), {1, channels}});
  for (int j = 0; j < n; ++j) CHECK(copied(begun[0][j]) == embedded);
  const auto ended = streams.end(run.ctx, View<float, Token, Stream, Channel>{x.data(), {tokens, n, channels}});
  for (int t = 0; t < tokens; ++t) {
    const std::vector<double> m = projected(streams.mix, &x[t * n * channels]);
    for (int c = 0; c < channels; ++c) {
      double wanted = 0.0;
      for (int j = 0; j < n; ++j)
        wanted += (logistic(m[j] * scale[0] + offset[j]) + rule.epsilon) * x[(t * n + j) * channels + c];
      CHECK(std::fabs(ended[t][c] - wanted) < 3e-6);
    }
  }
}

TEST_CASE("the mode of the context does not touch the coefficients") {
  Filled weights;
  const HyperConnections residual = random_residual(weights);
  Random random{5};
  std::vector<float> x = random.normals(tokens * n * channels);
  const View<float, Token, Stream, Channel> streams{x.data(), {tokens, n, channels}};
  Run exact, rounding(Numerics::bf16), quantising(Numerics::int8);
  const auto wanted = copied(residual.coefficients(exact.ctx, streams));
  CHECK(same_bits(wanted, copied(residual.coefficients(rounding.ctx, streams))));
  CHECK(same_bits(wanted, copied(residual.coefficients(quantising.ctx, streams))));
}
