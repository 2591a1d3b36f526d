// A matrix times one vector (decode): every row is read once, as stored, at the speed of memory.
//
//   c[r] = W[r] . x for the rows r of a panel, lane by lane: ops/linear.hpp's scaled_dot

// The sums of a panel: of the group at hand, and of the groups before.
struct PanelSum {
  Floats total = {}, group = {};
  const float* scale;       // of the group, a vector; then of the next
  int blocks_in_group, left;

  PanelSum(const float* scales, int blocks) : scale(scales), blocks_in_group(blocks), left(blocks) {}

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
};

// Columns of blocks_together neighbouring blocks: two chains alone would wait for their own last fma most of the time.
inline constexpr int vector_columns = 32 * blocks_together;

// The chains of two neighbouring blocks.
struct TwoBlocks { Floats even[2] = {}, odd[2] = {}; };

// Columns 0, 1, … of tile a and, `Shift` further on, of tile b into the chains of two blocks.
template <class Words, int Shift, int... C>
[[gnu::always_inline]] inline void add_columns(TwoBlocks& sums, const Bits (&a)[width], const Bits (&b)[width],
                                               const float* x, const Floats (&scale)[2],
                                               std::integer_sequence<int, C...>) {
  const auto add = [&](auto column) __attribute__((always_inline)) {
    Floats number, factor;
    number_of<Words, column.value>(number, a, scale[0]);
    spread(factor, x[column.value]);
    multiply_add(column.value % 2 == 0 ? sums.even[0] : sums.odd[0], number, factor);
    number_of<Words, Shift + column.value>(number, b, scale[1]);
    spread(factor, x[32 + column.value]);
    multiply_add(column.value % 2 == 0 ? sums.even[1] : sums.odd[1], number, factor);
  };
  (add(std::integral_constant<int, C>{}), ...);
}

// Columns `first` … of two blocks: a tile of each, or both in one.
template <class Words>
[[gnu::always_inline]] inline void add_tiles(TwoBlocks& sums, const std::byte* const (&row)[width],
                                             std::ptrdiff_t offset, int first, const float* x,
                                             const float* number_scales) {
  constexpr int columns = tile_columns<Words>;
  Floats scale[2] = {};
  for (int block = 0; scaled_numbers<Words> && block < 2; ++block) load(scale[block], number_scales + block * width);
  Bits a[width], b[width];
  read_tile(a, row, offset + first / Words::per_word * 4);
  if constexpr (columns == 64) {
    add_columns<Words, 32>(sums, a, a, x, scale, std::make_integer_sequence<int, 32>{});
  } else {
    read_tile(b, row, offset + (32 + first) / Words::per_word * 4);
    add_columns<Words, 0>(sums, a, b, x + first, scale, std::make_integer_sequence<int, columns>{});
  }
}

// vector_columns columns from byte `offset` of the rows.
template <class Words>
[[gnu::always_inline]] inline void add_unit(PanelSum& sum, const std::byte* const (&row)[width], std::ptrdiff_t offset,
                                            const float* x, const float* number_scales) {
  constexpr int two = 64 / Words::per_word * 4;   // bytes of two blocks
  TwoBlocks sums[blocks_together / 2];
  for (int first = 0; first < 32; first += tile_columns<Words>)
#pragma GCC unroll 2
    for (int i = 0; i < blocks_together / 2; ++i)
      add_tiles<Words>(sums[i], row, offset + i * two, first, x + 64 * i, number_scales + 2 * i * width);
  Floats blocks[blocks_together];
#pragma GCC unroll 4
  for (int block = 0; block < blocks_together; ++block) {
    blocks[block] = sums[block / 2].even[block % 2] + sums[block / 2].odd[block % 2];
    make_now(blocks[block]);
  }
  for (const Floats& block : blocks) sum.add(block);
}

// x: zero-padded by column_padding. scales: (group, lane).
template <class Words>
inline void panel_times_vector(Floats& result, const Panel& panel, const WordRows& matrix, const float* x,
                               const float* scales) {
  constexpr int unit = vector_columns, bytes = unit / Words::per_word * 4;
  const bool by_group = matrix.group != 0 && !scaled_numbers<Words>;
  PanelSum sum(scales, by_group ? (matrix.group + 31) / 32 : 1 << 30);
  int first = 0;
  for (; first + unit <= matrix.columns; first += unit) {
    const std::ptrdiff_t offset = first / Words::per_word * 4;
    for (int line = 0; line < bytes; line += 64) ask_ahead(panel, offset + line);
    add_unit<Words>(sum, panel.row, offset, x + first, scales + first / 32 * width);
  }
  if (first < matrix.columns) {
    const PanelTail tail(panel, first, matrix.columns, Words::per_word);
    add_unit<Words>(sum, tail.row, 0, x + first, scales + first / 32 * width);
  }
  if (by_group && sum.left != sum.blocks_in_group) sum.close_group();
  result = by_group ? sum.total : sum.group;
}

// How many panels, each a row further on, have the scales of this one.
inline int panels_of_scales(const WordRows& matrix, const PanelRows& rows) {
  int panels = matrix.scale_rows;
  for (int r = 0; r < width; ++r) {
    const int left = matrix.scale_rows - rows.of_lane(r) % matrix.scale_rows;
    panels = left < panels ? left : panels;
  }
  return panels;
}

// y[n] for rows first <= n < last, where panel_sums(sums, panel, scales) gives those of a panel. Rows of a panel lie an
// eighth of all apart, so each lane reads one stretch of memory from end to end: of neighbours that are short, streams
// end before the processor has seen them (2048 rows of 1.5 KB: 12 GB/s; apart: 18).
inline void panels_times_vector(const WordRows& matrix, int first, int last, float* y, const auto& panel_sums) {
  const int step = (last - first) / width, rest = first + step * width;
  AlignedFloats scales(room_for_scales(matrix));
  const auto add_panel = [&](const PanelRows& rows) __attribute__((always_inline)) {
    Floats sums;
    panel_sums(sums, Panel(matrix, rows), scales.data());
    for (int r = 0; r < width; ++r) y[rows.of_lane(r)] = sums[r];
  };
  for (int n = first, known = 0; n < first + step; ++n, --known) {
    const PanelRows rows{n, step, last};
    if (known == 0) read_panel_scales(matrix, rows, scales.data()), known = panels_of_scales(matrix, rows);
    add_panel(rows);
  }
  if (rest == last) return;
  read_panel_scales(matrix, rest, last, scales.data());
  add_panel({rest, 1, last});
}

// y[n] = W[n] . x for rows first <= n < last.
template <class Number>
inline void matrix_times_vector(const WordRows& matrix, const float* x, int first, int last, float* y) {
  panels_times_vector(matrix, first, last, y, [&](Floats& sums, const Panel& panel, const float* scales)
                      __attribute__((always_inline)) {
    panel_times_vector<WordsOf<Number>>(sums, panel, matrix, x, scales);
  });
}
