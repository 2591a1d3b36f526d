// e2m1 from words (unpack.inl) by tables of 16 bytes (lanes_*.inl). A power-of-two scale is applied by whoever has it.

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
