// A matrix of e2m1 numbers, of which blocks of 32 share a power of two, times one vector in mode H: in pairs of bf16
// numbers, as pairs_vector.inl, but a block is summed first and scaled then.
//
//   c[r] = fma(2^s, even + odd, c[r])   for each block of a row, left to right
//
// which is what sums of scaled numbers give (docs/arithmetic.md, R2: a format without scales) to the bit, since a power
// of two changes no rounding where nothing overflows or vanishes: with activations of ordinary size (bf16_lines.inl) a
// sum is a multiple of 2^-63 and below 2^58, so scales from 2^-86 to 2^68 are safe. Rows with others take
// matrix_vector.inl (2^-127 may stand for a block of zeros).
//
// Lanes are 8 rows x 2 blocks that lie 64 columns apart, of a unit of 128 columns: 64 bytes of each row. The lower
// nibbles of a word are four columns of an even chain, the upper ones of the odd chain.

inline constexpr int nibble_columns = 128;   // of a unit

// A vector of activations: of eight columns both chains' two words each, and of the eight that lie 64 further on: 8
// words. x: zero-padded to whole units. -> are all of ordinary size?
inline bool nibble_vector(const float* x, int columns, std::uint32_t* out) {
  NumberRange range;
  for (int k = 0; k < columns; k += nibble_columns)
    for (int half = 0; half < 2; ++half, out += 32) {
      Bits a, b;
      pair_block(a, x + k + 32 * half);
      pair_block(b, x + k + 32 * half + 64);
      range.add(a);
      range.add(b);
      const Longs first = (Longs)a, second = (Longs)b;
      store(out, __builtin_shufflevector(first, second, 0, 1, 8, 9, 2, 3, 10, 11));
      store(out + 16, __builtin_shufflevector(first, second, 4, 5, 12, 13, 6, 7, 14, 15));
    }
  return range.fits();
}

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

// sums = both chains of each row and block, added. words: eight columns each; x: of nibble_vector
[[gnu::always_inline]] inline void add_nibbles(Floats& sums, const Bits* words, const std::uint32_t* x) {
  Floats even = {}, odd = {};
  __m512i order;   // bytes of each word, two columns each: 1, 3, 0, 2
  spread_bytes(order, 0x0604070502000301, 0x0e0c0f0d0a080b09);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const Bits codes = (Bits)_mm512_shuffle_epi8((__m512i)words[i], order);
    const __m256i once = _mm256_loadu_si256((const __m256i*)(x + 8 * i));
    const Bits factors = (Bits)_mm512_maskz_broadcast_i64x4(0xff, once);
    add_nibble_pairs<0, 0>(even, codes, factors);
    add_nibble_pairs<8, 2>(even, codes, factors);
    add_nibble_pairs<4, 1>(odd, codes, factors);
    add_nibble_pairs<12, 3>(odd, codes, factors);
  }
  sums = even + odd;
}

// Scales of the rows of a panel, as codes: four blocks' of each row are a word.
struct NibbleScales {
  const std::byte* row[8];
  int blocks;
  __m256i most = _mm256_setzero_si256();   // of codes, less the least that is safe
  static constexpr int least = 127 - 86, largest = 127 + 68;

  NibbleScales(const WordRows& matrix, const avx512_8::Panel& panel) : blocks((matrix.columns + 31) / 32) {
    const auto& stored = *static_cast<const Mxfp4*>(matrix.storage);
    for (int r = 0; r < 8; ++r) row[r] = stored.scales + panel.rows.of_lane(r) * stored.scale_stride;
  }
  // Of blocks `block` … block + 3.
  [[gnu::always_inline]] void load(avx512_8::Bits& codes, int block) {
    codes = avx512_8::Bits{word(0, block), word(1, block), word(2, block), word(3, block),
                           word(4, block), word(5, block), word(6, block), word(7, block)};
    __builtin_prefetch(row[block / 4 % 8] + block + 192);   // a row in turn: a line is eight units of each (3 %)
    check(codes);
  }
  // Of the last ones, less than four: ones behind.
  void load_last(avx512_8::Bits& codes, int block) {
    std::uint32_t words[8];
    for (int r = 0; r < 8; ++r) {
      words[r] = 0x7f7f7f7f;
      std::memcpy(&words[r], row[r] + block, static_cast<std::size_t>(blocks - block));
    }
    std::memcpy(&codes, words, sizeof codes);
    check(codes);
  }
  bool fit() const { return _mm256_cmpgt_epu8_mask(most, _mm256_set1_epi8(static_cast<char>(largest - least))) == 0; }

 private:
  [[gnu::always_inline]] std::uint32_t word(int r, int block) const {
    std::uint32_t codes;
    std::memcpy(&codes, row[r] + block, sizeof codes);
    return codes;
  }
  [[gnu::always_inline]] void check(const avx512_8::Bits& codes) {
    most = _mm256_max_epu8(most, _mm256_sub_epi8((__m256i)codes, _mm256_set1_epi8(least)));
  }
};

// A unit of 8 rows. scales: of NibbleScales
[[gnu::always_inline]] inline void add_unit_of_nibbles(avx512_8::Floats& sums, const std::byte* const (&row)[8],
                                                       std::ptrdiff_t offset, const avx512_8::Bits& scales,
                                                       const std::uint32_t* x) {
  Bits words[8];
  read_two_blocks(words, row, offset);
  Floats first, second;   // blocks 0 and 2, 1 and 3
  add_nibbles(first, words, x);
  add_nibbles(second, words + 4, x + 32);
  const avx512_8::Floats blocks[4] = {__builtin_shufflevector(first, first, 0, 1, 2, 3, 8, 9, 10, 11),
                                      __builtin_shufflevector(second, second, 0, 1, 2, 3, 8, 9, 10, 11),
                                      __builtin_shufflevector(first, first, 4, 5, 6, 7, 12, 13, 14, 15),
                                      __builtin_shufflevector(second, second, 4, 5, 6, 7, 12, 13, 14, 15)};
#pragma GCC unroll 4
  for (int b = 0; b < 4; ++b)
    avx512_8::multiply_add(sums, (avx512_8::Floats)((scales >> (8 * b) & 0xffu) << 23), blocks[b]);
}

// x: of nibble_vector; given.numbers(): the same activations as numbers, for scales that are not safe.
inline void panel_times_nibbles(avx512_8::Floats& sums, const avx512_8::Panel& panel, const WordRows& matrix,
                                const std::uint32_t* x, const auto& given) {
  NibbleScales scales(matrix, panel);
  avx512_8::Bits codes;
  sums = avx512_8::Floats{};
  int k = 0;
  for (; k + nibble_columns <= matrix.columns; k += nibble_columns, x += 64) {
    avx512_8::ask_ahead(panel, k / 2);
    scales.load(codes, k / 32);
    add_unit_of_nibbles(sums, panel.row, k / 2, codes, x);
  }
  if (k < matrix.columns) {
    const avx512_8::PanelTail tail(panel, k, matrix.columns, 8);
    scales.load_last(codes, k / 32);
    add_unit_of_nibbles(sums, tail.row, 0, codes, x);
  }
  if (scales.fit()) return;
  const AlignedFloats numbers(avx512_8::room_for_scales(matrix));
  avx512_8::read_panel_scales(matrix, panel.rows, numbers.data());
  avx512_8::panel_times_vector<avx512_8::WordsOf<E2m1>>(sums, panel, matrix, given.numbers().data, numbers.data());
}

// y[n] = W[n] . x for rows first <= n < last. x, given: as above
inline void matrix_times_nibbles(const WordRows& matrix, const std::uint32_t* x, const auto& given, int first, int last,
                                 float* y) {
  WordRows codes = matrix;
  codes.group = 0, codes.scale_rows = 1 << 30;   // panels read their scales themselves
  avx512_8::panels_times_vector(codes, first, last, y, [&](avx512_8::Floats& sums, const avx512_8::Panel& panel,
                                                           const float*) __attribute__((always_inline)) {
    panel_times_nibbles(sums, panel, matrix, x, given);
  });
}
