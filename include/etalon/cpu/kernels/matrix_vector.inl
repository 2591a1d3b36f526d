// A matrix times one vector (decode): every row is read once, as stored, at the speed of memory.
//
//   c[r] = W[r] . x for the rows r of a panel, lane by lane: ops/linear.hpp's scaled_dot
//
// A panel is read in four bands (band.inl). The sums of blocks wait until all bands have theirs; turned again, lanes
// are rows, and blocks are added left to right.

// The sums of a panel: of the group at hand, and of the groups before.
struct PanelSum {
  Floats total = {}, group = {};
  const float* scale;       // of the group, a vector; then of the next
  bool scaled;
  int blocks_in_group, left;

  // columns: that share a scale; 0: there are none
  PanelSum(const float* scales, int columns)
      : scale(scales), scaled(columns != 0), blocks_in_group(scaled ? (columns + 31) / 32 : 1 << 30),
        left(blocks_in_group) {}

  [[gnu::always_inline]] void add(const Floats& block) {
    group = group + block;
    if (--left == 0) close_group();
  }
  [[gnu::always_inline]] void close_group() {
    Floats factor;
    load(factor, scale);
    multiply_add(total, factor, group);
    group = Floats{};
    scale += width;
    left = blocks_in_group;
  }
  [[gnu::always_inline]] void end(Floats& result) {
    if (scaled && left != blocks_in_group) close_group();
    result = scaled ? total : group;
  }
};

// The sums of rows from those of their blocks, (unit, band, lane of a band): turned, lanes are a panel's, since a band
// is every fourth of them. scales: (group, row); group: columns that share one
inline void add_blocks(Floats& result, const float* blocks, int units, const float* scales, int group) {
  PanelSum sum(scales, group);
  for (int u = 0; u < units; ++u, blocks += 4 * width) {
    Bits turned[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) load(turned[i], blocks + i * width);
    transpose_quads(turned[0], turned[1], turned[2], turned[3]);
#pragma GCC unroll 4
    for (int b = 0; b < 4; ++b) sum.add((Floats)turned[b]);
  }
  sum.end(result);
}

inline std::size_t room_for_blocks(const WordRows& matrix) {
  constexpr int together = 4 * band_columns;   // as many are written at a time of a row (pairs_row.inl)
  return static_cast<std::size_t>((matrix.columns + together - 1) / together) * 16 * width;
}

// How one format is multiplied; here any, as numbers. Others: pairs_vector.inl, nibbles_vector.inl,
// pairs_row.inl.
template <class Words> struct NumberKernel {
  const float* x;   // of InterleavedRow
  static constexpr int per_word = Words::per_word;   // columns
  static constexpr bool scales_numbers = scaled_numbers<Words>;

  // Of a panel, (group, row); the numbers' own, (row, group).
  static void read_scales(const WordRows& matrix, const PanelRows& rows, float* out) {
    if constexpr (!scales_numbers) return read_panel_scales(matrix, rows, out);
    const int known = scales_of(matrix), stride = known + spare_scales;
    for (int r = 0; r < width; ++r, out += stride) {
      matrix.read_scales(matrix.storage, {rows.of_lane(r), rows.last}, known, 1, out);
      for (int i = known; i < stride; ++i) out[i] = 1.0f;
    }
  }
  // The numbers' own, of a band's rows.
  struct Scales {
    const std::byte* row[band_rows];

    Scales(const WordRows& matrix, const PanelRows&, int index, const float* scales) {
      const int stride = scales_of(matrix) + spare_scales;
      for (int p = 0; p < band_rows; ++p)
        row[p] = reinterpret_cast<const std::byte*>(scales + (4 * p + index) * stride);
    }
    static bool fit() { return true; }
  };

  // The sums of the first blocks of unit u, at byte `at` of the rows.
  [[gnu::always_inline]] void multiply(Floats& sums, const Band& band, std::ptrdiff_t at, int u, int blocks,
                                       const Scales& scales) const {
    constexpr int block_words = 32 / per_word;
    Bits scale = {};
    if constexpr (scaled_numbers<Words>) load_parts(scale, scales.row, 16 * u);
    Chains<Words> chains;
    for (int w = 0; w < block_words; w += 4) {
      Bits words[4];
      band.read<block_words>(words, at, w, blocks);
      chains.add(words, x + u * band_columns + 4 * w * per_word, (Floats)scale);
    }
    chains.end(sums);
  }
};

// The last columns of a band where they do not fill a unit. Those that do not fill a block are copied, zeros behind.
template <class Kernel>
inline void multiply_rest(Floats& sums, const WordRows& matrix, const Band& band, const Kernel& kernel,
                          typename Kernel::Scales& scales) {
  const int u = matrix.columns / band_columns, rest = matrix.columns % band_columns, blocks = (rest + 31) / 32;
  const std::ptrdiff_t at = std::ptrdiff_t{u} * band_columns / Kernel::per_word * 4;
  if (rest % 32 == 0) return kernel.multiply(sums, band, at, u, blocks, scales);
  const int bytes = (rest * 4 + Kernel::per_word - 1) / Kernel::per_word;
  std::byte copy[band_rows][4 * band_columns] = {};
  for (int p = 0; p < band_rows; ++p) {
    std::memcpy(copy[p], band.row[p] + at, static_cast<std::size_t>(bytes));
    if (Kernel::per_word == 8 && rest % 2 != 0) copy[p][bytes - 1] &= std::byte{15};   // half a byte is no column
  }
  kernel.multiply(sums, Band(copy), 0, u, blocks, scales);
}

// blocks[u][index][lane] of band `index`. -> may the kernel take its scales? (If not, they are worth nothing.)
template <class Kernel>
inline bool band_times_vector(const WordRows& matrix, const PanelRows& rows, int index, const Kernel& kernel,
                              const float* scales, float* blocks) {
  constexpr std::ptrdiff_t unit = band_columns / Kernel::per_word * 4;   // bytes
  const Band band(matrix, rows, index);
  typename Kernel::Scales own(matrix, rows, index, scales);
  const int whole = matrix.columns / band_columns;
  Floats sums;
  blocks += index * width;
  for (int u = 0; u < whole; ++u, blocks += 4 * width) {
    kernel.multiply(sums, band, u * unit, u, 4, own);
    store(blocks, sums);
  }
  if (whole * band_columns < matrix.columns) {
    multiply_rest(sums, matrix, band, kernel, own);
    store(blocks, sums);
  }
  return own.fit();
}

// The sums of a panel's rows. scales: of Kernel::read_scales; room: for the sums of blocks. -> as above
template <class Kernel>
inline bool panel_times_vector(Floats& result, const WordRows& matrix, const PanelRows& rows, const Kernel& kernel,
                               const float* scales, float* room) {
  bool fit = true;
  for (int index = 0; index < 4; ++index)
    fit &= band_times_vector(matrix, rows, index, kernel, scales, room);
  const int group = Kernel::scales_numbers ? 0 : matrix.group;
  add_blocks(result, room, (matrix.columns + band_columns - 1) / band_columns, scales, group);
  return fit;
}

// How many panels, each `step` rows further on, have the scales of this one.
inline int panels_of_scales(const WordRows& matrix, const PanelRows& rows, int step) {
  int left = matrix.scale_rows;
  for (int r = 0; r < width; ++r) {
    const int of_row = matrix.scale_rows - rows.of_lane(r) % matrix.scale_rows;
    left = of_row < left ? of_row : left;
  }
  return (left - 1) / step + 1;
}

// y[n] for rows first <= n < last, where panel_sums(sums, rows, scales, room) gives those of a panel; read_scales(rows,
// scales) reads its scales.
//
// Processors differ in what they follow through memory (cpu/isa.hpp). For one stream, rows are read one band behind the
// other, and lines asked for in the order in which they lie. For several, the rows of a band lie a quarter (AVX2: half)
// of all apart, so that each reads one stretch from end to end.
inline void panels_times_vector(const WordRows& matrix, int first, int last, float* y, const auto& panel_sums,
                                const auto& read_scales) {
  const int panels = (last - first) / width, step = matrix.one_stream ? width : 4;
  const int near = matrix.one_stream ? band_rows : 1, far = matrix.one_stream ? 1 : 4 * panels;
  const AlignedFloats scratch(room_for_scales(matrix) + room_for_blocks(matrix));
  float *scales = scratch.data(), *room = scales + room_for_scales(matrix);
  const auto add_panel = [&](const PanelRows& rows) __attribute__((always_inline)) {
    Floats sums;
    panel_sums(sums, rows, scales, room);
    for (int r = 0; r < width; ++r) y[rows.of_lane(r)] = sums[r];
  };
  for (int i = 0, known = 0; i < panels; ++i, --known) {
    const PanelRows rows{first + i * step, last, near, far};
    if (known == 0) read_scales(rows, scales), known = panels_of_scales(matrix, rows, step);
    add_panel(rows);
  }
  const PanelRows rest{first + panels * width, last};
  if (rest.first == last) return;
  read_scales(rest, scales);
  add_panel(rest);
}

// y[n] = W[n] . x for rows first <= n < last.
template <class Kernel>
inline void rows_times_vector(const WordRows& matrix, const Kernel& kernel, int first, int last, float* y) {
  panels_times_vector(
      matrix, first, last, y,
      [&](Floats& sums, const PanelRows& rows, float* scales, float* room) __attribute__((always_inline)) {
        panel_times_vector(sums, matrix, rows, kernel, scales, room);
      },
      [&](const PanelRows& rows, float* scales) { Kernel::read_scales(matrix, rows, scales); });
}
// x: of InterleavedRow
template <class Number>
inline void matrix_times_vector(const WordRows& matrix, const float* x, int first, int last, float* y) {
  rows_times_vector(matrix, NumberKernel<WordsOf<Number>>{x}, first, last, y);
}
