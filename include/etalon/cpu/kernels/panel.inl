// A panel: as many rows of a weight matrix as a vector has lanes, read as stored and turned, so that lane r holds
// numbers of row r.
//
// Rows are read a tile at a time: one vector of each row. A transposition of 32-bit words then gives, for each word of
// the tile, that word of all rows. Cost: log2(width) shuffles for a vector of words, which hold 1, 2, 4 or 8 numbers a
// lane: less than reading them from memory takes.

// Columns of a tile; and of a unit, the least that is whole tiles and whole pairs of blocks of 32.
template <class Words> inline constexpr int tile_columns = width * Words::per_word;
template <class Words> inline constexpr int unit_columns = tile_columns<Words> < 64 ? 64 : tile_columns<Words>;
template <class Words> inline constexpr int unit_bytes = unit_columns<Words> / Words::per_word * 4;

// Neighbouring rows.
struct Panel {
  const std::byte* row[width];
  std::ptrdiff_t row_bytes;

  Panel(const WordRows& matrix, int first, int last) : row_bytes(matrix.row_bytes) {
    for (int r = 0; r < width; ++r) row[r] = matrix.data + PanelRows{first, last}.of_lane(r) * row_bytes;
  }
};

// The last columns of a panel where they do not fill a unit: copied, with zeros behind.
struct PanelTail {
  std::byte bytes[width][256] = {};   // a unit of f32; nothing has more
  const std::byte* row[width];

  PanelTail(const Panel& panel, int first, int columns, int per_word) {
    const int from = first / per_word * 4, count = ((columns - first) * 4 + per_word - 1) / per_word;
    for (int r = 0; r < width; ++r) {
      row[r] = bytes[r];
      std::memcpy(bytes[r], panel.row[r] + from, static_cast<std::size_t>(count));
      if (per_word == 8 && columns % 2 != 0) bytes[r][count - 1] &= std::byte{15};   // half a byte is no column
    }
  }
};

// One tile, turned: words[i] is word i, from byte `offset`, of every row.
[[gnu::always_inline]] inline void read_tile(Bits (&words)[width], const std::byte* const (&row)[width],
                                             std::ptrdiff_t offset) {
#pragma GCC unroll 16
  for (int r = 0; r < width; ++r) load(words[r], row[r] + offset);
  transpose(words);
}

// Each row is asked for `foresight` bytes ahead (cpu/kernels.hpp): so many streams are beyond the processor's own
// foresight. Behind the end of a row follows that of the next panel.
[[gnu::always_inline]] inline void ask_ahead(const Panel& panel, std::ptrdiff_t offset) {
  std::ptrdiff_t ahead = offset + foresight, panels = 0;
  for (; ahead >= panel.row_bytes; ahead -= panel.row_bytes) panels += width * panel.row_bytes;
#pragma GCC unroll 16
  for (int r = 0; r < width; ++r) __builtin_prefetch(panel.row[r] + panels + ahead);
}

// Does each number have a scale of its own block of 32 (MXFP4), rather than each sum of a group?
template <class Words> inline constexpr bool scaled_numbers = Words::per_word == 8;

// Column `Column` of a tile, decoded.
template <class Words, int Column>
[[gnu::always_inline]] inline void number_of(Floats& to, const Bits (&words)[width], const Floats& scale) {
  Words::template unpack<Column % Words::per_word>(to, words[Column / Words::per_word]);
  if constexpr (scaled_numbers<Words>) to = to * scale;
}

// How many scales a row has. Sums over whole units may reach behind the last one: there is room for some more, all 1.
inline constexpr int spare_scales = 4;
inline int scales_of(const WordRows& matrix) {
  return matrix.group == 0 ? 0 : (matrix.columns + matrix.group - 1) / matrix.group;
}
inline std::size_t room_for_scales(const WordRows& matrix) {
  return static_cast<std::size_t>(scales_of(matrix) + spare_scales) * width;
}
// Scales of a panel's rows, (group, lane).
inline void read_panel_scales(const WordRows& matrix, const PanelRows& rows, float* out) {
  const int known = scales_of(matrix);
  if (known > 0) matrix.read_scales(matrix.storage, rows, known, width, out);
  for (int i = 0; i < spare_scales * width; ++i) out[known * width + i] = 1.0f;
}
inline void read_panel_scales(const WordRows& matrix, int first, int last, float* out) {
  read_panel_scales(matrix, PanelRows{first, last}, out);
}
