// f16, e4m3 and e2m1 from words (unpack.inl) for 8 lanes, with what AVX-512 has for it: byte tables and conversions.

template <> struct WordsOf<F16> {
  static constexpr int per_word = 2;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    const __m256i half = (__m256i)(I == 0 ? words : words >> 16);
    to = (Floats)_mm256_cvtph_ps(_mm256_cvtepi32_epi16(half));
  }
};

// The upper half of each code's f32 bits (sign left out), as two tables of 128 bytes: bits 24-31, bits 16-23.
struct E4m3Tables {
  alignas(64) std::uint8_t high[128], low[128];
  constexpr E4m3Tables() : high(), low() {
    for (int code = 0; code < 128; ++code) {
      const float value = code == 127 ? __builtin_nanf("")
                          : code < 8 ? static_cast<float>(code) * 0x1p-9f
                                     : __builtin_bit_cast(float, (std::uint32_t(code) << 20) + (120u << 23));
      high[code] = static_cast<std::uint8_t>(__builtin_bit_cast(std::uint32_t, value) >> 24);
      low[code] = static_cast<std::uint8_t>(__builtin_bit_cast(std::uint32_t, value) >> 16);
    }
  }
};
inline constexpr E4m3Tables e4m3_tables;

template <> struct WordsOf<E4m3> {
  static constexpr int per_word = 4;
  // Looks up every byte of the words, its highest bit apart.
  [[gnu::always_inline]] static inline void look_up(Bits& to, const std::uint8_t (&table)[128], const Bits& words) {
    auto codes = __builtin_shufflevector((Longs)words, Longs{}, 0, 1, 2, 3, 4, 5, 6, 7);
    const auto found = (decltype(codes))_mm512_permutex2var_epi8(_mm512_load_si512(table), (__m512i)codes,
                                                                 _mm512_load_si512(table + 64));
    to = (Bits)__builtin_shufflevector(found, found, 0, 1, 2, 3);
  }
  // For the third and fourth byte of each lane: where byte i of that lane stands in the first and in the second of two
  // vectors.
  [[gnu::always_inline]] static inline void byte_places(Bits& to, std::uint32_t i) {
    const Bits lane = {0, 4, 8, 12, 16, 20, 24, 28};
    to = (lane + i) << 16 | (lane + (32 + i)) << 24;
  }
  // In each lane, bytes (0, 0, low, high) of code I. Compilers compute the tables' bytes once for all four.
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    Bits high, low;
    look_up(high, e4m3_tables.high, words);
    look_up(low, e4m3_tables.low, words);
    high = high | (words & 0x80808080u);
    Bits from;
    byte_places(from, I);
    to = (Floats)_mm256_maskz_permutex2var_epi8(0xccccccccu, (__m256i)low, (__m256i)from, (__m256i)high);
  }
};

template <> struct WordsOf<E2m1> {
  static constexpr int per_word = 8;
  template <int I> [[gnu::always_inline]] static inline void unpack(Floats& to, const Bits& words) {
    const __m256 positive = _mm256_setr_ps(0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f);
    const __m256 negative = _mm256_setr_ps(-0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f);
    to = (Floats)_mm256_permutex2var_ps(positive, (__m256i)(words >> (4 * I)), negative);
  }
};
