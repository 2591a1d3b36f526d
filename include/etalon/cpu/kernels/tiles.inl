// Linear layers in mode H on AMX tiles: weights are left factors, 16 outputs x 32 columns, widened to bf16 as they are
// read; activations are right factors, 16 pairs of columns x 16 tokens; sums are 16 outputs x 16 tokens.
//
//   for each chunk of columns, left to right, and each panel of outputs:    lines = the panel's, packed
//     for each two tiles of tokens:    sums += the chunk's blocks of 32, in order;  part of the next chunk is packed
//
// Activations of a chunk stay in the second-level cache for many panels; so do their sums.
// A tile adds a block to a sum as math/dot.hpp does, for numbers of ordinary size (bf16_lines.inl): they are checked as
// they are packed, and a panel with an odd one goes to matrix_matrix.inl.

// Activations of 16 tokens, rounded to bf16 here, as right factors: (block, pair of columns, token) of words. Tokens
// that are not there are zeros. columns: of a row of x, zero-padded to whole blocks. -> may tiles take them?
inline bool tile_activations(const ActivationRows& x, int first, int columns, std::uint32_t* out) {
  NumberRange range;
  for (int k = 0; k < columns; k += 32, out += tile_bytes / 4) {
    Bits words[width] = {};
    for (int t = 0; t < width && first + t < x.count; ++t) {
      round_line(words[t], x.data + (first + t) * x.stride + k);
      range.add(words[t]);
    }
    transpose(words);
    std::memcpy(out, words, sizeof words);
  }
  return range.fits();
}

// Activations as tiles: (token tile, block, pair of columns, token) of words.
struct TileRows {
  const std::uint32_t* words;
  int tiles, blocks, count;   // count: tokens

  std::ptrdiff_t tile_words() const { return std::ptrdiff_t{blocks} * (tile_bytes / 4); }
};

// Four sums are in registers: of two panels and two tiles of tokens, or of four panels and one.
template <int Panels> inline constexpr int tiles_of_tokens = 4 / Panels;

// sums += `blocks` blocks, of one or two tiles of tokens; the packer goes on meanwhile, so many units a block. sums:
// (token tile, panel, output, token), zero at first where they are fresh.
template <int Panels, int Tiles>
inline void multiply_lines(const std::uint32_t* lines, const std::uint32_t* x, std::ptrdiff_t x_tile, int blocks,
                           float* sums, bool fresh, auto& packer, int units) {
  constexpr int words = tile_bytes / 4;
  constexpr bool four = Panels * Tiles == 4;
  if (fresh) {
    clear_tile<0>(), clear_tile<1>();
    if constexpr (four) clear_tile<2>(), clear_tile<3>();
  } else {
    load_tile<0>(sums, 64), load_tile<1>(sums + words, 64);
    if constexpr (four) load_tile<2>(sums + 2 * words, 64), load_tile<3>(sums + 3 * words, 64);
  }
  for (int b = 0; b < blocks; ++b, lines += Panels * words, x += words) {
    load_tile<4>(lines, 64), load_tile<5>(lines + words, 64), load_tile<6>(x, 64);
    if constexpr (Panels == 2 && four) load_tile<7>(x + x_tile, 64);
    multiply_bf16<0, 4, 6>(), multiply_bf16<1, 5, 6>();
    if constexpr (Panels == 4) {
      load_tile<4>(lines + 2 * words, 64), load_tile<5>(lines + 3 * words, 64);
      multiply_bf16<2, 4, 6>(), multiply_bf16<3, 5, 6>();
    } else if constexpr (four) {
      multiply_bf16<2, 4, 7>(), multiply_bf16<3, 5, 7>();
    }
    packer.advance(units);
  }
  store_tile<0>(sums, 64), store_tile<1>(sums + words, 64);
  if constexpr (four) store_tile<2>(sums + 2 * words, 64), store_tile<3>(sums + 3 * words, 64);
}

// sums = fma(scale, parts, sums) of one panel and one tile of tokens. scales: of the panel's rows
inline void close_tile_group(const float* scales, const float* parts, float* sums) {
#pragma GCC unroll 4
  for (int r = 0; r < tile_rows; ++r) {
    Floats scale, part, sum;
    spread(scale, scales[r]);
    load(part, parts + r * width);
    load(sum, sums + r * width);
    multiply_add(sum, scale, part);
    store(sums + r * width, sum);
  }
}

// The sums of all tokens and the outputs of Panels panels: (token tile, panel, output, token); parts: of the group at
// hand, where there are scales.
struct TileSums {
  std::size_t count;
  AlignedFloats sums, parts;

  explicit TileSums(int tiles)
      : count(static_cast<std::size_t>(tiles) * (tile_bytes / 4)), sums(count), parts(count) {}
  void clear() const { std::memset(sums.data(), 0, count * sizeof(float)); }
};

// One or two tiles of tokens times one packed chunk. group: columns that share a scale; 0: none.
template <int Panels>
inline void add_line_chunk(const LineChunk& chunk, const TileRows& x, int tile, int columns, int group,
                           const TileSums& room, auto& packer, int units) {
  constexpr int most = tiles_of_tokens<Panels>, words = tile_bytes / 4;
  const int tiles = x.tiles - tile < most ? 1 : most, end = chunk.first + chunk.count;
  const std::uint32_t* activations = x.words + tile * x.tile_words();
  float *sums = room.sums.data() + tile * Panels * words, *parts = room.parts.data() + tile * Panels * words;
  for (int from = chunk.first, to; from < end; from = to) {
    const int g = group == 0 ? 0 : from / group, group_end = group == 0 ? columns : (g + 1) * group;
    to = group_end < end ? group_end : end;
    const auto multiply = [&](auto count) __attribute__((always_inline)) {
      multiply_lines<Panels, count.value>(chunk.lines + (from - chunk.first) / 32 * Panels * words,
                                          activations + from / 32 * words, x.tile_words(), (to - from + 31) / 32,
                                          group == 0 ? sums : parts, from == g * group, packer, units);
    };
    if (tiles == most) multiply(std::integral_constant<int, most>{});
    else multiply(std::integral_constant<int, 1>{});
    if (group == 0 || (to < group_end && to < columns)) continue;
    for (int i = 0; i < tiles * Panels; ++i)
      close_tile_group(chunk.scales + i % Panels * packer.panel_scales() + g * width, parts + i * words,
                       sums + i * words);
  }
}

// sums for all tokens and `together` times Panels panels of outputs. -> may tiles take all of these weights?
template <class Number, int Panels>
bool lines_times_tiles(const WordRows& matrix, const TileRows& x, int together, LinePacker<Number, Panels>& packer,
                       const TileSums* sums) {
  constexpr int most = tiles_of_tokens<Panels>;
  const int group = scaled_numbers<WordsOf<Number>> ? 0 : matrix.group, turns = (x.tiles + most - 1) / most;
  for (int i = 0; group != 0 && i < together; ++i) sums[i].clear();
  bool fits = true;
  for (int k = 0; k < matrix.columns; k += packer.columns)
    for (int i = 0; i < together; ++i) {
      const LineChunk chunk = packer.take();
      fits = fits && chunk.fits;
      const int steps = (chunk.count + 31) / 32 * turns, units = (packer.units + steps - 1) / steps;
      for (int tile = 0; fits && tile < x.tiles; tile += most)
        add_line_chunk<Panels>(chunk, x, tile, matrix.columns, group, sums[i], packer, units);
    }
  return fits;
}

// y[t][n … stop - 1] from sums (token tile, panel, output, token).
template <int Panels>
inline void write_tiles(const float* sums, int tokens, int n, int stop, const OutputRows& y) {
  for (int t = 0; t < tokens; t += tile_rows, sums += Panels * 256)
    for (int from = n; from < stop; from += width) {
      Bits turned[width];
      std::memcpy(turned, sums + (from - n) * tile_rows, sizeof turned);
      transpose(turned);
      const auto some = static_cast<__mmask16>(stop - from < width ? (1 << (stop - from)) - 1 : -1);
      for (int i = 0; i < width && t + i < tokens; ++i)
        _mm512_mask_storeu_ps(y.data + (t + i) * y.stride + from, some, (__m512)turned[i]);
    }
}

// The bytes of sums that stay near while a chunk of the activations is used for all of them.
inline constexpr int near_sums = 1 << 18;

template <class Number, int Panels>
void panels_times_tiles(const WordRows& matrix, const TileRows& x, const auto& given, int first, int last,
                        const OutputRows& y) {
  constexpr int rows = Panels * width;
  const int all = (last - first + rows - 1) / rows;
  const int near = x.tiles == 1 ? 1 : near_sums / (x.tiles * Panels * tile_bytes);   // one tile stays near anyway
  const int together = all < near ? all : near < 1 ? 1 : near;
  std::vector<TileSums> sums;
  for (int i = 0; i < together; ++i) sums.emplace_back(x.tiles * Panels);
  LinePacker<Number, Panels> packer(matrix, first, last, together);
  for (int n = first; n < last; n += together * rows) {
    const int stop = n + together * rows < last ? n + together * rows : last, panels = (stop - n + rows - 1) / rows;
    if (!lines_times_tiles(matrix, x, panels, packer, sums.data()))
      matrix_times_matrix(matrix, reader_of<Number>, given.numbers(), n, stop, y);
    else
      for (int i = 0, from = n; from < stop; ++i, from += rows)
        write_tiles<Panels>(sums[i].sums.data(), x.count, from, from + rows < stop ? from + rows : stop, y);
  }
}

// y[t][n] = W[n] . x[t] for all tokens and rows first <= n < last. given.numbers(): the same activations as numbers,
// for panels that tiles do not take.
template <class Number>
void matrix_times_tiles(const WordRows& matrix, const TileRows& x, const auto& given, int first, int last,
                        const OutputRows& y) {
  const TileScope tiles(64);
  if (x.tiles == 1) panels_times_tiles<Number, 4>(matrix, x, given, first, last, y);
  else panels_times_tiles<Number, 2>(matrix, x, given, first, last, y);
}
