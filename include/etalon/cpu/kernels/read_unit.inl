// Weights decoded into memory, lanes for rows: what is done with them there is one function for all formats.

template <class Words, int... C>
[[gnu::always_inline]] inline void store_columns(float* out, std::ptrdiff_t stride, const Bits (&words)[width],
                                                 const float* number_scales, std::integer_sequence<int, C...>) {
  const auto put = [&](auto column) __attribute__((always_inline)) {
    Floats number, scale = {};
    if constexpr (scaled_numbers<Words>) load(scale, number_scales + column.value / 32 * width);
    number_of<Words, column.value>(number, words, scale);
    store(out + column.value * stride, number);
  };
  (put(std::integral_constant<int, C>{}), ...);
}

// One unit of columns, from byte `offset` of the rows: out[k * stride + lane]. number_scales: (block, lane).
template <class Words>
void read_unit(const std::byte* const (&row)[width], std::ptrdiff_t offset, const float* number_scales, float* out,
               std::ptrdiff_t stride) {
  constexpr int tile = tile_columns<Words>;
  for (int k = 0; k < unit_columns<Words>; k += tile) {
    Bits words[width];
    read_tile(words, row, offset + k / Words::per_word * 4);
    store_columns<Words>(out + k * stride, stride, words, number_scales, std::make_integer_sequence<int, tile>{});
  }
}

// A format as seen by code that is the same for all.
struct UnitReader {
  void (*read)(const std::byte* const (&row)[width], std::ptrdiff_t offset, const float* number_scales, float* out,
               std::ptrdiff_t stride);
  int columns, per_word;
  bool scales_numbers;

  int bytes() const { return columns / per_word * 4; }
};
template <class Number>
inline constexpr UnitReader reader_of{&read_unit<WordsOf<Number>>, unit_columns<WordsOf<Number>>,
                                      WordsOf<Number>::per_word, scaled_numbers<WordsOf<Number>>};

// A panel, unit by unit.
struct PanelReader {
  const WordRows& matrix;
  const UnitReader& format;
  Panel panel;
  const float* scales;   // (group, lane)

  // The unit that begins with column `first`, zeros behind the last column: out[k * stride + lane].
  void read(int first, float* out, std::ptrdiff_t stride) const {
    const std::ptrdiff_t offset = first / format.per_word * 4;
    const float* number_scales = scales + (format.scales_numbers ? first / 32 * width : 0);
    if (first + format.columns <= matrix.columns) {
      for (int line = 0; line < format.bytes(); line += 64) ask_ahead(panel, offset + line);
      format.read(panel.row, offset, number_scales, out, stride);
    } else {
      const PanelTail tail(panel, first, matrix.columns, format.per_word);
      format.read(tail.row, 0, number_scales, out, stride);
    }
  }

  // Columns first … first + count - 1 of a panel of matrix_matrix.inl, whole units. first: a multiple of the unit.
  bool pack(int first, int count, float* out) const {
    for (int k = 0; k < count; k += format.columns) read(first + k, out + k * 2 * width, 2 * width);
    return true;
  }
};
