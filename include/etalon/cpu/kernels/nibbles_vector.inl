// A matrix of e2m1 numbers, of which blocks of 32 share a power of two, times one vector in mode H: in pairs of bf16
// numbers, as pairs_vector.inl, but a block is summed first and scaled then.
//
//   c[r] = c[r] + 2^s (even + odd)   for each block of a row, left to right
//
// which is what sums of scaled numbers give (docs/arithmetic.md, R2: a format without scales) to the bit, since a power
// of two changes no rounding where nothing overflows or vanishes: with activations of ordinary size (bf16_lines.inl) a
// sum is a multiple of 2^-63 and below 2^58, so scales from 2^-86 to 2^68 are safe. Rows with others take
// matrix_vector.inl (2^-127 may stand for a block of zeros).
//
// A lane's word are eight columns: its lower nibbles four of the even chain, the upper ones of the odd chain.

// bf16 bits of the 16 codes, twice: an index may have a bit of the next code.
struct NibbleTable {
  alignas(64) std::uint16_t bits[32];
  constexpr NibbleTable() : bits() {
    for (int i = 0; i < 32; ++i)
      bits[i] = static_cast<std::uint16_t>(bf16_of(E2m1{static_cast<std::uint8_t>(i % 16)}.decode(), 1.0f));
  }
};
inline constexpr NibbleTable nibble_table;

// sum += two columns of a chain: of each half word the code that begins at bit Shift, the upper half's first. factors:
// of which word Word of each 128-bit part is the chain's.
template <int Shift, int Word>
[[gnu::always_inline]] inline void add_nibble_pairs(Floats& sum, const Bits& codes, const Bits& factors) {
  const __m512i index = _mm512_srli_epi16((__m512i)codes, Shift), table = _mm512_load_si512(nibble_table.bits);
  constexpr int a = Word, b = 4 + Word, c = 8 + Word, d = 12 + Word;
  multiply_add_pair(sum, (Bits)_mm512_maskz_permutexvar_epi16(0xffffffff, index, table),
                    __builtin_shufflevector(factors, factors, a, a, a, a, b, b, b, b, c, c, c, c, d, d, d, d));
}

// Scales of the rows of a band, as codes: four blocks' of each row are a word. Those of the next band are asked for.
struct NibbleScales {
  const std::byte* row[4];
  int blocks;
  __m128i most = _mm_setzero_si128();   // of codes, less the least that is safe
  static constexpr int least = 127 - 86, largest = 127 + 68;

  NibbleScales(const WordRows& matrix, const PanelRows& rows, int index, const float*)
      : blocks((matrix.columns + 31) / 32) {
    const auto& stored = *static_cast<const Mxfp4*>(matrix.storage);
    const std::ptrdiff_t next = (rows.touch() ? band_rows : 1) * stored.scale_stride;
    for (int p = 0; p < 4; ++p) {
      row[p] = stored.scales + rows.of_lane(4 * p + index) * stored.scale_stride;
      for (int at = 0; at < blocks; at += 64) __builtin_prefetch(row[p] + next + at);
    }
  }
  // Of unit u, ones behind the last: each lane's power of two.
  [[gnu::always_inline]] void load(Floats& to, int u) {
    const __m128i codes = 4 * u + 4 <= blocks ? _mm_set_epi32(word(3, u), word(2, u), word(1, u), word(0, u)) : last(u);
    most = _mm_max_epu8(most, _mm_sub_epi8(codes, _mm_set1_epi8(least)));
    to = (Floats)((Bits)_mm512_maskz_cvtepu8_epi32(0xffff, codes) << 23);
  }
  static bool are_safe(const __m128i& less_least) {
    return _mm_cmpgt_epu8_mask(less_least, _mm_set1_epi8(static_cast<char>(largest - least))) == 0;
  }
  bool fit() const { return are_safe(most); }

 private:
  [[gnu::always_inline]] int word(int p, int u) const {
    int codes;
    std::memcpy(&codes, row[p] + 4 * u, sizeof codes);
    return codes;
  }
  __m128i last(int u) const {
    std::uint32_t codes[4] = {0x7f7f7f7f, 0x7f7f7f7f, 0x7f7f7f7f, 0x7f7f7f7f};
    for (int p = 0; p < 4; ++p) std::memcpy(&codes[p], row[p] + 4 * u, static_cast<std::size_t>(blocks - 4 * u));
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  }
};

// Four-bit codes as a kernel of matrix_vector.inl.
struct NibbleKernel {
  const std::uint32_t* x;   // of pair_vector, not enlarged
  static constexpr int per_word = 8;
  static constexpr bool scales_numbers = true;
  using Scales = NibbleScales;

  [[gnu::always_inline]] void multiply(Floats& sums, const Band& band, std::ptrdiff_t at, int u, int blocks,
                                       Scales& scales) const {
    Bits words[4], factors;
    read_rows(words, band, at, 16 * blocks);
    Floats even = {}, odd = {}, scale;
    __m512i order;   // bytes of each word, two columns each: 1, 3, 0, 2
    spread_bytes(order, 0x0604070502000301, 0x0e0c0f0d0a080b09);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const Bits codes = (Bits)_mm512_shuffle_epi8((__m512i)words[i], order);
      load(factors, x + u * (band_columns / 2) + i * width);
      add_nibble_pairs<0, 0>(even, codes, factors);
      add_nibble_pairs<8, 2>(even, codes, factors);
      add_nibble_pairs<4, 1>(odd, codes, factors);
      add_nibble_pairs<12, 3>(odd, codes, factors);
    }
    sums = even + odd;
    rows_first(sums);
    scales.load(scale, u);
    sums = sums * scale;
  }
};

// y[n] = W[n] . x for rows first <= n < last. x: of pair_vector, not enlarged; given.numbers(): the same activations as
// numbers, for rows whose scales are not safe.
inline void matrix_times_nibbles(const WordRows& matrix, const std::uint32_t* x, const auto& given, int first, int last,
                                 float* y) {
  using Numbers = NumberKernel<WordsOf<E2m1>>;
  WordRows codes = matrix;
  codes.scale_rows = 1 << 30;   // bands read their scales themselves
  panels_times_vector(
      codes, first, last, y,
      [&](Floats& sums, const PanelRows& rows, float* scales, float* room) __attribute__((always_inline)) {
        if (panel_times_vector(sums, matrix, rows, NibbleKernel{x}, nullptr, room)) return;
        Numbers::read_scales(matrix, rows, scales);
        panel_times_vector(sums, matrix, rows, Numbers{given.numbers().data}, scales, room);
      },
      [](const PanelRows&, float*) {});
}
