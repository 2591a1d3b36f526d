#pragma once
// Start-up check that this build, on this machine, in this thread keeps the arithmetic contract.
//
// Flags that no macro reveals (clang's -fassociative-math, nvcc's -ftz) and a caller that set the processor to flush
// subnormals or to another rounding show themselves in small computations with known answers. Contraction is not
// among them: no product feeds a sum in this library but through fma, so there is nothing to contract (R0).
// Volatile operands keep a compiler from answering at compile time.
#include <etalon/math/dot.hpp>
#include <etalon/math/exp.hpp>

namespace etalon {

// What is wrong, in a few words, or null where nothing is.
inline const char* arithmetic_fault() {
  volatile float one = 1.0f, tiny = 0x1p-126f, half = 0.5f, step = 0x1p-12f, big = 0x1p24f, three = 3.0f, five = 5.0f;
  const float a = one + step;                                   // a * a = 1 + 2^-11 + 2^-24, not a float
  if (fma(a, a, -(a * one)) != 0x1.001p-12f) return "fma rounds twice";
  if (tiny * half != 0x1p-127f || tiny * half + tiny * half != tiny) return "subnormal numbers are flushed to zero";
  if (one + 0x1.8p-24f != 0x1.000002p0f || one + 0x1p-24f != 1.0f) return "rounding is not to nearest, ties to even";
  volatile float wide = 0x1.7c6738p73f, narrow = -0x1.cp-63f, least = 0x1.97bd62p-122f;   // product between floats
  if (fma(wide, narrow, least) != -0x1.4cda5p11f) return "fma rounds twice";
  const float third = divide(one, three);
  if (round_to_integer(third) != 0.0f || round_to_integer(five + third) != 5.0f || big + one + one != 0x1p24f)
    return "sums are reassociated or kept in a wider type";
  const float divisor = three;   // one for several quotients: a compiler that may would multiply by its inverse
  const float quotients[] = {five / divisor, a / divisor, (five + five) / divisor};
  if (quotients[0] != 0x1.aaaaaap0f || quotients[1] != 0x1.556aaap-2f || quotients[2] != 0x1.aaaaaap1f)
    return "division is not IEEE division";
  if (five / three != 0x1.aaaaaap0f || divide(five, three) != 0x1.aaaaaap0f) return "division is not IEEE division";
  if (bits_of(square_root(big + big)) != 0x45b504f3u) return "square root is not IEEE square root";
  return nullptr;
}

}  // namespace etalon
