// Tests of include/etalon/cpu/linear.hpp: the reference's bits, in every format, mode and set of instructions.
#include <etalon/cpu/cpu.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "support/matrices.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

constexpr Numerics every_mode[] = {Numerics::f32, Numerics::bf16, Numerics::int8};

template <class Backend>
std::vector<float> product(const Backend& backend, Numerics mode, const Matrix& m, const std::vector<float>& x,
                           int count, int columns, int rows) {
  std::vector<float> y(static_cast<std::size_t>(count) * static_cast<std::size_t>(rows), -7.0f);
  multiply_one(backend, {&m.storage, {x.data(), y.data(), count, columns, rows, mode}});
  return y;
}

// The first set of instructions, number of threads and way through memory that give other bits than the reference.
std::string fault(Numerics mode, const Matrix& m, const std::vector<float>& x, int count, int columns, int rows) {
  const auto expected = product(Reference{}, mode, m, x, count, columns, rows);
  for (const Isa isa : all_isas)
    for (const int threads : {1, 3})
      for (const auto& [one_stream, shortest_row] : {std::pair{false, 512}, {true, 512}, {true, 0}}) {
        if (!has_isa(isa) || (one_stream && count > 1)) continue;   // the kernels of one vector ask
        Cpu cpu(threads, isa);
        cpu.worth_sharing = 0;
        cpu.one_stream = one_stream;
        cpu.shortest_row = shortest_row;
        if (!same_bits(product(cpu, mode, m, x, count, columns, rows), expected))
          return m.name + ", " + name_of(isa) + ", " + std::to_string(threads) + " threads, " +
                 (one_stream ? "one stream" : "rows apart") + (shortest_row == 0 ? ", short rows too" : "");
      }
  return "";
}

}  // namespace

TEST_CASE("products have the reference's bits: every format, mode, set of instructions, shapes of no round size") {
  Random random(1);
  for (const int columns : {1, 31, 33, 64, 100, 157, 320, 1030})
    for (const int rows : {1, 8, 19, 70}) {
      auto matrices = every_format(random, rows, columns);
      for (const int count : {1, 2, 3, 7, 17, 50}) {
        auto x = random.normals(static_cast<std::size_t>(count) * static_cast<std::size_t>(columns));
        for (const Matrix& m : matrices)
          for (const Numerics mode : every_mode) {
            CAPTURE(columns);
            CAPTURE(rows);
            CAPTURE(count);
            CHECK(fault(mode, m, x, count, columns, rows) == "");
          }
      }
    }
}

TEST_CASE("extreme activations keep the reference's bits: subnormal, huge, zero, negative zero, one group empty") {
  Random random(2);
  constexpr int columns = 96, rows = 24;
  const auto matrices = every_format(random, rows, columns);
  for (const float size : {0x1p-140f, 0x1p-100f, 0x1p-99f, 1.0f, 0x1p100f}) {
    auto x = random.normals(2 * columns);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 64 < 32 ? x[i] * size : i % 2 == 0 ? 0.0f : -0.0f;
    for (const Matrix& m : matrices)
      for (const Numerics mode : every_mode)
        for (const int count : {1, 2}) CHECK(fault(mode, m, x, count, columns, rows) == "");
  }
}

// What tiles would flush or overflow is none of theirs: one odd weight, or activation, in a matrix of ordinary ones.
TEST_CASE("weights and activations outside the range of tiles keep the reference's bits") {
  Random random(6);
  constexpr int columns = 600, rows = 70, count = 20;
  for (const float odd : {0x1p-126f, 0x1.8p-60f, 0x1p-133f, 0x1p50f, 0x1p120f, __builtin_inff()}) {
    auto weights = plain<Bf16>("bf16", random, rows, columns);
    auto x = random.normals(std::size_t{count} * columns);
    CHECK(fault(Numerics::bf16, weights, x, count, columns, rows) == "");
    const std::uint16_t bits = to_bf16_bits(odd);
    std::memcpy(&weights.codes[(40 * columns + 577) * sizeof bits], &bits, sizeof bits);
    for (const int tokens : {1, count}) CHECK(fault(Numerics::bf16, weights, x, tokens, columns, rows) == "");
    for (const std::size_t i : {3u * columns + 5u, 19u * columns + 599u}) x[i] = odd;
    CHECK(fault(Numerics::bf16, weights, x, count, columns, rows) == "");
  }
}

namespace {

// The other tests draw codes of every kind; here all are normal numbers, or all but one in a row.
template <class Number> void check_normal_codes(const char* name, int least, int special) {
  Random random(7);
  constexpr int columns = 600, rows = 70;
  auto weights = plain<Number>(name, random, rows, columns);
  int turn = 0;
  for (std::byte& code : weights.codes)
    code = static_cast<std::byte>((turn % 2 << 7) + least + turn / 2 % (special - least)), ++turn;
  auto x = random.normals(2 * columns);
  for (const int odd : {-1, 0x00, 0x80, 1, least - 1, 0x80 + least - 1, least, special - 1, 0x80 + special - 1}) {
    CAPTURE(odd);
    if (odd >= 0) weights.codes[41 * columns + 100] = weights.codes[3 * columns + 599] = static_cast<std::byte>(odd);
    for (const int count : {1, 2}) CHECK(fault(Numerics::bf16, weights, x, count, columns, rows) == "");
  }
  for (const float size : {0x1p-56f, 0x1p-55f, 0x1p49f, 0x1p50f, 0x1p60f, 0x1p110f}) {   // around the ends of ordinary
    CAPTURE(size);
    for (std::size_t i = 0; i < x.size(); i += 3) x[i] = i % 2 == 0 ? size : -1.5f * size;
    for (const int count : {1, 2}) CHECK(fault(Numerics::bf16, weights, x, count, columns, rows) == "");
    for (float& number : x) number = 1.5f * size;
    CHECK(fault(Numerics::bf16, weights, x, 1, columns, rows) == "");
  }
}

}  // namespace

TEST_CASE("every normal number in 8 bits keeps the reference's bits; so does one that is not, between them") {
  check_normal_codes<E4m3>("e4m3", 8, 0x7f);
  check_normal_codes<E5m2>("e5m2", 4, 0x7c);
}

// A block is scaled after it is summed, where its scale is safe: here one that is not, or only just.
TEST_CASE("every scale of four-bit numbers keeps the reference's bits, with activations around the ends of ordinary") {
  Random random(9);
  constexpr int columns = 600, rows = 70, blocks = 19;
  auto weights = four_bits(random, rows, columns);
  auto x = random.normals(2 * columns);
  for (const int scale : {-1, 0, 1, 22, 40, 41, 127, 195, 196, 230, 254}) {
    CAPTURE(scale);
    if (scale >= 0) weights.scales[41 * blocks + 3] = weights.scales[3 * blocks + 18] = static_cast<std::byte>(scale);
    for (const float size : {0.0f, 0x1p-56f, 0x1p-55f, 0x1p49f, 0x1p50f, 0x1p110f}) {
      CAPTURE(size);
      auto given = x;
      for (std::size_t i = 0; size > 0 && i < x.size(); i += 3) given[i] = i % 2 == 0 ? size : -1.5f * size;
      for (const int count : {1, 2}) CHECK(fault(Numerics::bf16, weights, given, count, columns, rows) == "");
    }
  }
  std::fill(weights.scales.begin(), weights.scales.end(), std::byte{41});   // all as small as is safe: sums near 2^-149
  for (float& number : x) number *= 0x1p-54f;
  CHECK(fault(Numerics::bf16, weights, x, 1, columns, rows) == "");
  std::fill(weights.scales.begin(), weights.scales.end(), std::byte{195});
  for (float& number : x) number *= 0x1p100f;
  CHECK(fault(Numerics::bf16, weights, x, 1, columns, rows) == "");
}

TEST_CASE("half a byte behind the last column is no number, however large its scale") {
  Random random(10);
  constexpr int columns = 599, rows = 20, blocks = 19;
  auto weights = four_bits(random, rows, columns);
  std::fill(weights.scales.begin(), weights.scales.end(), std::byte{127});
  for (int row = 0; row < rows; ++row) {
    std::fill_n(weights.codes.begin() + row * 300 + 288, 12, std::byte{0});
    weights.codes[static_cast<std::size_t>(row * 300 + 299)] = std::byte{0x70};   // 6 * 2^127 is infinite
    weights.scales[static_cast<std::size_t>(row * blocks + 18)] = std::byte{254};
  }
  const auto x = random.normals(2 * columns);
  for (const int count : {1, 2}) CHECK(fault(Numerics::bf16, weights, x, count, columns, rows) == "");
  for (const float number : product(Cpu(1), Numerics::bf16, weights, x, 1, columns, rows)) CHECK(!is_nan(number));
}

// Which NaN comes out is outside the contract.
TEST_CASE("one NaN among weights of 8 bits makes its output NaN, and no other") {
  Random random(8);
  constexpr int columns = 600, rows = 70;
  auto weights = plain<E4m3>("e4m3", random, rows, columns);
  for (std::byte& code : weights.codes) code = std::byte{0x38};
  const auto x = random.normals(columns);
  for (const int nan : {0x7f, 0xff}) {
    weights.codes[41 * columns + 100] = static_cast<std::byte>(nan);
    const std::vector<float> y = product(Cpu(1), Numerics::bf16, weights, x, 1, columns, rows);
    CHECK((is_nan(y[41]) && !is_nan(y[40]) && !is_nan(y[42])));
  }
}

// What the kernels do not take goes to the reference's loops: columns that are not side by side.
TEST_CASE("a transposed matrix has the reference's bits") {
  Random random(3);
  constexpr int columns = 40, rows = 20;
  Matrix m{"transposed", numbers<Bf16>(random, rows * columns), {}, {}};
  m.storage = Plain<Bf16>{m.codes.data(), 1, rows};
  for (const int count : {1, 4}) {
    auto x = random.normals(static_cast<std::size_t>(count) * columns);
    for (const Numerics mode : every_mode) CHECK(fault(mode, m, x, count, columns, rows) == "");
  }
}

TEST_CASE("no tokens, no outputs") {
  Random random(4);
  const auto m = plain<Bf16>("bf16", random, 4, 64);
  std::vector<float> x;
  CHECK(product(Cpu(1), Numerics::f32, m, x, 0, 64, 4).empty());
  CHECK(product(Cpu(1), Numerics::int8, m, x, 0, 64, 4).empty());
}

// The check above would notice a sum in another order: here the two halves of each block's chains are exchanged.
TEST_CASE("a chain that begins with the wrong column has other bits") {
  Random random(5);
  constexpr int columns = 256, rows = 16;
  const auto m = plain<F32>("f32", random, rows, columns);
  auto x = random.normals(columns);
  const auto expected = product(Reference{}, Numerics::f32, m, x, 1, columns, rows);
  auto turned = x;
  Matrix other = m;
  for (int k = 0; k < columns; k += 32) {
    std::rotate(turned.begin() + k, turned.begin() + k + 16, turned.begin() + k + 32);
    for (int n = 0; n < rows; ++n) {
      float* row = reinterpret_cast<float*>(other.codes.data()) + n * columns;
      std::rotate(row + k, row + k + 16, row + k + 32);
    }
  }
  other.storage = Plain<F32>{other.codes.data(), columns};
  CHECK_FALSE(same_bits(product(Cpu(1), Numerics::f32, other, turned, 1, columns, rows), expected));
}
