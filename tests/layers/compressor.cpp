// Tests of include/etalon/layers/compressor.hpp.
#include <etalon/layers/compressor.hpp>

#include <doctest/doctest.h>

#include <etalon/ops/rope_frequencies.hpp>

#include "support/filled.hpp"

using namespace etalon;
using namespace etalon::test;

static constexpr int channels = 6, width = 4;

static Compressor<HeadDim> random_compressor(Filled& weights, int rate, bool overlapping) {
  const Rope rotary = rope_of({}, 2, RopePairs::neighbours);
  auto made = compressor_of<HeadDim>({rate, width, overlapping}, channels, 1e-2f, rotary);
  weights.set_all(made, 1);
  return made;
}

// The state after tokens x, in steps of so many.
static CompressorState after(const Compressor<HeadDim>& compressor, const std::vector<float>& x, int step,
                             Numerics mode = Numerics::f32) {
  Run run(mode);
  CompressorState state = compressor.new_state();
  const int tokens = static_cast<int>(x.size()) / channels;
  for (int first = 0; first < tokens; first += step) {
    const int n = std::min(step, tokens - first);
    const auto given = compressor.project(run.ctx, seen<Token, Channel>(x, tokens, channels).rows(first, n));
    compressor.append(run.ctx, {0, n, first}, given, state);
  }
  return state;
}

// Entry w in double, from the definition.
static std::vector<double> entry_in_double(const Compressor<HeadDim>& compressor, const std::vector<float>& x, int w) {
  const CompressorSizes& sizes = compressor.sizes;
  const auto number = [](const auto& weight, int row, int column) {
    std::vector<float> numbers(static_cast<std::size_t>(weight.columns()));
    read_row(weight.storage, row, weight.columns(), numbers.data());
    return static_cast<double>(numbers[column]);
  };
  const auto product = [&](const auto& weight, int row, int token) {
    double sum = 0.0;
    for (int i = 0; i < channels; ++i) sum += number(weight, row, i) * x[token * channels + i];
    return sum;
  };
  std::vector<double> entry;
  for (int c = 0; c < width; ++c) {
    double total = 0.0, mixed = 0.0;
    for (int token = (w - (sizes.overlapping && w > 0)) * sizes.rate; token < (w + 1) * sizes.rate; ++token) {
      const bool earlier = token < w * sizes.rate;
      const int row = c + (sizes.overlapping && !earlier ? width : 0);   // series b of its own group, a of the other
      const double offset = number(compressor.bias, token % sizes.rate, row);
      const double p = std::exp(product(compressor.gate.weight, row, token) + offset);
      total += p;
      mixed += p * product(compressor.value.weight, row, token);
    }
    entry.push_back(mixed / total);
  }
  double mean = 0.0;
  for (double e : entry) mean += e * e / width;
  for (int c = 0; c < width; ++c) entry[c] *= number(compressor.norm.gain, 0, c) / std::sqrt(mean + 1e-2);
  const double angle = w * sizes.rate, u = entry[2], v = entry[3];   // the last pair turns, by 1 a position
  entry[2] = u * std::cos(angle) - v * std::sin(angle);
  entry[3] = v * std::cos(angle) + u * std::sin(angle);
  return entry;
}

TEST_CASE("entries are as in double, with and without overlap; a group that is not full makes none") {
  for (const bool overlapping : {false, true})
    for (const int rate : {1, 3, 4}) {
      CAPTURE(overlapping);
      CAPTURE(rate);
      Filled weights;
      const auto compressor = random_compressor(weights, rate, overlapping);
      Random random{9};
      const std::vector<float> x = random.normals(14 * channels);
      const CompressorState state = after(compressor, x, 14);
      REQUIRE(state.count() == 14 / rate);
      CHECK(state.length == 14);
      for (int w = 0; w < state.count(); ++w) {
        const std::vector<double> wanted = entry_in_double(compressor, x, w);
        for (int c = 0; c < width; ++c) CHECK(std::fabs(state.entries[w * width + c] - wanted[c]) < 2e-6);
      }
    }
}

TEST_CASE("the same bits in steps of any size and in every mode") {
  for (const bool overlapping : {false, true}) {
    Filled weights;
    const auto compressor = random_compressor(weights, 4, overlapping);
    Random random{2};
    const std::vector<float> x = random.normals(23 * channels);
    const CompressorState whole = after(compressor, x, 23);
    for (const int step : {1, 2, 3, 4, 5, 8, 22}) {
      const CompressorState state = after(compressor, x, step);
      CHECK(same_bits(whole.entries, state.entries));
      CHECK(same_bits(whole.group.gates, state.group.gates));
      CHECK(same_bits(whole.before.values, state.before.values));
    }
    CHECK(same_bits(whole.entries, after(compressor, x, 5, Numerics::bf16).entries));
    CHECK(same_bits(whole.entries, after(compressor, x, 5, Numerics::int8).entries));
  }
}

TEST_CASE("a state can be cut back inside the group in the making, no further") {
  Filled weights;
  const auto compressor = random_compressor(weights, 4, true);
  Random random{4};
  const std::vector<float> x = random.normals(12 * channels);
  const CompressorState whole = after(compressor, x, 12);
  CompressorState state = after(compressor, {x.begin(), x.begin() + 11 * channels}, 11);
  CHECK(state.truncate(9));
  CHECK(state.length == 9);
  Run run;
  const auto given = compressor.project(run.ctx, seen<Token, Channel>(x, 12, channels).rows(9, 3));
  compressor.append(run.ctx, {0, 3, 9}, given, state);
  CHECK(same_bits(whole.entries, state.entries));
  CHECK(state.truncate(12));
  CHECK_FALSE(state.truncate(11));   // position 11 has become part of an entry
}
