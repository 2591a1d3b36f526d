// f16, e4m3 and e2m1 from words (unpack.inl), with what every set of instructions here has: conversion of halves, and
// tables of 16 bytes (lanes_*.inl).

template <> struct WordsOf<F16> {
  static constexpr int per_word = 2;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    widen_halves<I>(to, words);
  }
};

template <> struct WordsOf<E4m3> {
  static constexpr int per_word = 4;
  // Exponent and mantissa in an f32's places are the number times 2^-120, as the bias is smaller; one exact product
  // puts that right. Codes below 8 are subnormal there, which some processors multiply slowly: they are few, where
  // blocks have scales.
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    constexpr std::uint16_t nan = canonical_nan_bits >> 16;
    const Halves code = I % 2 == 0 ? (Halves)words << 8 : (Halves)words;
    const Halves number = (Halves)((Shorts)code >> 4) & 0x87f0;
    const Bits upper = (Bits)((number & 0x07f0) == 0x07f0 ? Halves{} + nan : number);
    to = (Floats)(I < 2 ? upper << 16 : upper & 0xffff0000u) * 0x1p120f;
  }
};

// e2m1; a power-of-two scale is applied by whoever has it.
template <> struct WordsOf<E2m1> {
  static constexpr int per_word = 8;
  // Both bytes of a code's bf16. Compilers look up each byte of a word once for all its numbers.
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    static constexpr std::uint8_t upper[16] = {0,    0x3f, 0x3f, 0x3f, 0x40, 0x40, 0x40, 0x40,
                                               0x80, 0xbf, 0xbf, 0xbf, 0xc0, 0xc0, 0xc0, 0xc0};
    static constexpr std::uint8_t lower[16] = {0, 0, 0x80, 0xc0, 0, 0x40, 0x80, 0xc0,
                                               0, 0, 0x80, 0xc0, 0, 0x40, 0x80, 0xc0};
    const Bits codes = (I % 2 == 0 ? words : words >> 4) & 0x0f0f0f0fu;
    Bits high, low;
    look_up_bytes(high, upper, codes);
    look_up_bytes(low, lower, codes);
    const Bits number = I / 2 % 2 == 0 ? (Bits)((Halves)high << 8) | (low & 0x00ff00ffu)
                                       : (high & 0xff00ff00u) | (Bits)((Halves)low >> 8);
    to = (Floats)(I < 4 ? number << 16 : number & 0xffff0000u);
  }
};
