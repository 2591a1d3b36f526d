// Linear layers in mode Q on AMX tiles (int8.inl has the sums): activations are left factors, 16 tokens x 32 codes;
// weights, quantised as they are read, right factors, 32 codes x 16 outputs; a product is the exact dots of one group.
//
//   for each group:   dots = x codes * w codes (tiles)    c[t][n] = fma(scale_x[t] * scale_w[n], dots[t][n], c[t][n])
//
// The second half is vector work and takes as long as the first: while it is done, tiles multiply the next group.

// Activations: codes of (token tile, group, token), 32 each; scales (token tile, group, token).
struct CodeTiles {
  const std::int8_t* codes;
  const float* scales;
  int tiles, groups, count;   // count: tokens
};

// The dots of two groups, 16 tokens and 16 outputs each: (group, token, output).
inline void dots_of_groups(const std::int8_t* codes, const CodeColumns* weights, Ints* dots) {
  clear_tile<0>(), clear_tile<1>();
  load_tile<4>(codes, 32), load_tile<6>(weights[0].words, 64);
  multiply_int8<0, 4, 6>();
  load_tile<5>(codes + 512, 32), load_tile<7>(weights[1].words, 64);
  multiply_int8<1, 5, 7>();
  store_tile<0>(dots, 64), store_tile<1>(dots + 16, 64);
}

// total = fma(scale_x * scale_w, dot, total) for `groups` groups in order.
[[gnu::always_inline]] inline void add_dots(Floats (&total)[16], const Ints* dots, const float* scales,
                                            const CodeColumns* weights, int groups) {
  for (int g = 0; g < groups; ++g, dots += 16, scales += 16)
#pragma GCC unroll 16
    for (int t = 0; t < 16; ++t) {
      Ints dot;
      load(dot, dots + t);
      const Floats scale = weights[g].scale * scales[t];
      multiply_add(total[t], scale, __builtin_convertvector(dot, Floats));
    }
}

// 16 tokens times 16 outputs: total[t], lanes for outputs. Two groups are multiplied while the two before are added.
// All dots lie within 4096 bytes: a load waits for an earlier store whose address has the same last 12 bits.
inline void codes_times_tile(const CodeTiles& x, int tile, const CodeColumns* weights, Floats (&total)[16]) {
  const std::int8_t* codes = x.codes + std::ptrdiff_t{tile} * x.groups * 512;
  const float* scales = x.scales + std::ptrdiff_t{tile} * x.groups * 16;
  alignas(64) Ints dots[2][32];
  Floats sums[16] = {};
  dots_of_groups(codes, weights, dots[0]);
  for (int g = 0; g < x.groups; g += 2) {
    const int turn = g / 2 % 2;
    if (g + 2 < x.groups) dots_of_groups(codes + (g + 2) * 512, weights + g + 2, dots[1 - turn]);
    add_dots(sums, dots[turn], scales + g * 16, weights + g, x.groups - g < 2 ? x.groups - g : 2);
  }
  std::memcpy(total, sums, sizeof total);
}

// y[t][n] in mode Q for all tokens and rows first <= n < last.
inline void int8_matrix_times_tiles(const WordRows& matrix, const UnitReader& format, const CodeTiles& x, int first,
                                    int last, const OutputRows& y) {
  const AlignedFloats scales(room_for_scales(matrix));
  const AlignedFloats space(static_cast<std::size_t>(x.groups + 4) * (sizeof(CodeColumns) / sizeof(float)));
  CodeColumns* const weights = reinterpret_cast<CodeColumns*>(space.data());
  const TileScope scope(32);
  for (int n = first; n < last; n += width) {
    const int stop = n + width < last ? n + width : last;
    read_panel_scales(matrix, n, stop, scales.data());
    quantise_panel({matrix, format, Panel(matrix, n, stop), scales.data()},
                   [&](int group) -> CodeColumns& { return weights[group]; });
    const auto some = static_cast<__mmask16>((1 << (stop - n)) - 1);
    for (int tile = 0; tile < x.tiles; ++tile) {
      Floats total[16];
      codes_times_tile(x, tile, weights, total);
      for (int t = 0; t < 16 && tile * 16 + t < x.count; ++t)
        _mm512_mask_storeu_ps(y.data + (tile * 16 + t) * y.stride + n, some, (__m512)total[t]);
    }
  }
}

// A row of activations into a tile of 16 tokens: its codes at codes[group * 512 …], its scales at scales[group * 16].
inline void quantise_token(const float* x, int columns, std::int8_t* codes, float* scales) {
  const int groups = (columns + 31) / 32;
  std::vector<std::uint32_t> words(static_cast<std::size_t>((groups + 15) / 16 * 128));
  std::vector<float> found(static_cast<std::size_t>(groups));
  quantise_row(x, columns, words.data(), found.data());
  for (int g = 0; g < groups; ++g) {
    scales[g * 16] = found[static_cast<std::size_t>(g)];
    for (int w = 0; w < 8; ++w) {
      const std::uint32_t word = words[static_cast<std::size_t>((g / 16 * 8 + w) * 16 + g % 16)] ^ 0x80808080u;
      std::memcpy(codes + g * 512 + w * 4, &word, sizeof word);
    }
  }
}
