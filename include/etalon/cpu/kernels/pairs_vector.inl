// A matrix of 8-bit numbers times one vector in mode H: as matrix_vector.inl, in pairs of bf16 numbers.
//
// Lanes are 8 rows x 2 neighbouring blocks of 32 columns: 64 bytes of each row. A code becomes bf16 by two tables of
// bytes; nothing is checked, because codes are of ordinary size, and infinities and NaN stay what they are.

// Both bytes of the bf16 numbers of 64 codes.
template <class Number> struct CodeBytes {
  [[gnu::always_inline]] static inline void look_up(Bits& high, Bits& low, const Bits& codes) {
    __m512i upper, lower;
    LinesOf<Number>::look_up(upper, bf16_tables<Number>.high, (__m512i)codes);
    LinesOf<Number>::look_up(lower, bf16_tables<Number>.low, (__m512i)codes);
    high = (Bits)upper | (codes & 0x80808080u);
    low = (Bits)lower;
  }
};
// Integers have tables of their own for either sign; an index is the code's lower seven bits.
struct IntegerTables {
  alignas(64) std::uint8_t high[2][128], low[2][128];
  constexpr IntegerTables() : high(), low() {
    for (int code = 0; code < 256; ++code) {
      const std::uint32_t bits = bits_of(static_cast<float>(code < 128 ? code : code - 256));
      high[code / 128][code % 128] = static_cast<std::uint8_t>(bits >> 24);
      low[code / 128][code % 128] = static_cast<std::uint8_t>(bits >> 16);
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

// 64 bytes of 8 rows, turned: the 128-bit parts of words[i] are word i of rows 0-3, word 8 + i of rows 0-3, then both
// of rows 4-7.
[[gnu::always_inline]] inline void read_two_blocks(Bits (&words)[8], const std::byte* const (&row)[8],
                                                   std::ptrdiff_t offset) {
  Bits part[8];
#pragma GCC unroll 8
  for (int r = 0; r < 8; ++r) load(part[r], row[r] + offset);
  transpose_quads(part[0], part[1], part[2], part[3]);
  transpose_quads(part[4], part[5], part[6], part[7]);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const Longs a = (Longs)part[i], b = (Longs)part[i + 4];
    words[i] = (Bits)__builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13);
    words[i + 4] = (Bits)__builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
  }
}

// Pairs of 64 columns of activations: the two words of four columns, of either block, side by side.
inline void pair_two_blocks(const float* x, std::uint32_t* out) {
  Bits a, b;
  pair_block(a, x);
  pair_block(b, x + 32);
  store(out, __builtin_shufflevector((Longs)a, (Longs)b, 0, 8, 1, 9, 2, 10, 3, 11));
  store(out + 16, __builtin_shufflevector((Longs)a, (Longs)b, 4, 12, 5, 13, 6, 14, 7, 15));
}

// Two words of the first block in the first and third part, two of the second block in the others.
[[gnu::always_inline]] inline void spread_pairs(Bits& to, const std::uint32_t* words) {
  long long pairs[2];
  std::memcpy(pairs, words, sizeof pairs);
  to = (Bits)_mm512_mask_set1_epi64(_mm512_set1_epi64(pairs[0]), 0xcc, pairs[1]);
}

// bf16 numbers of words[i], two codes of a chain to a word, the earlier one in the high half: in each 128-bit part
// numbers[0] has the even and the odd chain's of two rows, numbers[1] those of the next two.
template <class Number> [[gnu::always_inline]] inline void widen_codes(Bits (&numbers)[2], const Bits& words) {
  // In each word of four codes: 2, 0, 3, 1.
  const __m512i order = _mm512_maskz_broadcast_i32x4(
      0xffff, _mm_setr_epi32(0x01030002, 0x05070406, 0x090b080a, 0x0d0f0c0e));
  Bits high, low;
  CodeBytes<Number>::look_up(high, low, (Bits)_mm512_shuffle_epi8((__m512i)words, order));
  numbers[0] = (Bits)_mm512_unpacklo_epi8((__m512i)low, (__m512i)high);
  numbers[1] = (Bits)_mm512_unpackhi_epi8((__m512i)low, (__m512i)high);
}

// 64 columns of 8 rows. x: of pair_two_blocks
template <class Number>
[[gnu::always_inline]] inline void add_two_blocks(avx512_8::PanelSum& sum, const std::byte* const (&row)[8],
                                                  std::ptrdiff_t offset, const std::uint32_t* x) {
  Bits words[8];
  read_two_blocks(words, row, offset);
  Floats chains[2] = {};
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    Bits numbers[2];
    widen_codes<Number>(numbers, words[i]);
    Bits factor;
    spread_pairs(factor, x + 4 * i);
    multiply_add_pair(chains[0], numbers[0], factor);
    multiply_add_pair(chains[1], numbers[1], factor);
  }
  const Floats even = __builtin_shufflevector(chains[0], chains[1], 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14,
                                              28, 30);
  const Floats odd = __builtin_shufflevector(chains[0], chains[1], 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15,
                                             29, 31);
  const Floats blocks = even + odd;
  sum.add(__builtin_shufflevector(blocks, blocks, 0, 1, 2, 3, 8, 9, 10, 11));
  sum.add(__builtin_shufflevector(blocks, blocks, 4, 5, 6, 7, 12, 13, 14, 15));
}

template <class Number>
inline void panel_times_pairs(avx512_8::Floats& result, const avx512_8::Panel& panel, const WordRows& matrix,
                              const std::uint32_t* x, const float* scales) {
  avx512_8::PanelSum sum(scales, matrix.group != 0 ? (matrix.group + 31) / 32 : 1 << 30);
  int k = 0;
  for (; k + 64 <= matrix.columns; k += 64) {
    avx512_8::ask_ahead(panel, k);
    add_two_blocks<Number>(sum, panel.row, k, x + k / 2);
  }
  if (k < matrix.columns) {
    const avx512_8::PanelTail tail(panel, k, matrix.columns, 4);
    add_two_blocks<Number>(sum, tail.row, 0, x + k / 2);
  }
  if (matrix.group != 0 && sum.left != sum.blocks_in_group) sum.close_group();
  result = matrix.group != 0 ? sum.total : sum.group;
}

// y[n] = W[n] . x for rows first <= n < last. x: words of pair_two_blocks
template <class Number>
inline void matrix_times_pairs(const WordRows& matrix, const std::uint32_t* x, int first, int last, float* y) {
  avx512_8::panels_times_vector(matrix, first, last, y, [&](avx512_8::Floats& sums, const avx512_8::Panel& panel,
                                                            const float* scales) __attribute__((always_inline)) {
    panel_times_pairs<Number>(sums, panel, matrix, x, scales);
  });
}
