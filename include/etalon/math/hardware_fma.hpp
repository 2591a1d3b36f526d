#pragma once
// The fma instruction of x86-64, for programs compiled for processors that may not have it.
//
// A compiler told nothing makes programs for the first x86-64 processors, which had no fma; nearly all since 2013 have
// it. So the processor is asked once, and real.hpp's fma takes the instruction where there is one and software_fma
// where not: the same number, some ten times sooner. Written as assembly because a function with a target attribute of
// its own is never inlined into one without. Left out: programs compiled for fma (-mfma, -march=native, and the like),
// where fma is the compiler's.
#if defined(__x86_64__) && !defined(__FMA__)

namespace etalon {

// Before it is initialised (in the constructors of other globals) it is false, which is right too, only slower.
inline const bool has_fma_instruction = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("fma") != 0;   // the system keeps its registers, too
}();

// a * b + c, rounded once. Only where has_fma_instruction.
[[gnu::always_inline]] inline float fma_instruction(float a, float b, float c) {
  asm("vfmadd213ss {%2, %1, %0|%0, %1, %2}" : "+x"(a) : "x"(b), "x"(c));
  return a;
}

}  // namespace etalon
#endif
