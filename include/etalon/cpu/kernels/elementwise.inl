// What a feed-forward network does to single numbers, and how activations are rounded on their way into a linear layer.

// exp, in place: math/exp.hpp's.
[[gnu::always_inline]] inline void exponential(Floats& x) {
  const Floats zero = {}, infinity = (Floats)(Bits{} + 0x7f800000u), nan = (Floats)(Bits{} + canonical_nan_bits);
  const auto is_number = x == x, is_large = x > 0x1.62e43p+6f, is_small = x < -104.0f;
  const Floats bounded = is_number && !is_large && !is_small ? x : zero;
  Floats n = zero + rounding_shift, r = bounded, q, next;
  multiply_add(n, bounded, zero + 0x1.715476p0f);
  n = n - rounding_shift;
  multiply_add(r, n, zero - 0x1.62e4p-1f);
  multiply_add(r, n, zero - 0x1.7f7d1cp-20f);
  q = zero + 0x1.123bccp-7f, multiply_add(q, zero + 0x1.6850ep-10f, r);
  next = zero + 0x1.555b98p-5f, multiply_add(next, q, r);
  q = zero + 0x1.55548ep-3f, multiply_add(q, next, r);
  next = zero + 0x1.fffff8p-2f, multiply_add(next, q, r);
  q = zero + 1.0f, multiply_add(q, next, r);
  next = zero + 1.0f, multiply_add(next, q, r);
  const Ints whole = __builtin_convertvector(n, Ints), half = whole / 2, rest = whole - half;
  const Floats scaled = (next * (Floats)((Bits)(half + 127) << 23)) * (Floats)((Bits)(rest + 127) << 23);
  x = is_large ? infinity : is_small ? zero : is_number ? scaled : nan;
}

// gate = silu(gate) * up in every lane.
[[gnu::always_inline]] inline void swiglu(Floats& gate, const Floats& up) {
  Floats e = -gate;
  exponential(e);
  gate = gate / (1.0f + e) * up;
}

// The same for n numbers.
inline void swiglu(float* gate, const float* up, int n) {
  Floats g = {}, u = {};
  int i = 0;
  for (; i + width <= n; i += width) {
    load(g, gate + i);
    load(u, up + i);
    swiglu(g, u);
    store(gate + i, g);
  }
  if (i == n) return;
  const std::size_t bytes = static_cast<std::size_t>(n - i) * sizeof(float);
  std::memcpy(&g, gate + i, bytes);
  std::memcpy(&u, up + i, bytes);
  swiglu(g, u);
  std::memcpy(gate + i, &g, bytes);
}

// y[i] = fma(factor, x[i], y[i]) for n numbers.
inline void add_scaled(float factor, const float* x, float* y, int n) {
  Floats factors, a = {}, b = {};
  spread(factors, factor);
  int i = 0;
  for (; i + width <= n; i += width) {
    load(a, x + i);
    load(b, y + i);
    multiply_add(b, factors, a);
    store(y + i, b);
  }
  const std::size_t bytes = static_cast<std::size_t>(n - i) * sizeof(float);
  std::memcpy(&a, x + i, bytes);
  std::memcpy(&b, y + i, bytes);
  multiply_add(b, factors, a);
  std::memcpy(y + i, &b, bytes);
}

// round_activation of math/rounding.hpp, in place.
[[gnu::always_inline]] inline void round_activation(Floats& x) {
  const Bits bits = (Bits)x, size = bits & 0x7fffffffu, nan = Bits{} + 0x7fc00000u, zero = {};
  const Bits rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
  x = (Floats)(size > 0x7f800000u ? nan : size < 0x24000000u ? zero : rounded);   // 2^-55
}
inline void round_activations(const float* x, std::int64_t n, float* out) {
  Floats v = {};
  std::int64_t i = 0;
  for (; i + width <= n; i += width) {
    load(v, x + i);
    round_activation(v);
    store(out + i, v);
  }
  const std::size_t bytes = static_cast<std::size_t>(n - i) * sizeof(float);
  std::memcpy(&v, x + i, bytes);
  round_activation(v);
  std::memcpy(out + i, &v, bytes);
}
