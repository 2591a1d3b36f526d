// A row of weights in units of 512 columns, whole lines of which are read one after the other: how its 16 blocks come
// into 16 lanes, and activations and stored numbers as pairs of bf16 numbers (pairs.inl) in that order.
//
// In which lane a block comes is left to what turns a format's lines with the fewest shuffles; activations follow.

inline constexpr int row_columns = 32 * width;   // of a unit
inline constexpr int row_foresight = 12288;      // bytes; 8 to 14 KB give the same within 4 %

// The block of a unit in a lane: as turn_lines leaves those of 16, 8 or 4 lines.
constexpr int block_of_lane(int lines, int lane) {
  const int part = lane / 4, place = lane % 4;
  return lines == 16 ? lane : lines == 8 ? part / 2 * 8 + place * 2 + part % 2 : place * 4 + part;
}
template <int Lines> struct LaneOfBlock {
  int of[width];
  constexpr LaneOfBlock() : of() {
    for (int lane = 0; lane < width; ++lane) of[block_of_lane(Lines, lane)] = lane;
  }
};
template <int Lines> inline constexpr LaneOfBlock<Lines> lane_of_block;

// One token's activations: word j of pair_block of all blocks of a unit is a vector, out[16 j + lane]. x: zero-padded
// to whole blocks; lines: of 64 bytes, that weights have for a unit; enlarged: as in pairs_vector.inl, for 8 bits.
// -> are all of ordinary size (bf16_lines.inl)?
inline bool pair_units(const float* x, int columns, int lines, bool enlarged, std::uint32_t* out) {
  NumberRange range;
  for (int k = 0; k < columns; k += row_columns) {
    Bits words[width] = {};
    for (int lane = 0; lane < width; ++lane) {
      const int first = k + 32 * block_of_lane(lines, lane);
      if (first < columns) pair_block(words[lane], x + first);
      range.add(words[lane]);
      if (enlarged) enlarge(words[lane]);
    }
    transpose(words);
    for (int j = 0; j < width; ++j, out += width) store(out, words[j]);
  }
  return range.fits();
}

// A format's words as pairs: each(words, add) calls add(j, pair) for j = 0 … 15, where pair is word j, as pair_block
// has it, of every lane's block. Codes are looked up; the halves of their words are exchanged first, since the earlier
// column is a pair's high half.
template <class Number> struct PairsOf {
  static constexpr int lines = 8;   // of 64 bytes for 16 blocks
  [[gnu::always_inline]] static inline void each(const Bits (&words)[lines], const auto& add) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      Bits high, low;
      CodeBytes<Number>::look_up(high, low, (Bits)_mm512_maskz_ror_epi32(0xffff, (__m512i)words[i], 16));
      add(2 * i, (Bits)((Halves)high << 8) | (low & 0x00ff00ffu));
      add(2 * i + 1, (high & 0xff00ff00u) | (Bits)((Halves)low >> 8));
    }
  }
};

template <> struct PairsOf<Bf16> {
  static constexpr int lines = 16;
  [[gnu::always_inline]] static inline void each(const Bits (&words)[lines], const auto& add) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      Bits even, odd;
      pair_columns(even, odd, words[2 * i], words[2 * i + 1]);
      add(2 * i, even);
      add(2 * i + 1, odd);
    }
  }
};

// A word's lower nibbles are four columns of the even chain, the upper ones four of the odd chain. Not scaled.
template <> struct PairsOf<E2m1> {
  static constexpr int lines = 4;
  [[gnu::always_inline]] static inline void each(const Bits (&words)[lines], const auto& add) {
    const __m512i table = _mm512_load_si512(nibble_table.bits);
    __m512i order;   // bytes of each word, two columns each: 1, 3, 0, 2
    spread_bytes(order, 0x0604070502000301, 0x0e0c0f0d0a080b09);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const Halves codes = (Halves)_mm512_shuffle_epi8((__m512i)words[i], order);
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j)
        add(4 * i + j, (Bits)_mm512_maskz_permutexvar_epi16(0xffffffff, (__m512i)(codes >> 4 * j), table));
    }
  }
};

template <class Number> inline constexpr int row_unit_bytes = 64 * PairsOf<Number>::lines;

// Lines of a unit become its blocks' words: words[i] is word i of each lane's block.
[[gnu::always_inline]] inline void turn_lines(Bits (&words)[4]) {
  transpose_quads(words[0], words[1], words[2], words[3]);
}
[[gnu::always_inline]] inline void turn_lines(Bits (&words)[8]) {
  transpose_quads(words[0], words[1], words[2], words[3]);
  transpose_quads(words[4], words[5], words[6], words[7]);   // parts: words i, i + 4 of the first block, of the second
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const Longs a = (Longs)words[i], b = (Longs)words[i + 4];
    words[i] = (Bits)__builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13);
    words[i + 4] = (Bits)__builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
  }
}
[[gnu::always_inline]] inline void turn_lines(Bits (&words)[16]) { transpose(words); }

// A unit of a row. known: its bytes; zeros are read behind them.
template <int Lines>
[[gnu::always_inline]] inline void read_row_unit(Bits (&words)[Lines], const std::byte* from, int known) {
#pragma GCC unroll 16
  for (int i = 0; i < Lines; ++i) {
    const int left = known - 64 * i;
    __builtin_prefetch(from + 64 * i + row_foresight);
    if (left >= 64) load(words[i], from + 64 * i);
    else words[i] = (Bits)_mm512_maskz_loadu_epi8(left <= 0 ? 0 : ~__mmask64{0} >> (64 - left), from + 64 * i);
  }
  turn_lines(words);
}
