// Tests of include/etalon/math/self_test.hpp.
#include <etalon/math/self_test.hpp>

#include <cfenv>
#include <string>

#include <doctest/doctest.h>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

// What the self-test says while the processor rounds in the given direction.
static std::string fault_when_rounding(int direction) {
  const int before = std::fegetround();
  if (std::fesetround(direction) != 0) return "the processor has no such rounding";
  const char* fault = etalon::arithmetic_fault();
  std::fesetround(before);
  return fault ? fault : "";
}

TEST_CASE("nothing is wrong with this build, on this machine") { CHECK(etalon::arithmetic_fault() == nullptr); }

TEST_CASE("another rounding is noticed and named") {
  CHECK(fault_when_rounding(FE_TONEAREST) == "");
  for (int direction : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO})
    CHECK(fault_when_rounding(direction) == "rounding is not to nearest, ties to even");
  CHECK(etalon::arithmetic_fault() == nullptr);
}

#if defined(__SSE__)
TEST_CASE("flushing subnormal numbers is noticed and named") {
  const unsigned before = _mm_getcsr();
  for (unsigned flush : {0x8000u, 0x0040u, 0x8040u}) {   // results, operands, both
    _mm_setcsr(before | flush);
    const char* fault = etalon::arithmetic_fault();
    _mm_setcsr(before);
    CHECK(std::string(fault ? fault : "") == "subnormal numbers are flushed to zero");
  }
  CHECK(etalon::arithmetic_fault() == nullptr);
}
#endif
