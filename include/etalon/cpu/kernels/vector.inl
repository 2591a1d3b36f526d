// Vectors of `width` numbers: Floats, Bits, Ints (lanes_*.inl).
//
// This file and its neighbours are read once for each set of instructions (cpu/kernels.hpp). Operators on vectors are
// the compilers' own: + - * / & | << < ?: act lane by lane. Vectors go into functions by reference: by value their
// calling convention depends on the instructions at hand.

// The same number in every lane; subtracting +0 leaves every number what it is, and compilers know it.
[[gnu::always_inline]] inline void spread(Floats& to, float number) { to = number - Floats{}; }

template <class Vector> [[gnu::always_inline]] inline void load(Vector& to, const void* from) {
  __builtin_memcpy(&to, from, sizeof to);
}
template <class Vector> [[gnu::always_inline]] inline void store(void* to, const Vector& from) {
  __builtin_memcpy(to, &from, sizeof from);
}

// Compilers make this number before whatever follows. g++ (tree-sink) moves half the work of a loop behind the next
// branch where only that side needs it, and keeps all it needs for that in memory meanwhile.
[[gnu::always_inline]] inline void make_now(Floats& number) { asm("" : "+v"(number)); }

// The nearest integers, ties to even, as floats. |x| <= 2^22
[[gnu::always_inline]] inline void round_to_integers(Floats& x) { x = (x + rounding_shift) - rounding_shift; }
