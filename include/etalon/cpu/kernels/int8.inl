// Linear layers in mode Q: weights and activations quantised to int8 in groups of 32, the dot of a group exact.
//
//   c = +0;  for each group:  c = fma(scale_x * scale_w, integer dot, c)       docs/arithmetic.md, R2
//
// Weights are quantised as they are read, a panel at a time, by the operations of math/rounding.hpp's quantise_group.
// Where bytes of x must be positive, byte_offset is added to them and its product with the sum of the codes taken off.

// Eight words of four codes each for 32 columns of two panels, and what they are worth.
struct Int8Block {
  Bits words[8][2];
  Ints start[2];      // -byte_offset * the sum of the codes
  Floats scale[2];
};

// The largest magnitude in each lane, NaN apart: a maximum has no order, so four at a time.
[[gnu::always_inline]] inline void largest_of(Floats& largest, const Floats (&v)[32]) {
  Floats part[4] = {};
#pragma GCC unroll 32
  for (int k = 0; k < 32; ++k) {
    const Floats size = (Floats)((Bits)v[k] & 0x7fffffffu);
    part[k % 4] = size > part[k % 4] ? size : part[k % 4];
  }
  part[0] = part[0] > part[1] ? part[0] : part[1];
  part[2] = part[2] > part[3] ? part[2] : part[3];
  largest = part[0] > part[2] ? part[0] : part[2];
}

// One half of a block: v holds its 32 columns. Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the sum,
// so its last byte is the code; |v| / largest * 127 never rounds beyond 127.
inline void quantise_columns(const Floats (&v)[32], Int8Block& block, int half) {
  Floats largest;
  largest_of(largest, v);
  const Floats zero = {}, shift = zero + rounding_shift;
  const auto fits = (largest >= int8_smallest) & (largest <= 0x1.fffffep127f);
  const Floats inverse = fits ? 127.0f / largest : zero;
  const Bits ones = Bits{} + 0x01010101u, nothing = {};
  Ints total = {};
  for (int w = 0; w < 8; ++w) {
    Bits word = {};
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      Floats q = shift;
      multiply_add(q, v[4 * w + i], inverse);
      word = word | (v[4 * w + i] == v[4 * w + i] ? (Bits)q & 255u : nothing) << (8 * i);
    }
    add_products(total, ones, word);
    block.words[w][half] = word;
  }
  block.start[half] = total * -byte_offset;
  block.scale[half] = fits ? largest / 127.0f : zero;
}

// A row of activations: as many of its blocks at once as there are lanes. Code word w of block b goes to
// codes[(b / width * 8 + w) * width + b % width], with byte_offset added to each byte.
inline void quantise_row(const float* x, int columns, std::uint32_t* codes, float* scales) {
  alignas(64) float last[32] = {};
  const int whole = columns / 32, count = (columns + 31) / 32;
  std::memcpy(last, x + 32 * whole, static_cast<std::size_t>(columns - 32 * whole) * sizeof(float));
  for (int b = 0; b < count; b += width, codes += 8 * width) {
    const std::byte* row[width];
    for (int r = 0; r < width; ++r)
      row[r] = reinterpret_cast<const std::byte*>(b + r < whole ? x + 32 * (b + r) : last);
    Floats v[32];
    for (int k = 0; k < 32; k += width) {
      Bits words[width];
      read_tile(words, row, 4 * k);
      std::memcpy(v + k, words, sizeof words);
    }
    Int8Block block;
    quantise_columns(v, block, 0);
    for (int w = 0; w < 8; ++w) store(codes + w * width, block.words[w][0] ^ (byte_offset == 0 ? 0u : 0x80808080u));
    std::memcpy(scales + b, &block.scale[0], static_cast<std::size_t>(count - b < width ? count - b : width) * 4);
  }
}

// All blocks of a panel into one half of `blocks`, which has room for whole units.
inline void quantise_panel(const PanelReader& panel, Int8Block* blocks, int half) {
  const int group = panel.format.scales_numbers ? 0 : panel.matrix.group;
  Floats values[128 / 32][32], scale;   // the largest unit
  for (int first = 0; first < panel.matrix.columns; first += panel.format.columns) {
    panel.read(first, reinterpret_cast<float*>(values), width);
    for (int b = 0; b < panel.format.columns / 32; ++b, ++blocks) {
      for (int k = 0; group != 0 && k < 32; ++k) {
        if (k == 0) load(scale, panel.scales + (first + 32 * b) / group * width);
        values[b][k] = values[b][k] * scale;
      }
      quantise_columns(values[b], *blocks, half);
    }
  }
}

// sums[t][n] = the products of all blocks, in order. x: of the first token; sums: (Tokens, panel_width)
template <int Tokens>
inline void multiply_int8_tile(const Int8Rows& x, int token, const Int8Block* blocks, int count, float* sums) {
  Floats total[Tokens][2] = {};
  const float* scales = x.scales + token * x.blocks;
  for (int b = 0; b < count; ++b, ++blocks) {
    const std::uint32_t* codes = x.codes + token * x.stride + b / width * 8 * width + b % width;
    Ints dot[Tokens][2];
#pragma GCC unroll 6
    for (int t = 0; t < Tokens; ++t) dot[t][0] = blocks->start[0], dot[t][1] = blocks->start[1];
#pragma GCC unroll 8
    for (int w = 0; w < 8; ++w)
#pragma GCC unroll 6
      for (int t = 0; t < Tokens; ++t) {
        const Bits factor = Bits{} + codes[t * x.stride + w * width];
        add_products(dot[t][0], factor, blocks->words[w][0]);
        add_products(dot[t][1], factor, blocks->words[w][1]);
      }
#pragma GCC unroll 12
    for (int i = 0; i < 2 * Tokens; ++i) {
      const Floats scale = blocks->scale[i % 2] * scales[i / 2 * x.blocks + b];
      multiply_add(total[i / 2][i % 2], scale, __builtin_convertvector(dot[i / 2][i % 2], Floats));
    }
  }
  std::memcpy(sums, total, sizeof total);
}

template <int Tokens>
inline void multiply_int8_tokens(int tokens, const Int8Rows& x, int token, const Int8Block* blocks, int count,
                                 float* sums) {
  if (tokens == Tokens) return multiply_int8_tile<Tokens>(x, token, blocks, count, sums);
  if constexpr (Tokens > 1) multiply_int8_tokens<Tokens - 1>(tokens, x, token, blocks, count, sums);
}

// y[t][n] in mode Q for all tokens and rows first <= n < last.
inline void int8_matrix_times_matrix(const WordRows& matrix, const UnitReader& format, const Int8Rows& x, int first,
                                     int last, const OutputRows& y) {
  const int count = (matrix.columns + 31) / 32;
  const AlignedFloats scales(room_for_scales(matrix));
  const AlignedFloats space(static_cast<std::size_t>(count + 4) * (sizeof(Int8Block) / sizeof(float)));
  Int8Block* const blocks = reinterpret_cast<Int8Block*>(space.data());
  alignas(64) float sums[tile_tokens * panel_width];
  for (int n = first; n < last; n += panel_width) {
    const int stop = n + panel_width < last ? n + panel_width : last, middle = n + width < stop ? n + width : n;
    for (int half = 0; half < 2; ++half) {
      const int from = half == 0 ? n : middle;
      read_panel_scales(matrix, from, stop, scales.data());
      quantise_panel({matrix, format, Panel(matrix, from, stop), scales.data()}, blocks, half);
    }
    for (int t = 0; t < x.count; t += tile_tokens) {
      const int tokens = x.count - t < tile_tokens ? x.count - t : tile_tokens;
      multiply_int8_tokens<tile_tokens>(tokens, x, t, blocks, count, sums);
      for (int i = 0; i < tokens; ++i)
        std::memcpy(y.data + (t + i) * y.stride + n, sums + i * panel_width,
                    static_cast<std::size_t>(stop - n) * sizeof(float));
    }
  }
}
