// Storage formats as seen through 32-bit words: a word holds `per_word` neighbouring numbers of a row, and unpack<I>
// gives the I-th of each lane's word as the reference decodes it (formats/), to the bit, NaN included.
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

template <> struct WordsOf<E5m2> {
  static constexpr int per_word = 4;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    const Bits code = words >> (8 * I) & 0xffu, magnitude = code & 0x7fu, sign = (code & 0x80u) << 24;
    const Bits normal = sign | ((magnitude << 21) + (112u << 23)), infinite = sign | 0x7f800000u;
    const Bits small = sign | (Bits)(__builtin_convertvector((Ints)magnitude, Floats) * 0x1p-16f);
    const Bits nan = Bits{} + canonical_nan_bits, special = magnitude > 0x7cu ? nan : infinite;
    to = (Floats)(magnitude >= 0x7cu ? special : magnitude >= 4u ? normal : small);
  }
};

template <> struct WordsOf<I8> {
  static constexpr int per_word = 4;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    to = __builtin_convertvector((Ints)(words << (24 - 8 * I)) >> 24, Floats);
  }
};
