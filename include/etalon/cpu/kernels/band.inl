// A band: a few rows of a weight matrix, read for one vector of activations.
//
// Lanes are rows x 4 neighbouring blocks of 32 columns, a unit of 128 columns at a time: 16 bytes of each block,
// turned, are four words of it, and so all that its chains need next. Activations lie in the same order
// (cpu/activations.hpp, InterleavedRow).

inline constexpr int band_rows = width / 4;   // a row for each 128-bit part of a vector

// Activations of a unit in the order of a band's lanes: out[4 c + b] = x[32 b + c].
inline void interleave_unit(const float* x, float* out) {
  typedef float Quad __attribute__((vector_size(16)));
  for (int c = 0; c < 32; c += 4, out += 16) {
    Quad q[4];
    for (int b = 0; b < 4; ++b) load(q[b], x + 32 * b + c);
    const Quad ab_low = __builtin_shufflevector(q[0], q[1], 0, 4, 1, 5);
    const Quad ab_high = __builtin_shufflevector(q[0], q[1], 2, 6, 3, 7);
    const Quad cd_low = __builtin_shufflevector(q[2], q[3], 0, 4, 1, 5);
    const Quad cd_high = __builtin_shufflevector(q[2], q[3], 2, 6, 3, 7);
    store(out, __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5));
    store(out + 4, __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7));
    store(out + 8, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
    store(out + 12, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
  }
}

// Where a band's rows are, and what is asked for while it is read: a line of each row for every line read of it.
struct Band {
  const std::byte *row[band_rows], *asked[band_rows];
  int lines_apart;   // from the line asked for now to the next, behind the same of asked

  // Band `index` of a panel: every fourth lane.
  Band(const WordRows& matrix, const PanelRows& rows, int index) : lines_apart(rows.touch() ? band_rows : 1) {
    const std::ptrdiff_t bytes = band_rows * matrix.row_bytes, next = bytes > least_ahead ? bytes : least_ahead;
    for (int p = 0; p < band_rows; ++p) {
      row[p] = matrix.data + rows.of_lane(4 * p + index) * matrix.row_bytes;
      asked[p] = rows.touch() ? row[0] + next + 64 * p : row[p] + band_foresight;
    }
  }
  // Rows elsewhere.
  explicit Band(const std::byte (&rows)[band_rows][4 * band_columns]) : lines_apart(0) {
    for (int p = 0; p < band_rows; ++p) row[p] = asked[p] = rows[p];
  }

  // Asks for what is wanted next while 64 bytes of each row are read, from byte `at` on.
  [[gnu::always_inline]] void ask(std::ptrdiff_t at) const {
#pragma GCC unroll 4
    for (int p = 0; p < band_rows; ++p) __builtin_prefetch(asked[p] + at * lines_apart);
  }
  // Words w … w + 3 of the first blocks of a unit that begins at byte `unit`, turned: words[i] is word w + i of each
  // lane's, zero for the other blocks.
  template <int BlockWords>
  [[gnu::always_inline]] void read(Bits (&words)[4], std::ptrdiff_t unit, int w, int blocks) const {
    ask(unit + 16 * w);
#pragma GCC unroll 4
    for (int b = 0; b < 4; ++b)
      if (b < blocks) load_parts(words[b], row, unit + 4 * (w + b * BlockWords));
      else words[b] = Bits{};
    transpose_quads(words[0], words[1], words[2], words[3]);
  }

 private:
  static constexpr std::ptrdiff_t least_ahead = 4096;
};

// Both chains of every lane's block.
template <class Words> struct Chains {
  Floats even = {}, odd = {};

  // Columns of four words. x: of those columns, four blocks' each
  [[gnu::always_inline]] void add(const Bits (&words)[4], const float* x, const Floats& scale) {
    add(words, x, scale, std::make_integer_sequence<int, 4 * Words::per_word>{});
  }
  [[gnu::always_inline]] void end(Floats& sums) const { sums = even + odd; }

 private:
  template <int... C>
  [[gnu::always_inline]] void add(const Bits (&words)[4], const float* x, const Floats& scale,
                                  std::integer_sequence<int, C...>) {
    const auto add_column = [&](auto column) __attribute__((always_inline)) {
      Floats number, factor;
      Words::template unpack<column.value % Words::per_word>(number, words[column.value / Words::per_word]);
      if constexpr (scaled_numbers<Words>) number = number * scale;
      load_quad(factor, x + 4 * column.value);
      multiply_add(column.value % 2 == 0 ? even : odd, number, factor);
    };
    (add_column(std::integral_constant<int, C>{}), ...);
  }
};

// f16 widens eight numbers of a row side by side: lanes are rows x 2 chains x 4 blocks, in two vectors.
template <> struct Chains<WordsOf<F16>> {
  Floats low = {}, high = {};

  [[gnu::always_inline]] void add(const Bits (&words)[4], const float* x, const Floats&) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      Floats numbers[2], factor;
      widen_by_row(numbers[0], numbers[1], words[i]);
      load_octet(factor, x + 8 * i);
      multiply_add(low, numbers[0], factor);
      multiply_add(high, numbers[1], factor);
    }
  }
  [[gnu::always_inline]] void end(Floats& sums) const {
    Floats even, odd;
    part_by_part(even, odd, low, high);
    sums = even + odd;
  }
};
