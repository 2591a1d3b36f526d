// A matrix times several vectors (prefill): weights are decoded once for all tokens, a chunk of columns of two panels
// at a time, and multiplied in tiles of tokens x outputs whose chains stay in registers.
//
//   for each chunk of columns, left to right:   packed[k][n] = W[n][k], decoded
//     for each tile of tokens:                  c[t][n] += the chunk's blocks of 32, in order
//
// Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication", without splitting a block's chains.

// Registers: a tile of 6 tokens x 2 vectors has 12 chains of even columns and 12 of odd ones. 32 vector registers hold
// both; 16 hold one kind, the other waits in memory. (3 tokens and both kinds take 11 instructions for 6 fma, not 10.)
inline constexpr int panel_width = 2 * width, tile_tokens = 6;
inline constexpr bool both_kinds = width == 16;
// Columns that are packed at a time, whole units: their panel fits the second-level cache.
inline constexpr int chunk_columns = 512;

template <int Tokens>
[[gnu::always_inline]] inline void add_column(Floats (&chains)[Tokens][2], const float* x, std::ptrdiff_t stride,
                                              const float* packed) {
  Floats left, right, factor;
  load(left, packed);
  load(right, packed + width);
#pragma GCC unroll 6
  for (int t = 0; t < Tokens; ++t) {
    spread(factor, x[t * stride]);
    multiply_add(chains[t][0], left, factor);
    multiply_add(chains[t][1], right, factor);
  }
}

// The chains of a block's even and odd columns, for each token and half of the panel.
template <int Tokens>
[[gnu::always_inline]] inline void add_columns(Floats (&chains)[2][Tokens][2], const float* x, std::ptrdiff_t stride,
                                               const float* packed) {
#pragma GCC unroll 2
  for (int k = 0; k < 32; k += 2) {
    add_column<Tokens>(chains[0], x + k, stride, packed + k * panel_width);
    if (both_kinds) add_column<Tokens>(chains[1], x + k + 1, stride, packed + (k + 1) * panel_width);
  }
#pragma GCC unroll 2
  for (int k = 1; !both_kinds && k < 32; k += 2)
    add_column<Tokens>(chains[1], x + k, stride, packed + k * panel_width);
}

// Activations and packed weights as floats. The other kind: pairs_matrix.inl.
struct FloatFactors {
  using Rows = ActivationRows;
  static constexpr int tokens = tile_tokens;   // of a tile

  static const float* row(const ActivationRows& x, int t, int k) { return x.data + t * x.stride + k; }
  static std::ptrdiff_t packed(int columns) { return std::ptrdiff_t{columns} * panel_width; }

  // sums[t][n] += `blocks` blocks of 32 columns, in order. sums: (Tokens, panel_width)
  template <int Tokens>
  static void multiply_tile(const float* x, std::ptrdiff_t stride, const float* packed, int blocks, float* sums) {
    Floats sum[Tokens][2];
    std::memcpy(sum, sums, sizeof sum);
    for (int b = 0; b < blocks; ++b, x += 32, packed += 32 * panel_width) {
      Floats chains[2][Tokens][2] = {};
      add_columns<Tokens>(chains, x, stride, packed);
#pragma GCC unroll 12
      for (int i = 0; i < 2 * Tokens; ++i)
        sum[i / 2][i % 2] = sum[i / 2][i % 2] + (chains[0][i / 2][i % 2] + chains[1][i / 2][i % 2]);
    }
    std::memcpy(sums, sum, sizeof sum);
  }
};

// As many tokens as are left of a tile.
template <class Factors, int Tokens>
inline void multiply_tokens(int tokens, const auto* x, std::ptrdiff_t stride, const float* packed, int blocks,
                            float* sums) {
  if (tokens == Tokens) return Factors::template multiply_tile<Tokens>(x, stride, packed, blocks, sums);
  if constexpr (Tokens > 1) multiply_tokens<Factors, Tokens - 1>(tokens, x, stride, packed, blocks, sums);
}

// sums[t] = fma(scale, parts[t], sums[t]) and parts[t] = 0 for each token, with the scales of either half.
inline void close_groups(int tokens, const float* left, const float* right, float* parts, float* sums) {
  Floats scale[2], part, sum;
  load(scale[0], left);
  load(scale[1], right);
  for (int i = 0; i < 2 * tokens; ++i, parts += width, sums += width) {
    load(part, parts);
    load(sum, sums);
    multiply_add(sum, scale[i % 2], part);
    store(sums, sum);
    store(parts, Floats{});
  }
}

// What the outputs of two panels need for all tokens.
struct PanelScratch {
  AlignedFloats packed, sums, group_sums, left_scales, right_scales;

  PanelScratch(const WordRows& matrix, int tokens)
      : packed(chunk_columns * panel_width), sums(static_cast<std::size_t>(tokens) * panel_width),
        group_sums(static_cast<std::size_t>(tokens) * panel_width), left_scales(room_for_scales(matrix)),
        right_scales(room_for_scales(matrix)) {}
};

// One tile of tokens times one packed chunk, columns k … k + count - 1. group: columns that share a scale; 0: none.
template <class Factors>
inline void add_chunk(const PanelScratch& scratch, const typename Factors::Rows& x, int t, int k, int count,
                      int columns, int group) {
  const int tokens = x.count - t < Factors::tokens ? x.count - t : Factors::tokens;
  float *sums = scratch.sums.data() + t * panel_width, *parts = scratch.group_sums.data() + t * panel_width;
  for (int from = k, end = k + count; from < end;) {
    const int g = group == 0 ? 0 : from / group, group_end = group == 0 ? end : (g + 1) * group;
    const int to = group_end < end ? group_end : end;
    multiply_tokens<Factors, Factors::tokens>(tokens, Factors::row(x, t, from), x.stride,
                                              scratch.packed.data() + Factors::packed(from - k), (to - from + 31) / 32,
                                              group == 0 ? sums : parts);
    if (group != 0 && (to == group_end || to == columns))
      close_groups(tokens, scratch.left_scales.data() + g * width, scratch.right_scales.data() + g * width, parts,
                   sums);
    from = to;
  }
}

// Two panels, of rows first <= n < last, and their scales; where there is only one, it serves twice.
struct PanelHalves {
  Panel left, right;

  PanelHalves(const WordRows& matrix, int first, int last, const PanelScratch& scratch)
      : PanelHalves(matrix, first, first + width < last ? first + width : last, last, scratch) {}

 private:
  PanelHalves(const WordRows& matrix, int first, int middle, int last, const PanelScratch& scratch)
      : left(matrix, first, middle), right(matrix, middle < last ? middle : first, last) {
    read_panel_scales(matrix, first, middle, scratch.left_scales.data());
    read_panel_scales(matrix, middle < last ? middle : first, last, scratch.right_scales.data());
  }
};

// scratch.sums[t][n] for all tokens and the rows of two panels. left, right: what packs their columns.
// -> could all of them be packed? (If not, the sums are worth nothing.)
template <class Factors>
inline bool panels_times_rows(const auto& left, const auto& right, const typename Factors::Rows& x, int columns,
                              int group, const PanelScratch& scratch) {
  const std::size_t bytes = static_cast<std::size_t>(x.count) * panel_width * sizeof(float);
  std::memset(scratch.sums.data(), 0, bytes);
  std::memset(scratch.group_sums.data(), 0, bytes);
  for (int k = 0; k < columns; k += chunk_columns) {
    const int rest = columns - k, count = rest < chunk_columns ? rest : chunk_columns;
    if (!left.pack(k, count, scratch.packed.data()) || !right.pack(k, count, scratch.packed.data() + width))
      return false;
    for (int t = 0; t < x.count; t += Factors::tokens) add_chunk<Factors>(scratch, x, t, k, count, columns, group);
  }
  return true;
}

inline void write_sums(const PanelScratch& scratch, int tokens, int first, int last, const OutputRows& y) {
  for (int t = 0; t < tokens; ++t)
    std::memcpy(y.data + t * y.stride + first, scratch.sums.data() + t * panel_width,
                static_cast<std::size_t>(last - first) * sizeof(float));
}

// y[t][n] = W[n] . x[t] for all tokens and rows first <= n < last.
inline void matrix_times_matrix(const WordRows& matrix, const UnitReader& format, const ActivationRows& x, int first,
                                int last, const OutputRows& y) {
  const PanelScratch scratch(matrix, x.count);
  for (int n = first; n < last; n += panel_width) {
    const int stop = n + panel_width < last ? n + panel_width : last;
    const PanelHalves halves(matrix, n, stop, scratch);
    const PanelReader left{matrix, format, halves.left, scratch.left_scales.data()};
    const PanelReader right{matrix, format, halves.right, scratch.right_scales.data()};
    panels_times_rows<FloatFactors>(left, right, x, matrix.columns, format.scales_numbers ? 0 : matrix.group, scratch);
    write_sums(scratch, x.count, n, stop, y);
  }
}
