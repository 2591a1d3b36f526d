// Tests of include/etalon/math/hardware_fma.hpp: the instruction that assembly names is the one meant.
#include <etalon/math/hardware_fma.hpp>

#include <random>

#include <doctest/doctest.h>

#include <etalon/math/real.hpp>

using namespace etalon;

#if defined(__x86_64__) && !defined(__FMA__)

namespace {

bool same(float a, float b, float c) {
  const float wanted = software_fma(a, b, c), found = fma_instruction(a, b, c);
  return bits_of(wanted) == bits_of(found) || (is_nan(wanted) && is_nan(found));
}

}  // namespace

TEST_CASE("the first two are factors, the third is added, and the sum is rounded once") {
  if (!has_fma_instruction) return;
  CHECK(fma_instruction(2.0f, 3.0f, 5.0f) == 11.0f);
  CHECK(fma_instruction(3.0f, 5.0f, 2.0f) == 17.0f);
  const float a = 1.0f + 0x1p-12f;   // a a = 1 + 2^-11 + 2^-24
  CHECK(fma_instruction(a, a, -(1.0f + 0x1p-11f)) == 0x1p-24f);   // 0, were the product rounded
}

TEST_CASE("the instruction and the emulation give one number") {
  if (!has_fma_instruction) return;
  std::mt19937 random(1);
  int wrong = 0;
  for (int i = 0; i < 1000000; ++i) {   // any bits: numbers of every size, infinities, NaN
    const float a = float_of(random()), b = float_of(random()), c = float_of(random());
    wrong += !same(a, b, c);
    wrong += !same(a, float_of(bits_of(1.0f) ^ random() >> 9), float_of(bits_of(-a) ^ random() >> 8));   // cancelling
  }
  CHECK(wrong == 0);
}

#else

TEST_CASE("a program compiled for processors with fma has no need of it") { CHECK(fma(2.0f, 3.0f, 5.0f) == 11.0f); }

#endif
