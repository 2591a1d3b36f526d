// Pairs of bf16 numbers: what one instruction adds to a chain in mode H (cpu/bf16_pairs.hpp).
//
// Of four columns k … k + 3, two words: the even chain's, columns k and k + 2, and the odd chain's, k + 1 and k + 3.
// The earlier column, which is added first, is the high half.

// sum = fma(low of a, low of b, fma(high of a, high of b, sum)) in every lane. As assembly: g++ and clang disagree
// about the intrinsic's types, and clang 16 fails on some uses of it.
[[gnu::always_inline]] inline void multiply_add_pair(Floats& sum, const Bits& a, const Bits& b) {
  asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

// From words that hold columns (k, k + 1) and (k + 2, k + 3), the first of each in the low half.
[[gnu::always_inline]] inline void pair_columns(Bits& even, Bits& odd, const Bits& first, const Bits& second) {
  even = first << 16 | (second & 0x0000ffffu);
  odd = (first & 0xffff0000u) | second >> 16;
}

// Activations of mode H as pairs: word 2i of a row is the even chain's of columns 4i …, word 2i + 1 the odd chain's.
struct PairRows {
  const std::uint32_t* words;
  std::ptrdiff_t stride;   // words of a row
  int count;
};

// A block of 32 columns, rounded to bf16 here: one vector of words.
[[gnu::always_inline]] inline void pair_block(Bits& words, const float* x) {
  Floats numbers[2];
  load(numbers[0], x);
  load(numbers[1], x + 16);
  round_activation(numbers[0]);
  round_activation(numbers[1]);
  const Bits low = (Bits)numbers[0], high = (Bits)numbers[1];
  const Bits first = __builtin_shufflevector(low, high, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29);
  const Bits second = __builtin_shufflevector(low, high, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
  words = first | second >> 16;
}

// A row of activations. columns: zero-padded to whole blocks. -> are all of ordinary size (bf16_lines.inl)?
inline bool pair_row(const float* x, int columns, std::uint32_t* out) {
  NumberRange range;
  for (int k = 0; k < columns; k += 32, out += 16) {
    Bits words;
    pair_block(words, x + k);
    range.add(words);
    store(out, words);
  }
  return range.fits();
}
