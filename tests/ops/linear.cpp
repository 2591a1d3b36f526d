// Tests of include/etalon/ops/linear.hpp.
#include <etalon/ops/linear.hpp>

#include <algorithm>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

// 131 x 157 leaves partial blocks of 128 at both edges and a partial block of 32.
static constexpr int rows = 131, all_columns = 157, tokens = 3;

// A matrix of random codes in some storage format; owns its bytes.
struct StoredMatrix {
  std::vector<std::byte> codes, scales;
  Storage storage;
};

template <class Number> static Number some_number(Random& random) {
  if constexpr (std::is_same_v<Number, F32>) return {random.normal()};
  else if constexpr (std::is_same_v<Number, Bf16>) return {to_bf16_bits(random.normal())};
  else if constexpr (std::is_same_v<Number, F16>)
    return {static_cast<std::uint16_t>(random.below(0x7000) | random.below(2) << 15)};
  else if constexpr (std::is_same_v<Number, E8m0>) return {static_cast<std::uint8_t>(120 + random.below(10))};
  else return {static_cast<std::uint8_t>(random.below(0x50) | random.below(2) << 7)};   // 8-bit floats, finite
}
template <class Number> static std::vector<std::byte> random_numbers(Random& random, std::size_t n) {
  std::vector<std::byte> bytes(n * sizeof(Number));
  for (std::size_t i = 0; i < n; ++i) {
    const Number number = some_number<Number>(random);
    std::memcpy(&bytes[i * sizeof number], &number, sizeof number);
  }
  return bytes;
}
template <class Number> static StoredMatrix plain(Random& random) {
  StoredMatrix m{random_numbers<Number>(random, rows * all_columns), {}, {}};
  m.storage = Plain<Number>{m.codes.data(), all_columns, 1};
  return m;
}
template <class Code, class Scale> static StoredMatrix blocks(Random& random) {
  StoredMatrix m{random_numbers<Code>(random, rows * all_columns), random_numbers<Scale>(random, 4), {}};
  m.storage = ScaledBlocks<Code, Scale>{{m.codes.data(), all_columns, 1}, {m.scales.data(), 2, 1}};
  return m;
}
// MXFP4 packs two codes a byte: 79 bytes a row, and 5 scales.
static StoredMatrix four_bits(Random& random) {
  StoredMatrix m{random_numbers<E4m3>(random, rows * 79), random_numbers<E8m0>(random, rows * 5), {}};
  m.storage = Mxfp4{m.codes.data(), m.scales.data(), 79, 5};
  return m;
}
static std::vector<StoredMatrix> every_format(Random& random) {
  std::vector<StoredMatrix> all;
  all.push_back(plain<F32>(random));
  all.push_back(plain<Bf16>(random));
  all.push_back(plain<F16>(random));
  all.push_back(plain<E4m3>(random));
  all.push_back(plain<E5m2>(random));
  all.push_back(blocks<E4m3, F32>(random));
  all.push_back(blocks<E4m3, Bf16>(random));
  all.push_back(blocks<E4m3, E8m0>(random));
  all.push_back(blocks<E5m2, F32>(random));
  all.push_back(four_bits(random));
  return all;
}

// One row's numbers in double, the product of code and scale not rounded.
static std::vector<double> exact_row(const Storage& storage, int n) {
  std::vector<float> codes(all_columns);
  std::vector<double> row(all_columns);
  visit_storage(storage, [&](const auto& weights) {
    weights.codes(n, all_columns, codes.data());
    for (int k = 0; k < all_columns; ++k)
      row[k] = static_cast<double>(codes[k]) * weights.scale(n, k / weights.group(all_columns));
  });
  return row;
}

// Nearest number of 8 significant bits, ties to even: bfloat16 without its bits.
static double in_eight_bits(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(fraction, 8)), exponent - 8);
}

template <class Backend = Reference>
static std::vector<float> product(const Storage& storage, const std::vector<float>& x, Numerics mode,
                                  Backend backend = {}) {
  Run<Backend> run(mode, backend);
  const int count = static_cast<int>(x.size()) / all_columns;
  return copied(multiply(run.ctx, Weight<Hidden, Channel>{{rows, all_columns}, storage},
                         seen<Token, Channel>(x, count, all_columns), mode));
}

TEST_CASE("by hand: (1 2; 3 4) times (5, 6), and a bias of (10, 20)") {
  const std::vector<float> matrix{1, 2, 3, 4}, bias{10, 20}, x{5, 6};
  for (Numerics mode : {Numerics::f32, Numerics::bf16}) {
    Run run(mode);
    Linear<Hidden, Channel> layer = linear_of<Hidden, Channel>(2, 2);
    layer.weight.storage = stored(matrix, 2);
    CHECK(copied(linear(run.ctx, layer, seen<Token, Channel>(x, 1, 2))) == std::vector<float>{17, 39});
    layer.bias = {{2}, stored(bias, 2)};
    CHECK(copied(linear(run.ctx, layer, seen<Token, Channel>(x, 1, 2))) == std::vector<float>{27, 59});
  }
}

TEST_CASE("by hand in mode Q: groups whose largest is 127 are exact") {
  // w = (127, 1), x = (-127, 3): scales 1, so the integer dot is -16129 + 3.
  const std::vector<float> w{127, 1}, x{-127, 3};
  Run run(Numerics::int8);
  const Weight<Hidden, Channel> weight{{1, 2}, stored(w, 2)};
  CHECK(multiply(run.ctx, weight, seen<Token, Channel>(x, 1, 2), Numerics::int8)[0][0] == -16126.0f);
}

TEST_CASE("by hand: mode H sees activations in 8 bits, mode F as they are") {
  const std::vector<float> w{1.0f}, x{1.0f + 0x1p-9f};
  const Weight<Hidden, Channel> weight{{1, 1}, stored(w, 1)};
  Run run;
  CHECK(multiply(run.ctx, weight, seen<Token, Channel>(x, 1, 1), Numerics::f32)[0][0] == 1.0f + 0x1p-9f);
  CHECK(multiply(run.ctx, weight, seen<Token, Channel>(x, 1, 1), Numerics::bf16)[0][0] == 1.0f);
}

TEST_CASE("modes F and H agree with double in every storage format") {
  // A term passes at most 16 fma of its chain, e + o, five block sums and two scalings: 24 roundings of 2^-24 each,
  // relative to the sum of magnitudes.
  Random random;
  const std::vector<float> x = random.normals(tokens * all_columns);
  int planted = 0;
  for (const StoredMatrix& m : every_format(random)) {
    CAPTURE(m.storage.index());
    for (Numerics mode : {Numerics::f32, Numerics::bf16}) {
      const std::vector<float> y = product(m.storage, x, mode);
      for (int n = 0; n < rows; ++n) {
        const std::vector<double> w = exact_row(m.storage, n);
        for (int t = 0; t < tokens; ++t) {
          double truth = 0.0, size = 0.0;
          for (int k = 0; k < all_columns; ++k) {
            const float given = x[t * all_columns + k];
            const double term = w[k] * (mode == Numerics::f32 ? given : in_eight_bits(given));
            truth += term;
            size += std::fabs(term);
          }
          REQUIRE(std::fabs(y[t * rows + n] - truth) <= 24 * 0x1p-24 * size);
          planted += std::fabs(y[(t + 1) % tokens * rows + n] - truth) > 24 * 0x1p-24 * size;   // another token's row
        }
      }
    }
  }
  CHECK(planted > 5000);
}

TEST_CASE("mode Q is off by no more than half a step of each factor") {
  Random random;
  const std::vector<float> x = random.normals(all_columns);
  const auto step = [](const double* from, int n) {
    double largest = 0.0;
    for (int i = 0; i < n; ++i) largest = std::max(largest, std::fabs(from[i]));
    return largest / 127.0;
  };
  const std::vector<double> activations(x.begin(), x.end());
  for (const StoredMatrix& m : every_format(random)) {
    CAPTURE(m.storage.index());
    const std::vector<float> y = product(m.storage, x, Numerics::int8);
    for (int n = 0; n < rows; ++n) {
      const std::vector<double> w = exact_row(m.storage, n);
      double truth = 0.0, bound = 0.0;
      for (int k = 0; k < all_columns; ++k) {
        const int first = k / 32 * 32, width = std::min(32, all_columns - first);
        const double half_w = 0.5001 * step(&w[first], width), half_x = 0.5001 * step(&activations[first], width);
        truth += w[k] * x[k];
        bound += half_x * std::fabs(w[k]) + half_w * std::fabs(activations[k]) + half_w * half_x;
      }
      REQUIRE(std::fabs(y[n] - truth) <= bound);
    }
  }
}

// EO32 by multiplication and addition, each rounded.
static float dot_without_fma(const float* a, const float* b, int n) {
  float c = 0.0f;
  for (int first = 0; first < n; first += 32) {
    float chain[2] = {0.0f, 0.0f};
    for (int k = first; k < std::min(n, first + 32); ++k) {
      volatile float term = a[k] * b[k];
      chain[k % 2] = chain[k % 2] + term;
    }
    c = c + (chain[0] + chain[1]);
  }
  return c;
}

TEST_CASE("in mode H a bf16 matrix needs no fma: multiplying and adding give the same bits; in mode F they do not") {
  Random random;
  const std::vector<float> x = random.normals(all_columns);
  std::vector<float> rounded, w(all_columns);
  for (float value : x) rounded.push_back(round_activation(value));
  const StoredMatrix m = plain<Bf16>(random);
  const std::vector<float> h = product(m.storage, x, Numerics::bf16), f = product(m.storage, x, Numerics::f32);
  int differ = 0;
  for (int n = 0; n < rows; ++n) {
    read_row(m.storage, n, all_columns, w.data());
    REQUIRE(same_bits(h[n], dot_without_fma(w.data(), rounded.data(), all_columns)));
    differ += !same_bits(f[n], dot_without_fma(w.data(), x.data(), all_columns));
  }
  CHECK(differ > rows / 2);
}

TEST_CASE("a scale is applied to the sum of its group, not to each number: the bits say which") {
  Random random;
  const std::vector<float> x = random.normals(all_columns);
  const StoredMatrix m = blocks<E4m3, F32>(random);
  const std::vector<float> y = product(m.storage, x, Numerics::f32);
  std::vector<float> codes(all_columns), values(all_columns);
  int differ = 0;
  for (int n = 0; n < rows; ++n) {
    const auto& weights = std::get<ScaledBlocks<E4m3, F32>>(m.storage);
    weights.codes(n, all_columns, codes.data());
    float c = std::fma(weights.scale(n, 0), dot(codes.data(), x.data(), 128), 0.0f);
    c = std::fma(weights.scale(n, 1), dot(&codes[128], &x[128], all_columns - 128), c);
    REQUIRE(same_bits(y[n], c));
    weights.values(n, all_columns, values.data());
    differ += !same_bits(y[n], dot(values.data(), x.data(), all_columns));   // planted
  }
  CHECK(differ > rows / 2);
}

TEST_CASE("row-major or transposed storage: the same bits in every mode") {
  Random random;
  const std::vector<float> x = random.normals(tokens * all_columns), w = random.normals(rows * all_columns);
  std::vector<float> other(w.size());
  for (int n = 0; n < rows; ++n)
    for (int k = 0; k < all_columns; ++k) other[k * rows + n] = w[n * all_columns + k];
  const Storage row_major = stored(w, all_columns);
  const Storage transposed = Plain<F32>{reinterpret_cast<const std::byte*>(other.data()), 1, rows};
  for (Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8})
    CHECK(same_bits(product(row_major, x, mode), product(transposed, x, mode)));
}

TEST_CASE("1, 2, 3 or 8 threads, tokens together or apart: the same bits in every format and mode") {
  Random random;
  const std::vector<float> x = random.normals(tokens * all_columns);
  for (const StoredMatrix& m : every_format(random)) {
    for (Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
      const std::vector<float> y = product(m.storage, x, mode);
      for (int threads : {1, 2, 3, 8}) REQUIRE(same_bits(product(m.storage, x, mode, Cpu(threads)), y));
      for (int t = 0; t < tokens; ++t)
        REQUIRE(same_bits(product(m.storage, {x.begin() + t * all_columns, x.begin() + (t + 1) * all_columns}, mode),
                          {y.begin() + t * rows, y.begin() + (t + 1) * rows}));
    }
  }
}
