// f16, e4m3 and e2m1 from words (unpack.inl), by arithmetic on their bits alone.

template <> struct WordsOf<F16> {
  static constexpr int per_word = 2;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    const Bits half = I == 0 ? words & 0xffffu : words >> 16, magnitude = half & 0x7fffu;
    const Bits normal = (magnitude << 13) + (112u << 23), special = 0x7f800000u | (magnitude & 0x3ffu) << 13;
    const Bits small = (Bits)(__builtin_convertvector((Ints)magnitude, Floats) * 0x1p-24f);
    const Bits size = magnitude >= 0x7c00u ? special : magnitude >= 0x0400u ? normal : small;
    to = (Floats)(size | (half & 0x8000u) << 16);
  }
};

template <> struct WordsOf<E4m3> {
  static constexpr int per_word = 4;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    const Bits code = words >> (8 * I) & 0xffu, magnitude = code & 0x7fu, sign = (code & 0x80u) << 24;
    const Bits normal = sign | ((magnitude << 20) + (120u << 23));
    const Bits small = sign | (Bits)(__builtin_convertvector((Ints)magnitude, Floats) * 0x1p-9f);
    const Bits nan = Bits{} + canonical_nan_bits;
    to = (Floats)(magnitude == 0x7fu ? nan : magnitude >= 8u ? normal : small);
  }
};

// e2m1; a power-of-two scale is applied by whoever has it.
template <> struct WordsOf<E2m1> {
  static constexpr int per_word = 8;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    const Bits code = words >> (4 * I), magnitude = code & 7u, sign = (code & 8u) << 28;
    const Bits normal = (magnitude << 22) + (126u << 23), half = Bits{} + 0x3f000000u, zero = {};
    to = (Floats)(sign | (magnitude >= 2u ? normal : magnitude == 1u ? half : zero));
  }
};
