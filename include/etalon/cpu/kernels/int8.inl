// Linear layers in mode Q: weights and activations quantised to int8 in groups of 32, the dot of a group exact.
//
//   c = +0;  for each group:  c = fma(scale_x * scale_w, integer dot, c)       docs/arithmetic.md, R2
//
// Weights are quantised as they are read, a panel at a time, by the operations of math/rounding.hpp's quantise_group.
// Where bytes of x must be positive, byte_offset is added to them and its product with the sum of the codes taken off.

// Codes and scales of a vector of rows for one group of 32 columns: of each row words of four codes.
struct CodeColumns {
  Bits words[8];
  Floats scale;
};

// The largest magnitude in each lane, as bits: a NaN's are above infinity's.
[[gnu::always_inline]] inline void largest_of(Ints& largest, const Floats (&v)[32]) {
  Ints part[4] = {};
#pragma GCC unroll 32
  for (int k = 0; k < 32; ++k) {
    const Ints size = (Ints)v[k] & 0x7fffffff;
    part[k % 4] = size > part[k % 4] ? size : part[k % 4];   // four, lest each wait for the one before
  }
  for (int i = 1; i < 4; ++i) part[0] = part[i] > part[0] ? part[i] : part[0];
  largest = part[0];
}

// The least significant bytes of four vectors side by side: (a, b, c, d) in each word.
[[gnu::always_inline]] inline void join_bytes(Bits& word, const Bits& a, const Bits& b, const Bits& c, const Bits& d) {
  const Bits low = (a & 0xffu) | (b << 8 & 0xff00u);
  word = low | (c << 16 & 0xff0000u) | d << 24;
}

// quantise_group of math/rounding.hpp for a vector of rows; v[k]: their numbers of column k. A NaN counts as 0, and
// becomes it. Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the sum, so its last byte is the code;
// |v| / largest * 127 never rounds beyond 127.
inline void quantise_columns(Floats (&v)[32], CodeColumns& out) {
  constexpr int infinity = 0x7f800000;
  Ints bits;
  largest_of(bits, v);
  if (__builtin_expect(any(bits > infinity), false)) {
    for (Floats& numbers : v) numbers = numbers == numbers ? numbers : Floats{};
    largest_of(bits, v);
  }
  const Floats largest = (Floats)bits, zero = {}, shift = zero + rounding_shift;
  const auto fits = (largest >= int8_smallest) & (bits < infinity);
  const Floats inverse = fits ? 127.0f / largest : zero;
  out.scale = fits ? largest / 127.0f : zero;
#pragma GCC unroll 8
  for (int w = 0; w < 8; ++w) {
    Floats q[4] = {shift, shift, shift, shift};
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) multiply_add(q[i], v[4 * w + i], inverse);
    join_bytes(out.words[w], (Bits)q[0], (Bits)q[1], (Bits)q[2], (Bits)q[3]);
  }
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
    CodeColumns blocks;
    quantise_columns(v, blocks);
    for (int w = 0; w < 8; ++w) store(codes + w * width, blocks.words[w] ^ (byte_offset == 0 ? 0u : 0x80808080u));
    std::memcpy(scales + b, &blocks.scale, static_cast<std::size_t>(count - b < width ? count - b : width) * 4);
  }
}

// All groups of a panel, group g into place(g); and those behind the last column, to a whole unit.
inline void quantise_panel(const PanelReader& panel, const auto& place) {
  const int group = panel.format.scales_numbers ? 0 : panel.matrix.group;
  Floats values[128 / 32][32], scale;   // the largest unit
  for (int first = 0; first < panel.matrix.columns; first += panel.format.columns) {
    panel.read(first, reinterpret_cast<float*>(values), width);
    for (int b = 0; b < panel.format.columns / 32; ++b) {
      if (group != 0) {
        load(scale, panel.scales + (first + 32 * b) / group * width);
        for (Floats& numbers : values[b]) numbers = numbers * scale;
      }
      quantise_columns(values[b], place(first / 32 + b));
    }
  }
}

// 32 columns of two panels, and where their sums start: at -byte_offset * the sum of the codes.
struct Int8Block {
  CodeColumns columns[2];
  Ints start[2];

  void set_start() {
    for (int half = 0; half < 2; ++half) {
      Ints total = {};
      for (const Bits& word : columns[half].words) add_products(total, Bits{} + 0x01010101u, word);
      start[half] = total * -byte_offset;
    }
  }
};

// y[t][n] = the products of all blocks, in order. x: from `token` on; y: (Tokens, panel_width)
template <int Tokens>
inline void multiply_int8_tile(const Int8Rows& x, int token, const Int8Block* blocks, int count, const OutputRows& y) {
  Floats total[Tokens][2] = {};
  const float* scales = x.scales + token * x.blocks;
  for (int b = 0; b < count; ++b, ++blocks) {
    const CodeColumns (&columns)[2] = blocks->columns;
    const std::uint32_t* codes = x.codes + token * x.stride + b / width * 8 * width + b % width;
    Ints dot[Tokens][2];
#pragma GCC unroll 6
    for (int t = 0; t < Tokens; ++t) dot[t][0] = blocks->start[0], dot[t][1] = blocks->start[1];
#pragma GCC unroll 8
    for (int w = 0; w < 8; ++w)
#pragma GCC unroll 6
      for (int t = 0; t < Tokens; ++t) {
        const Bits factor = Bits{} + codes[t * x.stride + w * width];
        add_products(dot[t][0], factor, columns[0].words[w]);
        add_products(dot[t][1], factor, columns[1].words[w]);
      }
#pragma GCC unroll 12
    for (int i = 0; i < 2 * Tokens; ++i) {
      const Floats scale = columns[i % 2].scale * scales[i / 2 * x.blocks + b];
      multiply_add(total[i / 2][i % 2], scale, __builtin_convertvector(dot[i / 2][i % 2], Floats));
    }
  }
#pragma GCC unroll 12
  for (int i = 0; i < 2 * Tokens; ++i) store(y.data + i / 2 * y.stride + i % 2 * width, total[i / 2][i % 2]);
}

template <int Tokens>
inline void multiply_int8_tokens(int tokens, const Int8Rows& x, int token, const Int8Block* blocks, int count,
                                 const OutputRows& y) {
  if (tokens == Tokens) return multiply_int8_tile<Tokens>(x, token, blocks, count, y);
  if constexpr (Tokens > 1) multiply_int8_tokens<Tokens - 1>(tokens, x, token, blocks, count, y);
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
      quantise_panel({matrix, format, Panel(matrix, from, stop), scales.data()},
                     [&](int b) -> CodeColumns& { return blocks[b].columns[half]; });
    }
    for (int b = 0; b < count; ++b) blocks[b].set_start();
    for (int t = 0; t < x.count; t += tile_tokens) {
      const int tokens = x.count - t < tile_tokens ? x.count - t : tile_tokens;
      float* const to = y.data + t * y.stride + n;
      if (stop - n == panel_width) {
        multiply_int8_tokens<tile_tokens>(tokens, x, t, blocks, count, {to, y.stride});
        continue;
      }
      multiply_int8_tokens<tile_tokens>(tokens, x, t, blocks, count, {sums, panel_width});
      for (int i = 0; i < tokens; ++i)
        std::memcpy(to + i * y.stride, sums + i * panel_width, static_cast<std::size_t>(stop - n) * sizeof(float));
    }
  }
}
