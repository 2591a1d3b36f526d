#pragma once
// A vector times a matrix on the Cpu backend: the sums of ops/transposed.hpp, as many columns at once as a vector has
// lanes. 8 lanes serve AVX-512 too: memory limits this.
#include <etalon/cpu/backend.hpp>
#include <etalon/cpu/kernels.hpp>
#include <etalon/ops/transposed.hpp>

#if defined(__x86_64__) && !defined(__CUDACC__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif
namespace etalon::avx2 {
#include <etalon/cpu/kernels/transposed.inl>
}  // namespace etalon::avx2
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

namespace etalon {

inline void multiply_transposed(const Cpu& cpu, const TransposedProduct& p) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (cpu.isa != Isa::scalar) return avx2::multiply_transposed(p);
#endif
  multiply_transposed(static_cast<const Reference&>(cpu), p);
}

}  // namespace etalon
