// Packing: rows of weights by 16, widened to lines (bf16_lines.inl), a chunk of columns at a time.
//
// Tiles that have waited for some 200 ns are slow for as long again (measured). So the next chunk is packed a few lines
// at a time between the products of this one, which also hides the time it takes.

// Columns packed at a time: so many that two chunks stay in the first-level cache.
template <int Panels> inline constexpr int line_columns = 512 / Panels;

// What is packed of a chunk: columns first … first + count - 1 of rows row … row + 16 Panels - 1.
struct LineChunk {
  int row, first, count;
  const std::uint32_t* lines;   // (block, panel, row, pair of columns)
  const float* scales;          // (panel, group, lane)
  bool fits;                    // may tiles take it?
};

// Chunks of rows first … last - 1, in groups of `together` times Panels panels: all rows of a group chunk by chunk.
template <class Number, int Panels> class LinePacker {
 public:
  static constexpr int rows = Panels * width, block_words = Panels * tile_bytes / 4, columns = line_columns<Panels>;
  static constexpr int units = rows * columns / 64;   // of a whole chunk

  LinePacker(const WordRows& matrix, int first, int last, int together)
      : matrix_(matrix), last_(last), group_rows_(together * rows),
        panel_scales_(static_cast<std::ptrdiff_t>(room_for_scales(matrix))),
        lines_{AlignedFloats(columns * rows / 2), AlignedFloats(columns * rows / 2)},
        scales_{AlignedFloats(scales_of_group()), AlignedFloats(scales_of_group())} {
    begin_group(first);
    begin(first, 0);
  }
  std::ptrdiff_t panel_scales() const { return panel_scales_; }

  // Packs the next `count` units of the chunk at hand, each 64 columns of a row; fewer where fewer are left.
  [[gnu::always_inline]] void advance(int count) {
    if (row_ < rows) pack_units(count);
  }

  // The chunk at hand, packed; the one behind it is begun, if there is any. What was taken before is overwritten.
  LineChunk take() {
    advance(units);
    const LineChunk taken{from_, first_, count_, words(), scales_of(from_), range_.fits()};
    const ChunkPlace next = behind();
    if (next.row >= last_) return taken;
    if (next.row == group_end()) begin_group(next.row);
    begin(next.row, next.first);
    return taken;
  }

 private:
  using Lines = LinesOf<Number>;
  struct ChunkPlace { int row, first; };
  using Range = typename Lines::Range;

  std::size_t scales_of_group() const {
    return static_cast<std::size_t>(group_rows_ / width) * static_cast<std::size_t>(panel_scales_);
  }
  std::uint32_t* words() const { return reinterpret_cast<std::uint32_t*>(lines_[turn_].data()); }
  float* scales_of(int row) const { return scales_[group_turn_].data() + (row - group_) / width * panel_scales_; }
  static std::ptrdiff_t bytes_of(int count) { return std::ptrdiff_t{count} / 64 * Lines::bytes; }
  const std::byte* row(int n) const { return matrix_.data + n * matrix_.row_bytes; }

  int group_end() const { return group_ + group_rows_ < last_ ? group_ + group_rows_ : last_; }

  // The chunk after the one at hand; behind the last one its row is `last_`.
  ChunkPlace behind() const {
    if (from_ + rows < group_end()) return {from_ + rows, first_};
    if (first_ + columns < matrix_.columns) return {group_, first_ + columns};
    return {group_end(), 0};
  }

  // Behind the last row it serves again.
  void begin_group(int first) {
    group_ = first, group_turn_ ^= 1;
    for (int n = first; n < first + group_rows_; n += width)
      read_panel_scales(matrix_, n < last_ ? n : last_ - 1, last_, scales_of(n));
  }
  void begin(int row, int first) {
    const int rest = matrix_.columns - first;
    from_ = row, first_ = first, count_ = rest < columns ? rest : columns;
    row_ = column_ = 0, turn_ ^= 1, range_ = Range{};
    const ChunkPlace next = behind();
    ahead_ = (next.row - from_) * matrix_.row_bytes + bytes_of(next.first - first_);
  }

  // What the next chunk needs is asked for.
  void pack_units(int count) {
    Range range = range_;
    for (; count > 0 && row_ < rows; --count) {
      const int n = from_ + row_, k = first_ + column_;
      const std::byte* from = row(n < last_ ? n : last_ - 1) + bytes_of(k);
      for (int line = 0; line < Lines::bytes; line += 64)
        __builtin_prefetch(from + ahead_ + line, 0, 2);
      const float* scale = scales_of(from_ + row_ / width * width) + k / 32 * width + row_ % width;
      std::uint32_t* out = words() + column_ / 32 * block_words + row_ * (tile_bytes / 4 / tile_rows);
      Bits lines[2];
      read_lines<Number>(lines, from, matrix_.columns - k, scale, range);
      store(out, lines[0]);
      store(out + block_words, lines[1]);
      column_ += 64;
      if (column_ < count_) continue;
      __builtin_prefetch(from + ahead_ + Lines::bytes - 1, 0, 2);   // rows need not begin where a line does
      ++row_, column_ = 0;
    }
    range_ = range;
  }
  const WordRows& matrix_;
  int last_, group_rows_, group_ = 0, group_turn_ = 0;                        // rows to pack, in groups
  int from_ = 0, first_ = 0, count_ = 0, row_ = 0, column_ = 0, turn_ = 0;   // the chunk at hand; what is next of it
  std::ptrdiff_t panel_scales_, ahead_ = 0;   // bytes from a line to that of the next chunk
  AlignedFloats lines_[2], scales_[2];
  Range range_;
};
