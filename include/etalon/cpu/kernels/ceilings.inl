// What the processor and its memory give at most: chains of fma that never wait for each other, and a sum over memory
// that does nothing else. Read once for each set of instructions, behind vector.inl (cpu/ceilings.hpp).

// Enough independent chains for two units of four or five cycles each, and few enough for sixteen registers.
inline constexpr int ceiling_chains = 12;

inline float fma_chains(std::int64_t steps) {
  Floats chain[ceiling_chains], factor, addend;
  spread(factor, 0.999f);
  spread(addend, 0.001f);
#pragma GCC unroll 12
  for (int i = 0; i < ceiling_chains; ++i) spread(chain[i], static_cast<float>(i));
  for (std::int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < ceiling_chains; ++i) {
      Floats next = addend;   // next = chain * factor + addend: bounded, never subnormal
      multiply_add(next, chain[i], factor);
      chain[i] = next;
    }
  }
  Floats sum = {};
  for (const Floats& one : chain) sum = sum + one;
  float total = 0.0f;
  for (int lane = 0; lane < width; ++lane) total = total + sum[lane];
  return total;
}

// Streams: places of memory that are read side by side; the processor's foresight follows each. parts: their lengths in
// bytes, multiples of ceiling_line.
inline constexpr std::size_t ceiling_line = 256;

template <int Streams> inline std::uint32_t sum_of_streams(const std::byte* data, std::size_t part) {
  constexpr int loads = ceiling_line / sizeof(Bits);
  Bits sums[loads] = {};
  for (std::size_t at = 0; at < part; at += ceiling_line)
#pragma GCC unroll 8
    for (int stream = 0; stream < Streams; ++stream)
#pragma GCC unroll 8
      for (int i = 0; i < loads; ++i) {
        Bits words;
        load(words, data + stream * part + at + i * sizeof words);
        sums[i] += words;
      }
  std::uint32_t total = 0;
  for (const Bits& sum : sums)
    for (int lane = 0; lane < width; ++lane) total += sum[lane];
  return total;
}
