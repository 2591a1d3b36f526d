// A matrix of 8-bit numbers times one vector in mode H: as matrix_vector.inl, in pairs of bf16 numbers.
//
// Codes become bf16 in one of two ways:
//
//   shifted, where all are normal numbers: exponent and mantissa go where bf16 has them, which is a power of two times
//   the number (e4m3: 2^-120), so sums are multiplied by what undoes it;
//   looked up, all others (and integers): two tables of bytes.
//
// Activations are 2^70 times as large: then no product is so small that the instruction flushes it, none overflows, and
// every sum is the same but for its exponent. It takes activations of ordinary size (bf16_lines.inl). Looking up 64
// codes takes two vpermi2b, each two cycles of the shuffles' port; a matrix of shifted ones takes 0.84 of the time.

inline constexpr int enlarged_by = 70;   // powers of two
inline constexpr float not_enlarged = 0x1p-70f;

// Numbers that make up for it.
template <class Number> inline constexpr Bf16Tables<Number> smaller_tables{not_enlarged};

// Both bytes of the bf16 numbers of 64 codes, times 2^-70.
template <class Number> struct CodeBytes {
  [[gnu::always_inline]] static inline void look_up(Bits& high, Bits& low, const Bits& codes) {
    __m512i upper, lower;
    LinesOf<Number>::look_up(upper, smaller_tables<Number>.high, (__m512i)codes);
    LinesOf<Number>::look_up(lower, smaller_tables<Number>.low, (__m512i)codes);
    high = (Bits)upper | (codes & 0x80808080u);
    low = (Bits)lower;
  }
};
// Integers have tables of their own for either sign; an index is the code's lower seven bits.
struct IntegerTables {
  alignas(64) std::uint8_t high[2][128], low[2][128];
  constexpr IntegerTables() : high(), low() {
    for (int code = 0; code < 256; ++code) {
      const std::uint32_t bits = bf16_of(static_cast<float>(code < 128 ? code : code - 256), not_enlarged);
      high[code / 128][code % 128] = static_cast<std::uint8_t>(bits >> 8);
      low[code / 128][code % 128] = static_cast<std::uint8_t>(bits);
    }
  }
};
inline constexpr IntegerTables integer_tables;

template <> struct CodeBytes<I8> {
  [[gnu::always_inline]] static inline void choose(Bits& to, const std::uint8_t (&table)[2][128], const Bits& codes) {
    __m512i positive, negative;
    LinesOf<E4m3>::look_up(positive, table[0], (__m512i)codes);
    LinesOf<E4m3>::look_up(negative, table[1], (__m512i)codes);
    to = (Bits)_mm512_mask_blend_epi8(_mm512_movepi8_mask((__m512i)codes), positive, negative);
  }
  [[gnu::always_inline]] static inline void look_up(Bits& high, Bits& low, const Bits& codes) {
    choose(high, integer_tables.high, codes);
    choose(low, integer_tables.low, codes);
  }
};

// Two words of pairs, times 2^70.
[[gnu::always_inline]] inline void enlarge(Bits& words) {
  const __m512i given = (__m512i)words, all_but_sign = _mm512_set1_epi16(0x7fff);
  words = (Bits)_mm512_mask_add_epi16(given, _mm512_test_epi16_mask(given, all_but_sign), given,
                                      _mm512_set1_epi16(enlarged_by << 7));
}

// One token's activations: of every eight columns of four neighbouring blocks a vector, of which part b has block b's
// four words (pairs.inl). x: zero-padded to whole units. -> are all of ordinary size?
inline bool pair_vector(const float* x, int columns, bool enlarged, std::uint32_t* out) {
  NumberRange range;
  for (int k = 0; k < columns; k += band_columns, out += band_columns / 2)
    for (int b = 0; b < 4; ++b) {
      Bits words;
      pair_block(words, x + k + 32 * b);
      range.add(words);
      if (enlarged) enlarge(words);
      std::uint32_t of_block[width];
      store(of_block, words);
      for (int i = 0; i < 4; ++i) std::memcpy(out + width * i + 4 * b, of_block + 4 * i, 16);
    }
  return range.fits();
}

// 64 bytes of each row, from byte `at` on, or less, zeros behind; turned: in part b words[i] is word 4 b + i, lanes are
// rows.
[[gnu::always_inline]] inline void read_rows(Bits (&words)[4], const Band& band, std::ptrdiff_t at, int bytes) {
  const __mmask64 taken = bytes <= 0 ? 0 : ~__mmask64{0} >> (64 - (bytes < 64 ? bytes : 64));
  band.ask(at);
#pragma GCC unroll 4
  for (int p = 0; p < 4; ++p) words[p] = (Bits)_mm512_maskz_loadu_epi8(taken, band.row[p] + at);
  transpose_quads(words[0], words[1], words[2], words[3]);
}
// Lanes that are blocks x rows become rows x blocks.
[[gnu::always_inline]] inline void rows_first(Floats& sums) {
  sums = __builtin_shufflevector(sums, sums, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}

// Sixteen bytes in each 128-bit part of a vector.
[[gnu::always_inline]] inline void spread_bytes(__m512i& to, std::uint64_t low, std::uint64_t high) {
  to = _mm512_maskz_broadcast_i32x4(0xffff, _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low)));
}

// bf16 numbers of four codes to a word, two of a chain to a word, the earlier one in the high half: in each 128-bit
// part numbers[0] has the even and the odd chain's of rows 0 and 1, numbers[1] those of rows 2 and 3. Looked up.
template <class Number> struct LookedUp {
  static constexpr float undo = 1.0f;
  [[gnu::always_inline]] static inline void widen(Bits (&numbers)[2], const Bits& words) {
    __m512i order;   // in each word of four codes: 2, 0, 3, 1
    spread_bytes(order, 0x0507040601030002, 0x0d0f0c0e090b080a);
    Bits high, low;
    CodeBytes<Number>::look_up(high, low, (Bits)_mm512_shuffle_epi8((__m512i)words, order));
    numbers[0] = (Bits)_mm512_unpacklo_epi8((__m512i)low, (__m512i)high);
    numbers[1] = (Bits)_mm512_unpackhi_epi8((__m512i)low, (__m512i)high);
  }
};

// The same, shifted: a code goes to the upper half of 16 bits, and what is below it is masked off in the end.
template <int Shift, int Mask> struct ShiftedBy {
  [[gnu::always_inline]] static inline void widen(Bits (&numbers)[2], const Bits& words) {
    const __m512i mask = _mm512_set1_epi16(static_cast<short>(Mask));
    __m512i order[2];
    spread_bytes(order[0], 0x0101030300000202, 0x0505070704040606);
    spread_bytes(order[1], 0x09090b0b08080a0a, 0x0d0d0f0f0c0c0e0e);
    for (int i = 0; i < 2; ++i) {
      const __m512i codes = _mm512_shuffle_epi8((__m512i)words, order[i]);
      numbers[i] = (Bits)_mm512_and_si512(_mm512_srai_epi16(codes, Shift), mask);
    }
  }
};
// least, special: of codes without their sign, the first normal number's and the first that is none.
template <class Number> struct Shifted { static constexpr bool exists = false; };
template <> struct Shifted<E4m3> : ShiftedBy<4, 0x87f0> {
  static constexpr bool exists = true;
  static constexpr int least = 8, special = 127;
  static constexpr float undo = 0x1p50f;   // 2^120 / 2^70
};
template <> struct Shifted<E5m2> : ShiftedBy<3, 0x8fe0> {
  static constexpr bool exists = true;
  static constexpr int least = 4, special = 124;
  static constexpr float undo = 0x1p42f;   // 2^112 / 2^70
};

// Are all codes normal numbers? Twice a code is rid of its sign; less twice the least, all others are above these.
template <class Number> [[gnu::always_inline]] inline bool are_normal(const Bits (&words)[8]) {
  using Codes = Shifted<Number>;
  __m512i most = _mm512_setzero_si512();
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    const __m512i twice = _mm512_add_epi8((__m512i)words[i], (__m512i)words[i]);
    most = _mm512_max_epu8(most, _mm512_add_epi8(twice, _mm512_set1_epi8(-2 * Codes::least)));
  }
  constexpr int limit = 2 * (Codes::special - Codes::least);
  return _mm512_cmpge_epu8_mask(most, _mm512_set1_epi8(static_cast<char>(limit))) == 0;
}

// A unit of four rows, turned: words[i] is word i of blocks x rows.
[[gnu::always_inline]] inline void read_codes(Bits (&words)[8], const Band& band, std::ptrdiff_t at, int blocks) {
  Bits part[2][4];   // either has two blocks, of each first words 0 … 3
  read_rows(part[0], band, at, 32 * blocks);
  read_rows(part[1], band, at + 64, 32 * blocks - 64);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const Longs a = (Longs)part[0][i], b = (Longs)part[1][i];
    words[i] = (Bits)__builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13);
    words[i + 4] = (Bits)__builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
  }
}

// sums += four columns. factors: of these and the next four, of which pair I is the words'
template <class Codes, int I>
[[gnu::always_inline]] inline void add_codes(Floats (&chains)[2], const Bits& words, const Bits& factors) {
  constexpr int a = 2 * I, b = a + 1;
  const Bits factor = __builtin_shufflevector(factors, factors, a, b, a, b, 4 + a, 4 + b, 4 + a, 4 + b, 8 + a, 8 + b,
                                              8 + a, 8 + b, 12 + a, 12 + b, 12 + a, 12 + b);
  Bits numbers[2];
  Codes::widen(numbers, words);
  multiply_add_pair(chains[0], numbers[0], factor);
  multiply_add_pair(chains[1], numbers[1], factor);
}

// sums = both chains of each row and block, added. x: of a unit of pair_vector
template <class Codes>
[[gnu::always_inline]] inline void add_chains(Floats& sums, const Bits (&words)[8], const std::uint32_t* x) {
  Floats chains[2] = {};
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2, x += width) {
    Bits factors;
    load(factors, x);
    add_codes<Codes, 0>(chains, words[i], factors);
    add_codes<Codes, 1>(chains, words[i + 1], factors);
  }
  const Floats even = __builtin_shufflevector(chains[0], chains[1], 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14,
                                              28, 30);
  const Floats odd = __builtin_shufflevector(chains[0], chains[1], 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15,
                                             29, 31);
  sums = (even + odd) * Codes::undo;
  rows_first(sums);
}

// 8-bit codes as a kernel of matrix_vector.inl.
template <class Number> struct PairKernel {
  const std::uint32_t* x;   // of pair_vector
  static constexpr int per_word = 4;
  static constexpr bool scales_numbers = false;

  static void read_scales(const WordRows& matrix, const PanelRows& rows, float* out) {
    read_panel_scales(matrix, rows, out);
  }
  struct Scales {
    Scales(const WordRows&, const PanelRows&, int, const float*) {}
    static bool fit() { return true; }
  };

  [[gnu::always_inline]] void multiply(Floats& sums, const Band& band, std::ptrdiff_t at, int u, int blocks,
                                       const Scales&) const {
    Bits words[8];
    read_codes(words, band, at, blocks);
    const std::uint32_t* factors = x + u * (band_columns / 2);
    if constexpr (Shifted<Number>::exists) {
      if (__builtin_expect(are_normal<Number>(words), true)) return add_chains<Shifted<Number>>(sums, words, factors);
    }
    add_chains<LookedUp<Number>>(sums, words, factors);
  }
};

// y[n] = W[n] . x for rows first <= n < last. x: of pair_vector
template <class Number>
inline void matrix_times_pairs(const WordRows& matrix, const std::uint32_t* x, int first, int last, float* y) {
  rows_times_vector(matrix, PairKernel<Number>{x}, first, last, y);
}
