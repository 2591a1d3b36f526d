#pragma once
// Element-wise operations of the Cpu backend that are worth vectors: the activation of gated networks, of which a token
// of a large model needs some ten thousands, the rounding of activations, and the sum of experts. The rest is the
// reference's.
#include <etalon/cpu/backend.hpp>
#include <etalon/cpu/kernels.hpp>
#include <etalon/ops/elementwise.hpp>
#include <etalon/ops/linear.hpp>

namespace etalon {

// gate[i] = silu(gate[i]) * up[i]
inline void activate_numbers(const Cpu& cpu, const SwiGlu& activation, float* gate, const float* up, int n) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (cpu.isa >= Isa::avx512) return avx512::swiglu(gate, up, n);
  if (cpu.isa == Isa::avx2) return avx2::swiglu(gate, up, n);
#endif
  activate_numbers<Cpu, SwiGlu>(cpu, activation, gate, up, n);
}

// y[i] = fma(factor, x[i], y[i])
inline void add_scaled(const Cpu& cpu, float factor, const float* x, float* y, int n) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (cpu.isa >= Isa::avx512) return avx512::add_scaled(factor, x, y, n);
  if (cpu.isa == Isa::avx2) return avx2::add_scaled(factor, x, y, n);
#endif
  add_scaled<Cpu>(cpu, factor, x, y, n);
}

// out[i] = round_activation(x[i])
inline void round_activations(const Cpu& cpu, const float* x, std::int64_t n, float* out) {
#if defined(__x86_64__) && !defined(__CUDACC__)
  if (cpu.isa >= Isa::avx512) return avx512::round_activations(x, n, out);
  if (cpu.isa == Isa::avx2) return avx2::round_activations(x, n, out);
#endif
  round_activations<Cpu>(cpu, x, n, out);
}

}  // namespace etalon
