#pragma once
// What must hold before a single number is computed: the compiler may not change values.
//
// The arithmetic contract (docs/arithmetic.md, R0) allows fma, mul, add, div, sqrt, exact conversions, integer and bit
// operations and ordered comparisons on IEEE binary32 and binary64. This header refuses to compile where a flag is
// known to break that. What no macro reveals (contraction, flush to zero) is caught at start-up by self_test.hpp.
#include <cfloat>

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    defined(__NO_SIGNED_ZEROS__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || defined(_M_FP_FAST)
#error "etalon: -ffast-math and its parts change results; the arithmetic contract (docs/arithmetic.md) forbids them"
#endif

static_assert(FLT_EVAL_METHOD == 0, "etalon: float must be evaluated as float (on 32-bit x86: -msse2 -mfpmath=sse)");
static_assert(FLT_RADIX == 2 && FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53, "etalon: IEEE binary32 and binary64 needed");

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

// Marks a function that runs on the host and on a CUDA device.
#if defined(__CUDACC__)
#define ETALON_HD __host__ __device__
#else
#define ETALON_HD
#endif
