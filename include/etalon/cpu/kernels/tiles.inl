// Linear layers in mode H on AMX tiles: weights are left factors, 16 outputs x 32 columns, read as stored and widened to
// bf16 line by line; activations are right factors, 16 pairs of columns x 16 tokens; sums are 16 outputs x 16 tokens.
//
//   for each chunk of columns, left to right:   packed = 32 outputs' lines
//     for each two tiles of tokens:             sums += the chunk's blocks of 32, in order
//
// A tile adds a block to a sum as math/dot.hpp does, if no number is so small or so large that a sum might leave the
// normal floats: numbers are checked as they are packed, and an odd panel goes to matrix_matrix.inl.

// Two blocks of a row, 64 columns, as lines of bf16: word i holds columns 2i and 2i + 1. scale: of either block's
// numbers, where numbers have scales; the second's stands `width` further on.
template <class Number> struct LinesOf {
  static constexpr bool exist = false;
};

template <> struct LinesOf<Bf16> {
  static constexpr bool exist = true;
  static constexpr int bytes = 128;
  [[gnu::always_inline]] static inline void read(Bits (&line)[2], const std::byte* from, const float*) {
    std::memcpy(&line, from, sizeof line);
  }
};

// Codes of eight bits, the highest the sign: both bytes of a number's bf16 are looked up.
template <class Number> struct Bf16Tables {
  alignas(64) std::uint8_t high[128], low[128];
  constexpr Bf16Tables() : high(), low() {
    for (int code = 0; code < 128; ++code) {
      const std::uint32_t bits = bits_of(Number{static_cast<std::uint8_t>(code)}.decode());
      high[code] = static_cast<std::uint8_t>(bits >> 24), low[code] = static_cast<std::uint8_t>(bits >> 16);
    }
  }
};
template <class Number> inline constexpr Bf16Tables<Number> bf16_tables;

template <class Number> struct LinesOfCodes {
  static constexpr bool exist = true;
  static constexpr int bytes = 64;
  [[gnu::always_inline]] static inline void look_up(__m512i& to, const std::uint8_t (&table)[128], __m512i codes) {
    to = _mm512_permutex2var_epi8(_mm512_load_si512(table), codes, _mm512_load_si512(table + 64));
  }
  [[gnu::always_inline]] static inline void read(Bits (&line)[2], const std::byte* from, const float*) {
    // Interleaving acts in parts of 16 bytes: the first line's codes go to their lower halves.
    Longs eights;
    std::memcpy(&eights, from, sizeof eights);
    const __m512i codes = (__m512i)__builtin_shufflevector(eights, eights, 0, 4, 1, 5, 2, 6, 3, 7);
    __m512i high, low;
    look_up(high, bf16_tables<Number>.high, codes);
    look_up(low, bf16_tables<Number>.low, codes);
    high = _mm512_or_si512(high, _mm512_and_si512(codes, _mm512_set1_epi8(-128)));
    line[0] = (Bits)_mm512_unpacklo_epi8(low, high);
    line[1] = (Bits)_mm512_unpackhi_epi8(low, high);
  }
};
template <> struct LinesOf<E4m3> : LinesOfCodes<E4m3> {};
template <> struct LinesOf<E5m2> : LinesOfCodes<E5m2> {};

// The upper halves of two numbers side by side; their lower halves are zeros.
[[gnu::always_inline]] inline void pair_up(Bits& pair, const Floats& even, const Floats& odd) {
  pair = (Bits)even >> 16 | (Bits)odd;
}

template <> struct LinesOf<I8> {
  static constexpr bool exist = true;
  static constexpr int bytes = 64;
  [[gnu::always_inline]] static inline void read(Bits (&line)[2], const std::byte* from, const float*) {
#pragma GCC unroll 2
    for (int block = 0; block < 2; ++block) {
      std::uint16_t __attribute__((vector_size(32))) pairs;
      std::memcpy(&pairs, from + 32 * block, sizeof pairs);
      const Ints codes = __builtin_convertvector(pairs, Ints);
      pair_up(line[block], __builtin_convertvector(codes << 24 >> 24, Floats),
              __builtin_convertvector(codes << 16 >> 24, Floats));
    }
  }
};

template <> struct LinesOf<E2m1> {
  static constexpr bool exist = true;
  static constexpr int bytes = 32;
  [[gnu::always_inline]] static inline void read(Bits (&line)[2], const std::byte* from, const float* scale) {
    const __m512 values = _mm512_setr_ps(0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f, -0.0f, -0.5f, -1.0f, -1.5f,
                                         -2.0f, -3.0f, -4.0f, -6.0f);
#pragma GCC unroll 2
    for (int block = 0; block < 2; ++block) {
      std::uint8_t __attribute__((vector_size(16))) pairs;
      std::memcpy(&pairs, from + 16 * block, sizeof pairs);
      const Bits codes = __builtin_convertvector(pairs, Bits);
      Floats factor;
      spread(factor, scale[block * width]);
      pair_up(line[block], (Floats)_mm512_maskz_permutexvar_ps(0xffff, (__m512i)codes, values) * factor,
              (Floats)_mm512_maskz_permutexvar_ps(0xffff, (__m512i)(codes >> 4), values) * factor);
    }
  }
};

// The range of the bf16 numbers that lines hold, zeros apart. Within 2^-55 and 2^50 every sum of products is a multiple
// of 2^-124, and of up to 2^20 of them none is infinite.
struct LineRange {
  __m512i least, most;   // magnitude - 1; magnitude

  LineRange() : least(_mm512_set1_epi16(-1)), most(_mm512_setzero_si512()) {}   // no default: those know no target
  [[gnu::always_inline]] void add(const Bits& line) {
    const __m512i magnitude = _mm512_and_si512((__m512i)line, _mm512_set1_epi16(0x7fff));
    most = _mm512_max_epu16(most, magnitude);
    least = _mm512_min_epu16(least, _mm512_add_epi16(magnitude, _mm512_set1_epi16(-1)));
  }
  bool fits_tiles() const {
    constexpr int smallest = (127 - 55) << 7, too_large = (127 + 50) << 7;
    return _mm512_cmplt_epu16_mask(least, _mm512_set1_epi16(smallest - 1)) == 0 &&
           _mm512_cmpge_epu16_mask(most, _mm512_set1_epi16(too_large)) == 0;
  }
};

// Activations of 16 tokens, rounded to bf16, as right factors: (block, pair of columns, token) of words. Tokens that are
// not there are zeros. columns: of a row of x, zero-padded to whole blocks. -> may tiles take them?
inline bool tile_activations(const ActivationRows& x, int first, int columns, std::uint32_t* out) {
  LineRange range;
  for (int k = 0; k < columns; k += 32, out += tile_bytes / 4) {
    Bits words[width] = {};
    for (int t = 0; t < width && first + t < x.count; ++t) {
      Bits low, high;
      load(low, x.data + (first + t) * x.stride + k);
      load(high, x.data + (first + t) * x.stride + k + 16);
      const Bits even = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
      const Bits odd = __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
      pair_up(words[t], (Floats)even, (Floats)odd);
      range.add(words[t]);
    }
    transpose(words);
    std::memcpy(out, words, sizeof words);
  }
  return range.fits_tiles();
}

// 32 rows of weights, of which there may be fewer, and where their lines go: (block, row, pair of columns) of words.
struct LinePanel {
  const WordRows& matrix;
  Panel half[2];
  const float* scales[2];   // (group, lane) of each half
  std::uint32_t* packed;
};

// How many rows ahead of the one at hand its columns are asked for.
inline constexpr int rows_ahead = 8;

// Columns first … first + count - 1 of one row; first: a multiple of 64.
template <class Number>
[[gnu::always_inline]] inline void pack_row(const LinePanel& panel, int row, int first, int count, LineRange& range) {
  using Lines = LinesOf<Number>;
  constexpr int line_words = tile_bytes / 4 / tile_rows, block_words = 2 * tile_bytes / 4;
  const std::byte* from = panel.half[row / width].row[row % width] + std::ptrdiff_t{first} / 64 * Lines::bytes;
  const float* scale = panel.scales[row / width] + row % width + first / 32 * width;
  const std::ptrdiff_t ahead = rows_ahead * panel.matrix.row_bytes;
  std::uint32_t* out = panel.packed + row * line_words;
  std::byte last[128] = {};
  for (int k = first; k < first + count; k += 64, from += Lines::bytes, scale += 2 * width, out += 2 * block_words) {
    for (int line = 0; line < Lines::bytes; line += 64) __builtin_prefetch(from + ahead + line, 0, 2);
    if (const int known = panel.matrix.columns - k; known < 64) {
      std::memcpy(last, from, static_cast<std::size_t>((known * Lines::bytes + 63) / 64));
      if (Lines::bytes == 32 && known % 2 != 0) last[known / 2] &= std::byte{15};   // half a byte is no column
      from = last;
    }
    Bits lines[2];
    Lines::read(lines, from, scale);
    range.add(lines[0]);
    range.add(lines[1]);
    store(out, lines[0]);
    store(out + block_words, lines[1]);
  }
}

// -> may tiles take them?
template <class Number> bool pack_lines(const LinePanel& panel, int first, int count) {
  LineRange range;
  for (int row = 0; row < 2 * width; ++row) pack_row<Number>(panel, row, first, count, range);
  return range.fits_tiles();
}

// sums += `blocks` blocks: of 32 outputs, and of one or two tiles of tokens. sums: (token tile, half, output, token),
// set to zero first where they are fresh.
template <int Tiles>
inline void multiply_lines(const std::uint32_t* packed, const std::uint32_t* x, std::ptrdiff_t x_tile, int blocks,
                           float* sums, bool fresh) {
  constexpr int words = tile_bytes / 4;
  if (fresh) {
    clear_tile<0>(), clear_tile<1>();
    if constexpr (Tiles == 2) clear_tile<2>(), clear_tile<3>();
  } else {
    load_tile<0>(sums, 64), load_tile<1>(sums + words, 64);
    if constexpr (Tiles == 2) load_tile<2>(sums + 2 * words, 64), load_tile<3>(sums + 3 * words, 64);
  }
  for (int b = 0; b < blocks; ++b, packed += 2 * words, x += words) {
    load_tile<6>(x, 64), load_tile<4>(packed, 64), load_tile<5>(packed + words, 64);
    multiply_bf16<0, 4, 6>(), multiply_bf16<1, 5, 6>();
    if constexpr (Tiles == 2) {
      load_tile<7>(x + x_tile, 64);
      multiply_bf16<2, 4, 7>(), multiply_bf16<3, 5, 7>();
    }
  }
  store_tile<0>(sums, 64), store_tile<1>(sums + words, 64);
  if constexpr (Tiles == 2) store_tile<2>(sums + 2 * words, 64), store_tile<3>(sums + 3 * words, 64);
}

// sums = fma(scale, parts, sums) for `tiles` tiles of tokens. left, right: the scales of either half's outputs.
inline void close_tile_groups(int tiles, const float* left, const float* right, const float* parts, float* sums) {
  for (int i = 0; i < 2 * tiles; ++i)
    for (int r = 0; r < tile_rows; ++r, parts += width, sums += width) {
      Floats scale, part, sum;
      spread(scale, (i % 2 == 0 ? left : right)[r]);
      load(part, parts);
      load(sum, sums);
      multiply_add(sum, scale, part);
      store(sums, sum);
    }
}

// Activations as tiles: (token tile, block, pair of columns, token) of words.
struct TileRows {
  const std::uint32_t* words;
  int tiles, blocks, count;   // count: tokens

  std::ptrdiff_t tile_words() const { return std::ptrdiff_t{blocks} * (tile_bytes / 4); }
};

struct TileScratch {
  AlignedFloats packed, sums, parts, left_scales, right_scales;

  TileScratch(const WordRows& matrix, int tiles)
      : packed(chunk_columns * 2 * width / 2), sums(static_cast<std::size_t>(tiles) * 512),
        parts(static_cast<std::size_t>(tiles) * 512), left_scales(room_for_scales(matrix)),
        right_scales(room_for_scales(matrix)) {}
};

// One or two tiles of tokens times one packed chunk, columns k … k + count - 1. group: columns that share a scale; 0:
// none.
inline void add_line_chunk(const TileScratch& scratch, const TileRows& x, int tile, int k, int count, int columns,
                           int group) {
  const int tiles = x.tiles - tile < 2 ? 1 : 2;
  const auto* packed = reinterpret_cast<const std::uint32_t*>(scratch.packed.data());
  const std::uint32_t* words = x.words + tile * x.tile_words();
  float *sums = scratch.sums.data() + tile * 512, *parts = scratch.parts.data() + tile * 512;
  for (int from = k, end = k + count; from < end;) {
    const int g = group == 0 ? 0 : from / group, group_end = group == 0 ? end : (g + 1) * group;
    const int to = group_end < end ? group_end : end;
    const bool fresh = group == 0 ? from == 0 : from == g * group;
    (tiles == 2 ? multiply_lines<2> : multiply_lines<1>)(packed + (from - k) / 32 * 512, words + from / 32 * 256,
                                                         x.tile_words(), (to - from + 31) / 32,
                                                         group == 0 ? sums : parts, fresh);
    if (group != 0 && (to == group_end || to >= columns))
      close_tile_groups(tiles, scratch.left_scales.data() + g * width, scratch.right_scales.data() + g * width, parts,
                        sums);
    from = to;
  }
}

// sums for all tokens and the rows of two panels, first <= n < last. -> may tiles take these weights?
template <class Number>
bool lines_times_tiles(const WordRows& matrix, const TileRows& x, int first, int last, const TileScratch& scratch) {
  const int middle = first + width < last ? first + width : last, second = middle < last ? middle : first;
  read_panel_scales(matrix, first, middle, scratch.left_scales.data());
  read_panel_scales(matrix, second, last, scratch.right_scales.data());
  const LinePanel panel{matrix,
                        {Panel(matrix, first, middle), Panel(matrix, second, last)},
                        {scratch.left_scales.data(), scratch.right_scales.data()},
                        reinterpret_cast<std::uint32_t*>(scratch.packed.data())};
  const int group = scaled_numbers<WordsOf<Number>> ? 0 : matrix.group;
  if (group != 0) std::memset(scratch.sums.data(), 0, static_cast<std::size_t>(x.tiles) * 2 * tile_bytes);
  for (int k = 0; k < matrix.columns; k += chunk_columns) {
    const int rest = matrix.columns - k, count = rest < chunk_columns ? rest : chunk_columns;
    if (!pack_lines<Number>(panel, k, count)) return false;
    for (int tile = 0; tile < x.tiles; tile += 2) add_line_chunk(scratch, x, tile, k, count, matrix.columns, group);
  }
  return true;
}

// y[t][n … stop - 1] from sums (token tile, half, output, token).
inline void write_tiles(const float* sums, int tokens, int n, int stop, const OutputRows& y) {
  for (int t = 0; t < tokens; t += tile_rows, sums += 512)
    for (int from = n; from < stop; from += width) {
      Bits turned[width];
      std::memcpy(turned, sums + (from - n) * tile_rows, sizeof turned);
      transpose(turned);
      const int count = stop - from < width ? stop - from : width;
      for (int i = 0; i < width && t + i < tokens; ++i)
        std::memcpy(y.data + (t + i) * y.stride + from, &turned[i], static_cast<std::size_t>(count) * sizeof(float));
    }
}

// y[t][n] = W[n] . x[t] for all tokens and rows first <= n < last. floats: the same activations, for panels that tiles
// do not take.
template <class Number>
void matrix_times_tiles(const WordRows& matrix, const TileRows& x, const ActivationRows& floats, int first, int last,
                        const OutputRows& y) {
  const TileScratch scratch(matrix, x.tiles);
  const TileScope tiles(64);
  for (int n = first; n < last; n += 2 * width) {
    const int stop = n + 2 * width < last ? n + 2 * width : last;
    if (lines_times_tiles<Number>(matrix, x, n, stop, scratch))
      write_tiles(scratch.sums.data(), x.count, n, stop, y);
    else
      matrix_times_matrix(matrix, reader_of<Number>, floats, n, stop, y);
  }
}
