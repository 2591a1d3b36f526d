// A matrix times several vectors in mode H, in pairs of bf16 numbers: matrix_matrix.inl with half the multiplications.
//
// Weights are widened to lines of bf16 (bf16_lines.inl), turned, and paired; of a chunk with numbers too small or too
// large for the instruction nothing is used, and its panels go to matrix_matrix.inl.

// Registers: two chains and a sum for each of tokens x 2 vectors.
inline constexpr int pair_tokens = 4;

template <int Tokens>
[[gnu::always_inline]] inline void add_pairs(Floats (&chains)[Tokens][2], const std::uint32_t* x, std::ptrdiff_t stride,
                                             const float* packed) {
  Bits left, right;
  load(left, packed);
  load(right, packed + width);
#pragma GCC unroll 6
  for (int t = 0; t < Tokens; ++t) {
    const Bits factor = x[t * stride] + Bits{};
    multiply_add_pair(chains[t][0], left, factor);
    multiply_add_pair(chains[t][1], right, factor);
  }
}

// Activations and packed weights as pairs: four columns are two words.
struct PairFactors {
  using Rows = PairRows;
  static constexpr int tokens = pair_tokens;

  static const std::uint32_t* row(const PairRows& x, int t, int k) { return x.words + t * x.stride + k / 2; }
  static std::ptrdiff_t packed(int columns) { return std::ptrdiff_t{columns} / 2 * panel_width; }

  template <int Tokens>
  static void multiply_tile(const std::uint32_t* x, std::ptrdiff_t stride, const float* packed, int blocks,
                            float* sums) {
    Floats sum[Tokens][2];
    std::memcpy(sum, sums, sizeof sum);
    for (int b = 0; b < blocks; ++b) {
      Floats chains[2][Tokens][2] = {};
#pragma GCC unroll 2
      for (int i = 0; i < 8; ++i, x += 2, packed += 2 * panel_width) {
        add_pairs<Tokens>(chains[0], x, stride, packed);
        add_pairs<Tokens>(chains[1], x + 1, stride, packed + panel_width);
      }
#pragma GCC unroll 12
      for (int i = 0; i < 2 * Tokens; ++i)
        sum[i / 2][i % 2] = sum[i / 2][i % 2] + (chains[0][i / 2][i % 2] + chains[1][i / 2][i % 2]);
    }
    std::memcpy(sums, sum, sizeof sum);
  }
};

// Columns k … k + 63 of a panel as pairs: out[j * panel_width + lane] is word j of each row; zeros behind the last
// column. scales: (block, lane), where numbers have them. -> are all of ordinary size?
template <class Number>
bool pair_unit(const WordRows& matrix, const Panel& panel, int k, const float* scales, float* out) {
  typename LinesOf<Number>::Range range;
  Bits line[2][width];
#pragma GCC unroll 16
  for (int r = 0; r < width; ++r) {
    Bits both[2];
    read_lines<Number>(both, panel.row[r] + k / 64 * LinesOf<Number>::bytes, matrix.columns - k, scales + r, range);
    line[0][r] = both[0], line[1][r] = both[1];
  }
  for (auto& words : line) {
    transpose(words);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i, out += 2 * panel_width) {
      Bits even, odd;
      pair_columns(even, odd, words[2 * i], words[2 * i + 1]);
      store(out, even);
      store(out + panel_width, odd);
    }
  }
  return range.fits();
}

// What packs the columns k … k + count - 1 of a panel.
template <class Number> struct PairPacker {
  const WordRows& matrix;
  Panel panel;
  const float* scales;   // (group, lane)

  bool pack(int k, int count, float* out) const {
    bool fits = true;
    for (int first = k; first < k + count; first += 64, out += PairFactors::packed(64)) {
      const std::ptrdiff_t offset = std::ptrdiff_t{first} / 64 * LinesOf<Number>::bytes;
      for (int line = 0; line < LinesOf<Number>::bytes; line += 64) ask_ahead(panel, offset + line);
      const float* number_scales = scales + (scaled_numbers<WordsOf<Number>> ? first / 32 * width : 0);
      fits &= pair_unit<Number>(matrix, panel, first, number_scales, out);
    }
    return fits;
  }
};

// y[t][n] = W[n] . x[t] for all tokens and rows first <= n < last. given.numbers(): the same activations as numbers,
// for panels with numbers that pairs do not take.
template <class Number>
void matrix_times_pair_rows(const WordRows& matrix, const PairRows& x, const auto& given, int first, int last,
                            const OutputRows& y) {
  const PanelScratch scratch(matrix, x.count);
  const int group = scaled_numbers<WordsOf<Number>> ? 0 : matrix.group;
  for (int n = first; n < last; n += panel_width) {
    const int stop = n + panel_width < last ? n + panel_width : last;
    const PanelHalves halves(matrix, n, stop, scratch);
    const PairPacker<Number> left{matrix, halves.left, scratch.left_scales.data()};
    const PairPacker<Number> right{matrix, halves.right, scratch.right_scales.data()};
    if (panels_times_rows<PairFactors>(left, right, x, matrix.columns, group, scratch))
      write_sums(scratch, x.count, n, stop, y);
    else
      matrix_times_matrix(matrix, reader_of<Number>, given.numbers(), n, stop, y);
  }
}
