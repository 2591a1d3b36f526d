// Vectors of 16 lanes: what differs between sets of instructions.
//
// Read inside a namespace of its own (cpu/kernels.hpp). The fused multiply-add is the one operation compilers do not
// reliably make of plain C++; shuffles need the number of lanes spelt out.

inline constexpr int width = 16;

typedef float Floats __attribute__((vector_size(4 * width)));
typedef std::uint32_t Bits __attribute__((vector_size(4 * width)));
typedef std::uint64_t Longs __attribute__((vector_size(4 * width)));
typedef std::int32_t Ints __attribute__((vector_size(4 * width)));
typedef std::uint16_t Halves __attribute__((vector_size(4 * width)));
typedef std::int16_t Shorts __attribute__((vector_size(4 * width)));

// sum = a * b + sum in every lane, rounded once.
[[gnu::always_inline]] inline void multiply_add(Floats& sum, const Floats& a, const Floats& b) {
  sum = (Floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)sum);
}

// In each 128-bit part, four words of four rows a, b, c, d become the first, second, third and fourth words of all
// rows. Two steps of interleaving.
[[gnu::always_inline]] inline void transpose_quads(Bits& a, Bits& b, Bits& c, Bits& d) {
  const Bits ab_low = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
  const Bits ab_high = __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  const Bits cd_low = __builtin_shufflevector(c, d, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
  const Bits cd_high = __builtin_shufflevector(c, d, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  a = (Bits)__builtin_shufflevector((Longs)ab_low, (Longs)cd_low, 0, 8, 2, 10, 4, 12, 6, 14);
  b = (Bits)__builtin_shufflevector((Longs)ab_low, (Longs)cd_low, 1, 9, 3, 11, 5, 13, 7, 15);
  c = (Bits)__builtin_shufflevector((Longs)ab_high, (Longs)cd_high, 0, 8, 2, 10, 4, 12, 6, 14);
  d = (Bits)__builtin_shufflevector((Longs)ab_high, (Longs)cd_high, 1, 9, 3, 11, 5, 13, 7, 15);
}

// Rows become columns: lane r of row[c] is what lane c of row[r] was.
[[gnu::always_inline]] inline void transpose(Bits (&row)[width]) {
#pragma GCC unroll 4
  for (int r = 0; r < 16; r += 4) transpose_quads(row[r], row[r + 1], row[r + 2], row[r + 3]);
  // 4 x 4 parts of 128 bits: exchange halves of rows 8 apart, then quarters of rows 4 apart.
#pragma GCC unroll 8
  for (int r = 0; r < 8; ++r) {
    const Longs a = (Longs)row[r], b = (Longs)row[r + 8];
    row[r] = (Bits)__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    row[r + 8] = (Bits)__builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    const int r = i / 4 * 8 + i % 4;
    const Longs a = (Longs)row[r], b = (Longs)row[r + 4];
    row[r] = (Bits)__builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
    row[r + 4] = (Bits)__builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  }
}

// 16 bytes of each row, from byte `offset` on, side by side.
[[gnu::always_inline]] inline void load_parts(Bits& to, const std::byte* const (&row)[4], std::ptrdiff_t offset) {
  const auto part = [&](int p) __attribute__((always_inline)) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row[p] + offset));
  };
  __m512i parts = _mm512_inserti32x4(_mm512_castsi128_si512(part(0)), part(1), 1);
  parts = _mm512_inserti32x4(parts, part(2), 2);
  to = (Bits)_mm512_inserti32x4(parts, part(3), 3);
}
// The same four, or eight, numbers again and again.
[[gnu::always_inline]] inline void load_quad(Floats& to, const float* from) {
  to = (Floats)_mm512_maskz_broadcast_f32x4(0xffff, _mm_loadu_ps(from));
}
[[gnu::always_inline]] inline void load_octet(Floats& to, const float* from) {
  to = (Floats)_mm512_maskz_broadcast_f32x8(0xffff, _mm256_loadu_ps(from));
}

// Is any lane true, of a comparison's?
[[gnu::always_inline]] inline bool any(const Ints& lanes) { return _mm512_movepi32_mask((__m512i)lanes) != 0; }

// Eight f16 numbers in each 128-bit part, the even ones first and then the odd ones; low: of the first two parts.
[[gnu::always_inline]] inline void widen_by_row(Floats& low, Floats& high, const Bits& words) {
  const __m128i once = _mm_set_epi64x(0x0f0e0b0a07060302, 0x0d0c090805040100);
  const auto apart = (Longs)_mm512_shuffle_epi8((__m512i)words, _mm512_maskz_broadcast_i32x4(0xffff, once));
  low = (Floats)_mm512_maskz_cvtph_ps(0xffff, (__m256i)__builtin_shufflevector(apart, apart, 0, 1, 2, 3));
  high = (Floats)_mm512_maskz_cvtph_ps(0xffff, (__m256i)__builtin_shufflevector(apart, apart, 4, 5, 6, 7));
}
// 128-bit parts 0, 2, … of a and then b; parts 1, 3, …
[[gnu::always_inline]] inline void part_by_part(Floats& even, Floats& odd, const Floats& a, const Floats& b) {
  even = (Floats)__builtin_shufflevector((Longs)a, (Longs)b, 0, 1, 4, 5, 8, 9, 12, 13);
  odd = (Floats)__builtin_shufflevector((Longs)a, (Longs)b, 2, 3, 6, 7, 10, 11, 14, 15);
}

// The lower (I = 0) or upper 16 bits of each word as f16. maskz: g++ 12 warns of the zeros that others leave undefined.
template <int I> [[gnu::always_inline]] inline void widen_halves(Floats& to, const Bits& words) {
  const __m512i half = (__m512i)(I == 0 ? words : words >> 16);
  to = (Floats)_mm512_maskz_cvtph_ps(0xffff, _mm512_maskz_cvtepi32_epi16(0xffff, half));
}

// Byte i becomes table[i]. Bytes of codes: less than 16
[[gnu::always_inline]] inline void look_up_bytes(Bits& to, const std::uint8_t (&table)[16], const Bits& codes) {
  const __m128i once = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
  to = (Bits)_mm512_shuffle_epi8(_mm512_maskz_broadcast_i32x4(0xffff, once), (__m512i)codes);
}

// sum += four products of 8-bit integers in every lane: bytes of x, with this added, times bytes of `codes`.
inline constexpr int byte_offset = 128;
[[gnu::always_inline]] inline void add_products(Ints& sum, const Bits& x, const Bits& codes) {
  sum = (Ints)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)x, (__m512i)codes);
}
