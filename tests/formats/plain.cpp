// Tests of include/etalon/formats/plain.hpp.
#include <etalon/formats/plain.hpp>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

static_assert(StorageFormat<Plain<F32>> && StorageFormat<Plain<Bf16>> && StorageFormat<Plain<F16>>);
static_assert(!StorageFormat<F32>);

// An IEEE-like number of the given layout, by its definition.
static double decoded_by_definition(unsigned bits, int exponent_bits, int mantissa_bits) {
  const unsigned fields = bits & ((1u << (exponent_bits + mantissa_bits)) - 1);
  const int exponent = static_cast<int>(fields >> mantissa_bits), bias = (1 << (exponent_bits - 1)) - 1;
  const double fraction = std::ldexp(static_cast<double>(fields & ((1u << mantissa_bits) - 1)), -mantissa_bits);
  const double size = exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1.0 + fraction, exponent - bias);
  return bits >> (exponent_bits + mantissa_bits) ? -size : size;
}

TEST_CASE("by hand") {
  CHECK(F16{0x3c00}.decode() == 1.0f);
  CHECK(F16{0xc000}.decode() == -2.0f);
  CHECK(F16{0x7bff}.decode() == 65504.0f);
  CHECK(F16{0x0001}.decode() == 0x1p-24f);
  CHECK(F16{0x3555}.decode() == 0x1.554p-2f);   // 1/3 in 11 bits
  CHECK(same_bits(F16{0x8000}.decode(), -0.0f));
  CHECK(same_bits(F16{0xfc00}.decode(), float_of(0xff800000u)));
  CHECK(Bf16{0x3f80}.decode() == 1.0f);
  CHECK(Bf16{0x4049}.decode() == 3.140625f);
  CHECK(F32{-1.5f}.decode() == -1.5f);
}

TEST_CASE("all 65536 codes of f16 and bf16 decode to their definition") {
  for (unsigned code = 0; code < 65536; ++code) {
    CAPTURE(code);
    const float half = F16{static_cast<std::uint16_t>(code)}.decode();
    const float brain = Bf16{static_cast<std::uint16_t>(code)}.decode();
    if ((code & 0x7c00u) != 0x7c00u) REQUIRE(same_bits(half, static_cast<float>(decoded_by_definition(code, 5, 10))));
    else REQUIRE((code & 0x3ffu ? is_nan(half) : std::isinf(half) && std::signbit(half) == (code >> 15 != 0)));
    if ((code & 0x7f80u) != 0x7f80u) REQUIRE(same_bits(brain, static_cast<float>(decoded_by_definition(code, 8, 7))));
    else REQUIRE((code & 0x7fu ? is_nan(brain) : std::isinf(brain) && std::signbit(brain) == (code >> 15 != 0)));
  }
}

TEST_CASE("rows and columns may be strided, and the bytes may start anywhere") {
  // 2 x 3 within rows of 4, read as it is, transposed, and from an odd address.
  std::vector<std::byte> bytes(1 + 8 * sizeof(float));
  const float numbers[] = {1, 2, 3, 0, 4, 5, 6, 0};
  std::memcpy(bytes.data() + 1, numbers, sizeof numbers);
  const Plain<F32> matrix{bytes.data() + 1, 4, 1}, transposed{bytes.data() + 1, 1, 4};
  float row[3];
  matrix.codes(1, 3, row);
  CHECK((row[0] == 4 && row[1] == 5 && row[2] == 6));
  transposed.values(2, 2, row);
  CHECK((row[0] == 3 && row[1] == 6));
  CHECK(matrix.group(3) == 3);
  CHECK(matrix.scale(0, 0) == 1.0f);
}

TEST_CASE("a wrong decoder is caught: f16 subnormals taken for normal numbers") {
  const auto wrong = [](unsigned code) { return float_of(((code & 0x7fffu) << 13) + (112u << 23)); };
  CHECK(wrong(0x3c00) == F16{0x3c00}.decode());
  CHECK(wrong(0x0001) != F16{0x0001}.decode());
}
