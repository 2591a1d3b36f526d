// Tests of include/etalon/formats/fp8.hpp.
#include <etalon/formats/fp8.hpp>

#include <algorithm>

#include <doctest/doctest.h>

#include "support/numbers.hpp"
#include "support/sampled.hpp"

using namespace etalon;
using namespace etalon::test;

// sign, exponent, mantissa read off the definition.
static double by_definition(unsigned code, int mantissa_bits, int bias) {
  const int exponent = static_cast<int>(code & 0x7fu) >> mantissa_bits;
  const double mantissa = std::ldexp(static_cast<double>(code & ((1u << mantissa_bits) - 1)), -mantissa_bits);
  const double size = exponent ? std::ldexp(1.0 + mantissa, exponent - bias) : std::ldexp(mantissa, 1 - bias);
  return code & 0x80u ? -size : size;
}

// The nearest finite code by trying all: ties to the even code, beyond the largest the largest.
template <class Code> static unsigned nearest(float x, unsigned largest) {
  const double size = std::min(std::fabs(static_cast<double>(x)), 1e6);   // 1e6 is beyond the largest of both formats
  unsigned best = 0;
  double distance = size;
  for (unsigned code = 1; code <= largest; ++code) {
    const double off = std::fabs(Code{static_cast<std::uint8_t>(code)}.decode() - size);
    if (off < distance || (off == distance && code % 2 == 0)) {
      best = code;
      distance = off;
    }
  }
  return best | (std::signbit(x) ? 0x80u : 0u);
}

TEST_CASE("by hand") {
  CHECK(E4m3{0x38}.decode() == 1.0f);
  CHECK(E4m3{0x7e}.decode() == 448.0f);
  CHECK(E4m3{0x01}.decode() == 0x1p-9f);
  CHECK(E4m3{0xc0}.decode() == -2.0f);
  CHECK(E5m2{0x3c}.decode() == 1.0f);
  CHECK(E5m2{0x7b}.decode() == 57344.0f);
  CHECK(E5m2{0x01}.decode() == 0x1p-16f);
  CHECK(same_bits(E5m2{0xfc}.decode(), float_of(0xff800000u)));
  CHECK(E8m0{127}.decode() == 1.0f);
  CHECK(same_bits(E8m0{0}.decode(), 0x1p-127f));
  CHECK(E8m0{254}.decode() == 0x1p127f);
  CHECK(is_nan(E8m0{255}.decode()));
}

TEST_CASE("every code decodes to its definition") {
  for (unsigned code = 0; code < 256; ++code) {
    CAPTURE(code);
    const auto byte = static_cast<std::uint8_t>(code);
    if ((code & 0x7fu) == 0x7fu) CHECK(is_nan(E4m3{byte}.decode()));
    else CHECK(same_bits(E4m3{byte}.decode(), static_cast<float>(by_definition(code, 3, 7))));
    if ((code & 0x7fu) > 0x7cu) CHECK(is_nan(E5m2{byte}.decode()));
    else if ((code & 0x7fu) < 0x7cu)
      CHECK(same_bits(E5m2{byte}.decode(), static_cast<float>(by_definition(code, 2, 15))));
    if (code < 255) CHECK(E8m0{byte}.decode() == std::ldexp(1.0, static_cast<int>(code) - 127));
  }
}

TEST_CASE("encoding undoes decoding, code by code") {
  for (unsigned code = 0; code < 256; ++code) {
    CAPTURE(code);
    const auto byte = static_cast<std::uint8_t>(code);
    if ((code & 0x7fu) != 0x7fu) CHECK(to_e4m3(E4m3{byte}.decode()).bits == byte);
    if ((code & 0x7fu) < 0x7cu) CHECK(to_e5m2(E5m2{byte}.decode()).bits == byte);
  }
  CHECK(to_e4m3(float_of(0xffc00000u)).bits == 0x7f);
  CHECK(is_nan(to_e5m2(float_of(0x7fc00000u)).decode()));
}

TEST_CASE("beyond the largest finite number encoding saturates") {
  const float infinity = float_of(0x7f800000u);
  CHECK(to_e4m3(463.9f).bits == 0x7e);
  CHECK(to_e4m3(1e30f).bits == 0x7e);
  CHECK(to_e4m3(-infinity).bits == 0xfe);
  CHECK(to_e5m2(infinity).bits == 0x7b);
  CHECK(to_e5m2(-61440.0f).bits == 0xfb);
}

TEST_CASE("midpoints go to the even code, and their neighbours to the nearer one") {
  for (unsigned code = 0; code < 0x7e; ++code) {
    CAPTURE(code);
    const auto middle = [code](auto number) {
      using Code = decltype(number);
      return (Code{static_cast<std::uint8_t>(code)}.decode() + Code{static_cast<std::uint8_t>(code + 1)}.decode()) / 2;
    };
    const unsigned even = code + code % 2;
    const float m = middle(E4m3{});
    CHECK(to_e4m3(m).bits == even);
    CHECK(to_e4m3(std::nextafterf(m, 0.0f)).bits == code);
    CHECK(to_e4m3(std::nextafterf(-m, -1e9f)).bits == (0x80u | (code + 1)));
    if (code < 0x7b) CHECK(to_e5m2(middle(E5m2{})).bits == even);
  }
}

TEST_CASE("encoding is the nearest code for floats of every size") {
  each_sampled(1000003, [](float x) {
    REQUIRE(to_e4m3(x).bits == nearest<E4m3>(x, 0x7e));
    REQUIRE(to_e5m2(x).bits == nearest<E5m2>(x, 0x7b));
  });
  Random random;
  for (int i = 0; i < 3000; ++i) {
    const float x = std::ldexp(random.normal(), random.below(40) - 22);
    REQUIRE(to_e4m3(x).bits == nearest<E4m3>(x, 0x7e));
    REQUIRE(to_e5m2(x).bits == nearest<E5m2>(x, 0x7b));
  }
}

TEST_CASE("a wrong encoder is caught: half added, ties away from zero") {
  const auto wrong = [](float x) { return static_cast<std::uint8_t>((bits_of(x) + 0x80000u - (120u << 23)) >> 20); };
  CHECK(wrong(1.0f) == to_e4m3(1.0f).bits);
  CHECK(wrong(1.0625f) != to_e4m3(1.0625f).bits);   // half-way between 1 and 1.125
}
