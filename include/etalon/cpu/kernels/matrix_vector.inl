// A matrix times one vector (decode): every row is read once, as stored, at the speed of memory.
//
//   c[r] = W[r] . x for the rows r of a panel, lane by lane: ops/linear.hpp's scaled_dot

// The sums of a panel: of the group at hand, and of the groups before.
struct PanelSum {
  Floats total = {}, group = {};
  const float* scale;       // of the group, a vector; then of the next
  int blocks_in_group, left;

  PanelSum(const float* scales, int blocks) : scale(scales), blocks_in_group(blocks), left(blocks) {}

  [[gnu::always_inline]] void add_block(const Floats& even, const Floats& odd) {
    group = group + (even + odd);
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

// The chains of two neighbouring blocks: a chain alone would wait for its own last fma most of the time.
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

// 64 columns from byte `offset` of the rows: two blocks, of several tiles each, or both in one tile.
template <class Words>
[[gnu::always_inline]] inline void add_unit(PanelSum& sum, const std::byte* const (&row)[width], std::ptrdiff_t offset,
                                            const float* x, const float* number_scales) {
  constexpr int columns = tile_columns<Words>;
  TwoBlocks sums;
  Floats scale[2] = {};
  for (int block = 0; scaled_numbers<Words> && block < 2; ++block) load(scale[block], number_scales + block * width);
  Bits a[width], b[width];
  if constexpr (columns == 64) {
    read_tile(a, row, offset);
    add_columns<Words, 32>(sums, a, a, x, scale, std::make_integer_sequence<int, 32>{});
  } else {
    for (int first = 0; first < 32; first += columns) {
      read_tile(a, row, offset + first / Words::per_word * 4);
      read_tile(b, row, offset + (32 + first) / Words::per_word * 4);
      add_columns<Words, 0>(sums, a, b, x + first, scale, std::make_integer_sequence<int, columns>{});
    }
  }
  sum.add_block(sums.even[0], sums.odd[0]);
  sum.add_block(sums.even[1], sums.odd[1]);
}

// x: zero-padded by column_padding. scales: (group, lane).
template <class Words>
inline void panel_times_vector(Floats& result, const Panel& panel, const WordRows& matrix, const float* x,
                               const float* scales) {
  constexpr int unit = unit_columns<Words>;
  static_assert(unit == 64);
  const bool by_group = matrix.group != 0 && !scaled_numbers<Words>;
  PanelSum sum(scales, by_group ? (matrix.group + 31) / 32 : 1 << 30);
  int first = 0;
  for (; first + unit <= matrix.columns; first += unit) {
    const std::ptrdiff_t offset = first / Words::per_word * 4;
    for (int line = 0; line < unit_bytes<Words>; line += 64) ask_ahead(panel, offset + line);
    add_unit<Words>(sum, panel.row, offset, x + first, scales + first / 32 * width);
  }
  if (first < matrix.columns) {
    const PanelTail tail(panel, first, matrix.columns, Words::per_word);
    add_unit<Words>(sum, tail.row, 0, x + first, scales + first / 32 * width);
  }
  if (by_group && sum.left != sum.blocks_in_group) sum.close_group();
  result = by_group ? sum.total : sum.group;
}

// y[n] = W[n] . x for rows first <= n < last.
template <class Number>
inline void matrix_times_vector(const WordRows& matrix, const float* x, int first, int last, float* y) {
  using Words = WordsOf<Number>;
  AlignedFloats scales(room_for_scales(matrix));
  for (int n = first; n < last; n += width) {
    const int stop = n + width < last ? n + width : last;
    read_panel_scales(matrix, n, stop, scales.data());
    Floats sums;
    panel_times_vector<Words>(sums, Panel(matrix, n, stop), matrix, x, scales.data());
    std::memcpy(y + n, &sums, static_cast<std::size_t>(stop - n) * sizeof(float));
  }
}
