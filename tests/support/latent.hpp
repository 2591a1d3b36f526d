#pragma once
// A small latent attention with random weights, and the same function written out in double from the paper's equations,
// sharing no code with the library.
#include <cmath>

#include <etalon/layers/absorbed_mla.hpp>
#include <etalon/layers/mla.hpp>

#include "support/filled.hpp"

namespace etalon::test {

constexpr int latent_channels = 10;
constexpr MlaSizes latent_sizes{3, 4, 6, 5, 7};   // heads, nope, rope, value, latent

inline Mla small_mla(Filled& filled, bool low_rank = true, bool bias = false, RopePairs pairs = RopePairs::neighbours) {
  const MlaSizes& s = latent_sizes;
  const int queries = s.heads * (s.nope + s.rope);
  OneOf<LowRankQuery, DirectQuery> query{
      DirectQuery{linear_of<Joined<Head, HeadDim>, Channel>(queries, latent_channels)}};
  if (low_rank)
    query.kind = LowRankQuery{linear_of<QueryLatent, Channel>(8, latent_channels, bias),
                              rms_norm_of<QueryLatent>(8, 1e-6f),
                              linear_of<Joined<Head, HeadDim>, QueryLatent>(queries, 8)};
  RopeScaling scaling;
  scaling.theta = 50.0;
  Mla mla{s, query, linear_of<CompressedKv, Channel>(s.latent + s.rope, latent_channels, bias),
          rms_norm_of<KvLatent>(s.latent, 1e-6f),
          linear_of<Joined<Head, Concat<NopeDim, ValueDim>>, KvLatent>(s.heads * (s.nope + s.value), s.latent),
          linear_of<Channel, Joined<Head, ValueDim>>(latent_channels, s.heads * s.value, bias),
          rope_of(scaling, s.rope, pairs), mla_scale(s, scaling)};
  filled.set_all(mla, 5, 0.5f);
  return mla;
}

using Row = std::vector<double>;

template <class Out, class In> Row times(const Linear<Out, In>& layer, const Row& x) {
  Row y;
  for (int n = 0; n < layer.weight.rows(); ++n) {
    const auto w = row_of(layer.weight, n);
    double sum = layer.bias ? row_of(layer.bias, 0)[static_cast<std::size_t>(n)] : 0.0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += w[k] * x[k];
    y.push_back(sum);
  }
  return y;
}
template <class Axis> Row normed(const RmsNorm<Axis>& norm, Row x) {
  const auto gain = row_of(norm.gain, 0);
  double squares = 0.0;
  for (double v : x) squares += v * v;
  const double size = std::sqrt(squares / static_cast<double>(x.size()) + 1e-6);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= gain[i] / size;
  return x;
}
// Pairs (2i, 2i + 1) of d numbers at x, turned by position * 50^(-2i/d).
inline void turn(double* x, int d, int position) {
  for (int i = 0; i < d / 2; ++i) {
    const double angle = position * std::pow(50.0, -2.0 * i / d), u = x[2 * i], v = x[2 * i + 1];
    x[2 * i] = u * std::cos(angle) - v * std::sin(angle);
    x[2 * i + 1] = u * std::sin(angle) + v * std::cos(angle);
  }
}

// What one position contributes: its queries, and its keys and values, of all heads.
struct Projected { Row q, k, v; };

inline Projected projected(const Mla& mla, const Row& x, int position) {
  const MlaSizes& s = latent_sizes;
  Projected p;
  const auto* low = std::get_if<LowRankQuery>(&mla.query.kind);
  if (low) p.q = times(low->up, normed(low->norm, times(low->down, x)));
  else p.q = times(std::get<DirectQuery>(mla.query.kind).q, x);
  const Row down = times(mla.kv_down, x);
  Row shared(down.begin() + s.latent, down.end());
  turn(shared.data(), s.rope, position);
  const Row up = times(mla.kv_up, normed(mla.kv_norm, Row(down.begin(), down.begin() + s.latent)));
  for (int h = 0; h < s.heads; ++h) {
    turn(&p.q[static_cast<std::size_t>(h * (s.nope + s.rope) + s.nope)], s.rope, position);
    const auto* head = &up[static_cast<std::size_t>(h * (s.nope + s.value))];
    p.k.insert(p.k.end(), head, head + s.nope);
    p.k.insert(p.k.end(), shared.begin(), shared.end());
    p.v.insert(p.v.end(), head + s.nope, head + s.nope + s.value);
  }
  return p;
}

// One head of the last position: softmax over all positions, values mixed.
inline Row mixed_by_hand(const std::vector<Projected>& all, int h) {
  const MlaSizes& s = latent_sizes;
  const int dim = s.nope + s.rope;
  Row mixed(static_cast<std::size_t>(s.value));
  double total = 0.0;
  for (const Projected& past : all) {
    const double *q = &all.back().q[static_cast<std::size_t>(h * dim)], *k = &past.k[static_cast<std::size_t>(h * dim)];
    double score = 0.0;
    for (int i = 0; i < dim; ++i) score += q[i] * k[i];
    const double weight = std::exp(score / std::sqrt(static_cast<double>(dim)));
    total += weight;
    const double* v = &past.v[static_cast<std::size_t>(h * s.value)];
    for (std::size_t i = 0; i < mixed.size(); ++i) mixed[i] += weight * v[i];
  }
  for (double& v : mixed) v /= total;
  return mixed;
}

// The layer's output for every row of x, (Token, Channel), positions from 0.
inline std::vector<double> mla_by_hand(const Mla& mla, const std::vector<float>& x) {
  std::vector<double> output;
  std::vector<Projected> past;
  for (std::size_t t = 0; t < x.size() / latent_channels; ++t) {
    const auto row = x.begin() + static_cast<std::ptrdiff_t>(latent_channels * t);
    past.push_back(projected(mla, Row(row, row + latent_channels), static_cast<int>(t)));
    Row heads;
    for (int h = 0; h < latent_sizes.heads; ++h)
      for (double v : mixed_by_hand(past, h)) heads.push_back(v);
    for (double v : times(mla.out, heads)) output.push_back(v);
  }
  return output;
}

// Runs a mixer over x in chunks. state is extended.
template <class Attention>
std::vector<float> attended(const Attention& attention, LatentState& state, const std::vector<float>& x, int chunk,
                            Run<>& run) {
  std::vector<float> output;
  const int tokens = static_cast<int>(x.size()) / latent_channels;
  for (int first = 0; first < tokens; first += chunk) {
    const Arena::Scope scope(run.arena);
    const int count = std::min(chunk, tokens - first);
    StepBuffer buffer;
    buffer.add(std::vector<int>(static_cast<std::size_t>(count)), state.length());
    const View<const float, Token, Channel> rows{x.data() + first * latent_channels, {count, latent_channels}};
    const auto y = copied(attention(run.ctx, buffer.step(), [&](std::size_t) -> auto& { return state; }, rows));
    output.insert(output.end(), y.begin(), y.end());
  }
  return output;
}

}  // namespace etalon::test
