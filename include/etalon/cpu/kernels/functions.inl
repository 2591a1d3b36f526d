// The functions of math/exp.hpp and math/activation.hpp, lane by lane: the same operations, with selections for
// branches, so every lane holds what the scalar function gives.

// 2^n for -126 <= n <= 0, +0 below. Lanes with other n hold nothing of use.
[[gnu::always_inline]] inline void power_of_two_or_zero(Floats& to, const Ints& n) {
  const Floats power = (Floats)((Bits)(n + 127) << 23);
  to = n < -126 ? Floats{} : power;
}

// 2^f for |f| <= 1/2, in place.
[[gnu::always_inline]] inline void exp2_fraction(Floats& f) {
  Floats p = Floats{} + 0x1.3f9068p-13f, next;
  next = Floats{} + 0x1.5f0a66p-10f, multiply_add(next, p, f);
  p = Floats{} + 0x1.3b30bp-7f, multiply_add(p, next, f);
  next = Floats{} + 0x1.c6af78p-5f, multiply_add(next, p, f);
  p = Floats{} + 0x1.ebfbd8p-3f, multiply_add(p, next, f);
  next = Floats{} + 0x1.62e43p-1f, multiply_add(next, p, f);
  p = Floats{} + 1.0f, multiply_add(p, next, f);
  f = p;
}
