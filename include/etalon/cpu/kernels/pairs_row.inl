// A matrix times one vector in mode H, in pairs of bf16 numbers, where memory is best read in the order of its bytes
// (cpu/isa.hpp): one row at a time, in units of 512 columns (row_units.inl). Weights of bf16, 8 and 4 bits.
//
//   c[r] = W[r] . x for the rows r of a panel: ops/linear.hpp's scaled_dot
//
// Lanes are the blocks of a unit, of which every lane has both chains. Every word of activations is loaded for each
// row; but they are half as large as in numbers, so what is asked for ahead does not push them out of the first cache.

// The sums of a unit's blocks, in their lanes. x: of a unit of pair_units
template <class Number>
[[gnu::always_inline]] inline void sum_in_pairs(Floats& sums, const Bits (&words)[PairsOf<Number>::lines],
                                                const std::uint32_t* x) {
  Floats chains[2] = {};
  PairsOf<Number>::each(words, [&](int j, const Bits& pair) __attribute__((always_inline)) {
    Bits factor;
    load(factor, x + j * width);
    multiply_add_pair(chains[j % 2], pair, factor);
  });
  sums = chains[0] + chains[1];
}

// The same by two fma, numbers scaled: for weights that the instruction would flush or let overflow. columns: that are
// there; half a byte behind them is no number, and with a scale might be infinite.
template <class Number>
[[gnu::noinline]] void sum_apart(Floats& sums, const std::byte* from, int known, const std::uint32_t* x, int columns,
                                 const Floats& scale) {
  Bits words[PairsOf<Number>::lines];
  read_row_unit(words, from, known);
  if (scaled_numbers<WordsOf<Number>> && columns < row_columns && columns % 2 != 0)
    words[columns / 8 % 4][lane_of_block<4>.of[columns / 32]] &= (1u << columns % 8 * 4) - 1;
  Floats chains[2] = {};
  PairsOf<Number>::each(words, [&](int j, const Bits& pair) __attribute__((always_inline)) {
    Bits factor;
    load(factor, x + j * width);
    multiply_add(chains[j % 2], (Floats)(pair & 0xffff0000u) * scale, (Floats)(factor & 0xffff0000u));
    multiply_add(chains[j % 2], (Floats)(pair << 16) * scale, (Floats)(factor << 16));
  });
  sums = chains[0] + chains[1];
}

// Numbers of a row as they are summed. 8-bit codes are of ordinary size, or NaN.
template <class Number> struct PairedRow {
  const std::byte* from;

  PairedRow(const WordRows& matrix, int row) : from(matrix.data + row * matrix.row_bytes) {}

  // Of unit u, `known` bytes of which are there. x: of that unit
  [[gnu::always_inline]] void multiply(Floats& sums, int u, int known, const std::uint32_t* x) const {
    Bits words[8];
    read_row_unit(words, from + u * row_unit_bytes<Number>, known);
    sum_in_pairs<Number>(sums, words, x);
  }
};

template <> struct PairedRow<Bf16> {
  const std::byte* from;

  PairedRow(const WordRows& matrix, int row) : from(matrix.data + row * matrix.row_bytes) {}

  [[gnu::always_inline]] void multiply(Floats& sums, int u, int known, const std::uint32_t* x) const {
    Bits words[16];
    read_row_unit(words, from + u * row_unit_bytes<Bf16>, known);
    NumberRange range;
#pragma GCC unroll 16
    for (const Bits& word : words) range.add(word);
    sum_in_pairs<Bf16>(sums, words, x);
    if (__builtin_expect(!range.fits(), false)) {
      Floats apart;   // its address is given away, that of sums need not be
      sum_apart<Bf16>(apart, from + u * row_unit_bytes<Bf16>, known, x, row_columns, Floats{} + 1.0f);
      sums = apart;
    }
  }
};

// A block is summed first and scaled then where its scale is safe (nibbles_vector.inl); others' numbers are scaled.
template <> struct PairedRow<E2m1> {
  const std::byte *from, *scales;
  int columns;

  PairedRow(const WordRows& matrix, int row) : from(matrix.data + row * matrix.row_bytes), columns(matrix.columns) {
    const auto& stored = *static_cast<const Mxfp4*>(matrix.storage);
    scales = stored.scales + row * stored.scale_stride;
  }

  [[gnu::always_inline]] void multiply(Floats& sums, int u, int known, const std::uint32_t* x) const {
    Bits words[4];
    read_row_unit(words, from + u * row_unit_bytes<E2m1>, known);
    __builtin_prefetch(scales + u * width + row_foresight / 16);
    const __m128i codes = scale_codes(u);
    sum_in_pairs<E2m1>(sums, words, x);
    sums = sums * (Floats)((Bits)_mm512_maskz_cvtepu8_epi32(0xffff, codes) << 23);
    if (__builtin_expect(!NibbleScales::are_safe(_mm_sub_epi8(codes, _mm_set1_epi8(NibbleScales::least))), false)) {
      Floats apart;
      scale_and_sum(apart, u, known, x);
      sums = apart;
    }
  }

 private:
  // In the order of lanes; ones behind the last.
  [[gnu::always_inline]] __m128i scale_codes(int u) const {
    const int blocks = (columns - row_columns * u + 31) / 32;
    const auto there = static_cast<__mmask16>(blocks >= width ? 0xffff : (1 << blocks) - 1);
    const __m128i codes = _mm_mask_loadu_epi8(_mm_set1_epi8(127), there, scales + width * u);
    return _mm_shuffle_epi8(codes, _mm_set_epi64x(0x0f0b07030e0a0602, 0x0d0905010c080400));   // block_of_lane
  }
  [[gnu::noinline]] void scale_and_sum(Floats& sums, int u, int known, const std::uint32_t* x) const {
    alignas(16) std::uint8_t code[width];
    _mm_store_si128(reinterpret_cast<__m128i*>(code), scale_codes(u));
    Floats scale = {};
    for (int lane = 0; lane < width; ++lane) scale[lane] = E8m0{code[lane]}.decode();
    sum_apart<E2m1>(sums, from + u * row_unit_bytes<E2m1>, known, x, columns - row_columns * u, scale);
  }
};

// The sums of a row's blocks, sums[u][…][lane] of unit u.
template <class Number>
[[gnu::always_inline]] inline void row_times_pairs(const WordRows& matrix, int row, const std::uint32_t* x,
                                                   float* sums) {
  constexpr int unit_bytes = row_unit_bytes<Number>, per_word = WordsOf<Number>::per_word;
  const PairedRow<Number> numbers(matrix, row);
  const int whole = matrix.columns / row_columns, bytes = (matrix.columns * 4 + per_word - 1) / per_word;
  const auto multiply = [&](int u, int known) __attribute__((always_inline)) {
    Floats found;
    numbers.multiply(found, u, known, x + u * (row_columns / 2));
    store(sums + u * width * width, found);
  };
  for (int u = 0; u < whole; ++u) multiply(u, unit_bytes);
  if (whole * row_columns < matrix.columns) multiply(whole, bytes - whole * unit_bytes);
}
// Of a panel's rows, (unit, row, lane). A function of its own: its loops need all registers there are.
template <class Number>
[[gnu::noinline]] void rows_times_pairs(const WordRows& matrix, const PanelRows& rows, const std::uint32_t* x,
                                        float* sums) {
  for (int i = 0; i < width; ++i) {
    const int r = i % 4 * 4 + i / 4;   // in the order of memory: every fourth lane is its neighbour's next row
    row_times_pairs<Number>(matrix, rows.of_lane(r), x, sums + r * width);
  }
}

// Sums of rows from those of their blocks: turned, lanes are rows, and blocks are added left to right.
template <int Lines>
inline void add_units(Floats& result, const WordRows& matrix, const float* sums, const float* scales) {
  PanelSum sum(scales, matrix.group);
  for (int k = 0; k < matrix.columns; k += row_columns, sums += width * width) {
    Bits blocks[width];
#pragma GCC unroll 16
    for (int r = 0; r < width; ++r) load(blocks[r], sums + r * width);
    transpose(blocks);
#pragma GCC unroll 16
    for (int b = 0; b < width; ++b)
      if (k + 32 * b < matrix.columns) sum.add((Floats)blocks[lane_of_block<Lines>.of[b]]);
  }
  sum.end(result);
}

// y[n] = W[n] . x for rows first <= n < last. x: of pair_units
template <class Number>
inline void matrix_times_units(const WordRows& matrix, const std::uint32_t* x, int first, int last, float* y) {
  WordRows seen = matrix;
  if (scaled_numbers<WordsOf<Number>>) seen.group = 0, seen.scale_rows = 1 << 30;   // PairedRow reads its scales
  panels_times_vector(
      seen, first, last, y,
      [&](Floats& sums, const PanelRows& rows, float* scales, float* room) __attribute__((always_inline)) {
        rows_times_pairs<Number>(seen, rows, x, room);
        add_units<PairsOf<Number>::lines>(sums, seen, room, scales);
      },
      [&](const PanelRows& rows, float* scales) { read_panel_scales(seen, rows, scales); });
}
