// Tests of include/etalon/cpu/elementwise.hpp: the reference's bits on a comb of all floats.
#include <etalon/cpu/cpu.hpp>

#include <cstdint>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// Every 2^12 + 1st float, signs and all, those that functions branch at, and their neighbours. NaN apart.
std::vector<float> comb() {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += 4097)
    if (const float number = float_of(static_cast<std::uint32_t>(bits)); !is_nan(number)) x.push_back(number);
  for (const float edge : {0.0f, 0x1.62e43p+6f, 104.0f, 87.3f, 88.7f, 0x1p-55f, 0x1p-126f, 1.0f})
    for (const float sign : {1.0f, -1.0f})
      for (int step = -2; step <= 2; ++step) {
        const auto bits = static_cast<std::int64_t>(bits_of(edge)) + step;
        if (bits >= 0) x.push_back(sign * float_of(static_cast<std::uint32_t>(bits)));
      }
  return x;
}

// How many numbers differ from the reference's.
template <class Operation> int differing(Operation&& operation) {
  std::vector<float> expected(comb().size()), got(expected.size());
  operation(Reference{}, expected);
  int wrong = 0;
  for (const Isa isa : all_isas) {
    if (!has_isa(isa)) continue;
    operation(Cpu(1, isa), got);
    for (std::size_t i = 0; i < got.size(); ++i)
      wrong += is_nan(expected[i]) ? !is_nan(got[i]) : !same_bits(got[i], expected[i]);
  }
  return wrong;
}

}  // namespace

TEST_CASE("silu(gate) * up has the reference's bits") {
  const auto x = comb();
  CHECK(differing([&](const auto& backend, std::vector<float>& out) {
          out = x;
          const std::vector<float> up(x.size(), 1.5f);
          activate_numbers(backend, SwiGlu{}, out.data(), up.data(), static_cast<int>(x.size()));
        }) == 0);
}

TEST_CASE("a row times a factor is added with the reference's bits") {
  const auto x = comb();
  for (const float factor : {0.3f, -0x1p-120f, 0x1p100f})
    CHECK(differing([&](const auto& backend, std::vector<float>& out) {
            out.assign(x.rbegin(), x.rend());
            add_scaled(backend, factor, x.data(), out.data(), static_cast<int>(x.size()));
          }) == 0);
}

TEST_CASE("activations are rounded to the reference's bits") {
  const auto x = comb();
  CHECK(differing([&](const auto& backend, std::vector<float>& out) {
          round_activations(backend, x.data(), static_cast<std::int64_t>(x.size()), out.data());
        }) == 0);
}

TEST_CASE("counts of no round size are done to the end and no further") {
  for (const int n : {0, 1, 7, 8, 9, 15, 16, 17, 40}) {
    CAPTURE(n);
    for (const Isa isa : all_isas) {
      if (!has_isa(isa)) continue;
      std::vector<float> gate(48, 2.0f), up(48, 3.0f), rounded(48, 9.0f), sum(48, 1.0f);
      activate_numbers(Cpu(1, isa), SwiGlu{}, gate.data(), up.data(), n);
      round_activations(Cpu(1, isa), up.data(), n, rounded.data());
      add_scaled(Cpu(1, isa), 2.0f, up.data(), sum.data(), n);
      for (int i = 0; i < 48; ++i) {
        CHECK(gate[static_cast<std::size_t>(i)] == (i < n ? silu(2.0f) * 3.0f : 2.0f));
        CHECK(rounded[static_cast<std::size_t>(i)] == (i < n ? 3.0f : 9.0f));
        CHECK(sum[static_cast<std::size_t>(i)] == (i < n ? 7.0f : 1.0f));
      }
    }
  }
}

// The check would notice another polynomial: here, an activation that is off by one place.
TEST_CASE("a number one place off is counted") {
  CHECK(differing([](const auto& backend, std::vector<float>& out) {
          std::fill(out.begin(), out.end(), 1.0f);
          if constexpr (!std::is_same_v<std::decay_t<decltype(backend)>, Reference>) out[3] = 0x1.000002p0f;
        }) > 0);
}
