// Vectors of 8 lanes: what differs between sets of instructions.
//
// Read inside a namespace of its own (cpu/kernels.hpp). The fused multiply-add is the one operation compilers do not
// reliably make of plain C++; shuffles need the number of lanes spelt out.

inline constexpr int width = 8;

typedef float Floats __attribute__((vector_size(4 * width)));
typedef std::uint32_t Bits __attribute__((vector_size(4 * width)));
typedef std::uint64_t Longs __attribute__((vector_size(4 * width)));
typedef std::int32_t Ints __attribute__((vector_size(4 * width)));
typedef std::uint16_t Halves __attribute__((vector_size(4 * width)));
typedef std::int16_t Shorts __attribute__((vector_size(4 * width)));

// sum = a * b + sum in every lane, rounded once.
[[gnu::always_inline]] inline void multiply_add(Floats& sum, const Floats& a, const Floats& b) {
  sum = (Floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)sum);
}

// In each 128-bit part, four words of four rows a, b, c, d become the first, second, third and fourth words of all
// rows. Two steps of interleaving.
[[gnu::always_inline]] inline void transpose_quads(Bits& a, Bits& b, Bits& c, Bits& d) {
  const Bits ab_low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
  const Bits ab_high = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
  const Bits cd_low = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13);
  const Bits cd_high = __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
  a = (Bits)__builtin_shufflevector((Longs)ab_low, (Longs)cd_low, 0, 4, 2, 6);
  b = (Bits)__builtin_shufflevector((Longs)ab_low, (Longs)cd_low, 1, 5, 3, 7);
  c = (Bits)__builtin_shufflevector((Longs)ab_high, (Longs)cd_high, 0, 4, 2, 6);
  d = (Bits)__builtin_shufflevector((Longs)ab_high, (Longs)cd_high, 1, 5, 3, 7);
}

// Rows become columns: lane r of row[c] is what lane c of row[r] was.
[[gnu::always_inline]] inline void transpose(Bits (&row)[width]) {
  transpose_quads(row[0], row[1], row[2], row[3]);
  transpose_quads(row[4], row[5], row[6], row[7]);
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const Longs a = (Longs)row[j], b = (Longs)row[j + 4];
    row[j] = (Bits)__builtin_shufflevector(a, b, 0, 1, 4, 5);
    row[j + 4] = (Bits)__builtin_shufflevector(a, b, 2, 3, 6, 7);
  }
}

// 16 bytes of each row, from byte `offset` on, side by side.
[[gnu::always_inline]] inline void load_parts(Bits& to, const std::byte* const (&row)[2], std::ptrdiff_t offset) {
  const auto part = [&](int p) __attribute__((always_inline)) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row[p] + offset));
  };
  to = (Bits)_mm256_inserti128_si256(_mm256_castsi128_si256(part(0)), part(1), 1);
}
// The same four, or eight, numbers again and again.
[[gnu::always_inline]] inline void load_quad(Floats& to, const float* from) {
  to = (Floats)_mm256_broadcast_ps(reinterpret_cast<const __m128*>(from));
}
[[gnu::always_inline]] inline void load_octet(Floats& to, const float* from) {
  to = (Floats)_mm256_loadu_ps(from);
}

// Is any lane true, of a comparison's?
[[gnu::always_inline]] inline bool any(const Ints& lanes) { return _mm256_movemask_ps((__m256)lanes) != 0; }

// Eight f16 numbers in each 128-bit part, the even ones first and then the odd ones; low: of the first part.
[[gnu::always_inline]] inline void widen_by_row(Floats& low, Floats& high, const Bits& words) {
  const __m128i once = _mm_set_epi64x(0x0f0e0b0a07060302, 0x0d0c090805040100);
  const __m256i apart = _mm256_shuffle_epi8((__m256i)words, _mm256_broadcastsi128_si256(once));
  low = (Floats)_mm256_cvtph_ps(_mm256_castsi256_si128(apart));
  high = (Floats)_mm256_cvtph_ps(_mm256_extracti128_si256(apart, 1));
}
// 128-bit parts 0, 2, … of a and then b; parts 1, 3, …
[[gnu::always_inline]] inline void part_by_part(Floats& even, Floats& odd, const Floats& a, const Floats& b) {
  even = (Floats)__builtin_shufflevector((Longs)a, (Longs)b, 0, 1, 4, 5);
  odd = (Floats)__builtin_shufflevector((Longs)a, (Longs)b, 2, 3, 6, 7);
}

// The lower (I = 0) or upper 16 bits of each word as f16.
template <int I> [[gnu::always_inline]] inline void widen_halves(Floats& to, const Bits& words) {
  const __m256i apart = _mm256_set1_epi64x(I == 0 ? 0x0d0c090805040100 : 0x0f0e0b0a07060302);
  const auto halves = (Longs)_mm256_shuffle_epi8((__m256i)words, apart);
  to = (Floats)_mm256_cvtph_ps((__m128i)__builtin_shufflevector(halves, halves, 0, 2));
}

// Byte i becomes table[i]. Bytes of codes: less than 16
[[gnu::always_inline]] inline void look_up_bytes(Bits& to, const std::uint8_t (&table)[16], const Bits& codes) {
  const __m256i twice = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table)));
  to = (Bits)_mm256_shuffle_epi8(twice, (__m256i)codes);
}

// sum += four products of 8-bit integers, none of them -128, in every lane. Pairs are summed in 16
// bits: 2 * 127^2 fits.
inline constexpr int byte_offset = 0;
[[gnu::always_inline]] inline void add_products(Ints& sum, const Bits& x, const Bits& codes) {
  const __m256i magnitudes = _mm256_abs_epi8((__m256i)x), signed_codes = _mm256_sign_epi8((__m256i)codes, (__m256i)x);
  const __m256i pairs = _mm256_maddubs_epi16(magnitudes, signed_codes);
  sum = sum + (Ints)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
