// Storage formats as seen through 32-bit words: a word holds `per_word` neighbouring numbers of a row, and unpack<I>
// gives the I-th of each lane's word as the reference decodes it (formats/), to the bit; of a NaN, some NaN.
// e2m1: e2m1_bytes.inl.
template <class Number> struct WordsOf;

template <> struct WordsOf<F32> {
  static constexpr int per_word = 1;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    to = (Floats)words;
  }
};

template <> struct WordsOf<Bf16> {
  static constexpr int per_word = 2;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    to = (Floats)(I == 0 ? words << 16 : words & 0xffff0000u);
  }
};

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

// The upper byte of an f16.
template <> struct WordsOf<E5m2> {
  static constexpr int per_word = 4;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    widen_halves<I / 2>(to, I % 2 == 0 ? (Bits)((Halves)words << 8) : words & 0xff00ff00u);
  }
};

template <> struct WordsOf<I8> {
  static constexpr int per_word = 4;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    to = __builtin_convertvector((Ints)(words << (24 - 8 * I)) >> 24, Floats);
  }
};
