// Weights as bf16 numbers: stored numbers widened to lines of 32 columns, and whether AMX tiles and pairs take them.
//
// Both flush subnormals, and a tile need not treat infinities and NaN as R8 does. If every number but zeros lies within
// 2^-55 and 2^50, each sum of products is a multiple of 2^-124, and of up to 2^20 of them none overflows.

// The range of bf16 numbers, zeros apart: the least magnitude less one, and the largest.
struct NumberRange {
  __m512i least, most;

  NumberRange() : least(_mm512_set1_epi16(-1)), most(_mm512_setzero_si512()) {}   // not defaults: those know no target

  [[gnu::always_inline]] void add(const Bits& line) {
    const __m512i magnitude = _mm512_and_si512((__m512i)line, _mm512_set1_epi16(0x7fff));
    most = _mm512_max_epu16(most, magnitude);
    least = _mm512_min_epu16(least, _mm512_add_epi16(magnitude, _mm512_set1_epi16(-1)));
  }
  bool fits() const {
    constexpr int smallest = (127 - 55) << 7, too_large = (127 + 50) << 7;
    return (_mm512_cmplt_epu16_mask(least, _mm512_set1_epi16(smallest - 1)) |
            _mm512_cmpge_epu16_mask(most, _mm512_set1_epi16(too_large))) == 0;
  }
};

// The largest of 8-bit codes, their highest bits apart: only infinities and NaN, from Special on, do not fit.
template <int Special> struct CodeRange {
  __m512i most;

  CodeRange() : most(_mm512_setzero_si512()) {}

  [[gnu::always_inline]] void add(const __m512i& codes) {
    most = _mm512_max_epu8(most, _mm512_and_si512(codes, _mm512_set1_epi8(127)));
  }
  bool fits() const { return _mm512_cmpge_epu8_mask(most, _mm512_set1_epi8(Special)) == 0; }
};

// Two blocks of a row, 64 columns, as lines: word i holds columns 2i and 2i + 1. scale: of either block's numbers,
// where numbers have scales; the second's stands `width` further on.
template <class Number> struct LinesOf {
  static constexpr bool exist = false;
};

template <> struct LinesOf<Bf16> {
  static constexpr bool exist = true;
  static constexpr int bytes = 128;
  using Range = NumberRange;
  [[gnu::always_inline]] static inline void read(Bits (&line)[2], const std::byte* from, const float*, Range& range) {
    load(line[0], from);   // one by one: g++ would copy 128 bytes in parts, through the stack, and the loads wait
    load(line[1], from + 64);
    range.add(line[0]);
    range.add(line[1]);
  }
};

// The bf16 bits of a number times a power of two that leaves it normal; infinities and NaN stay.
constexpr std::uint32_t bf16_of(float number, float power) {
  const std::uint32_t bits = bits_of(number);
  return ((bits & 0x7f800000u) == 0x7f800000u ? bits : bits_of(number * power)) >> 16;
}

// Codes of eight bits, the highest the sign: both bytes of a number's bf16 are looked up.
template <class Number> struct Bf16Tables {
  alignas(64) std::uint8_t high[128], low[128];
  constexpr explicit Bf16Tables(float power = 1.0f) : high(), low() {
    for (int code = 0; code < 128; ++code) {
      const std::uint32_t bits = bf16_of(Number{static_cast<std::uint8_t>(code)}.decode(), power);
      high[code] = static_cast<std::uint8_t>(bits >> 8), low[code] = static_cast<std::uint8_t>(bits);
    }
  }
};
template <class Number> inline constexpr Bf16Tables<Number> bf16_tables;

template <class Number, int Special> struct LinesOfCodes {
  static constexpr bool exist = true;
  static constexpr int bytes = 64;
  using Range = CodeRange<Special>;
  [[gnu::always_inline]] static inline void look_up(__m512i& to, const std::uint8_t (&table)[128],
                                                    const __m512i& codes) {
    to = _mm512_permutex2var_epi8(_mm512_load_si512(table), codes, _mm512_load_si512(table + 64));
  }
  [[gnu::always_inline]] static inline void read(Bits (&line)[2], const std::byte* from, const float*, Range& range) {
    // Interleaving acts in parts of 16 bytes: the first line's codes go to their lower halves.
    Longs eights;
    std::memcpy(&eights, from, sizeof eights);
    const __m512i codes = (__m512i)__builtin_shufflevector(eights, eights, 0, 4, 1, 5, 2, 6, 3, 7);
    range.add(codes);
    __m512i high, low;
    look_up(high, bf16_tables<Number>.high, codes);
    look_up(low, bf16_tables<Number>.low, codes);
    high = _mm512_or_si512(high, _mm512_and_si512(codes, _mm512_set1_epi8(-128)));
    line[0] = (Bits)_mm512_unpacklo_epi8(low, high);
    line[1] = (Bits)_mm512_unpackhi_epi8(low, high);
  }
};
template <> struct LinesOf<E4m3> : LinesOfCodes<E4m3, 0x7f> {};
template <> struct LinesOf<E5m2> : LinesOfCodes<E5m2, 0x7c> {};

// The upper halves of two numbers side by side; their lower halves are zeros.
[[gnu::always_inline]] inline void pair_up(Bits& pair, const Floats& even, const Floats& odd) {
  pair = (Bits)even >> 16 | (Bits)odd;
}

// 32 activations rounded to bf16, as a line. What round_activation of math/rounding.hpp gives, but for NaN, which no
// range lets pass.
[[gnu::always_inline]] inline void round_line(Bits& line, const float* x) {
  Bits low, high;
  load(low, x);
  load(high, x + 16);
  const Bits zero = {};
  low = (low & 0x7fffffffu) < 0x24000000u ? zero : low;   // 2^-55
  high = (high & 0x7fffffffu) < 0x24000000u ? zero : high;
  asm("vcvtne2ps2bf16 %2, %1, %0" : "=v"(line) : "v"(high), "v"(low));   // assembly: see pairs.inl
}

template <> struct LinesOf<I8> {
  static constexpr bool exist = true;
  static constexpr int bytes = 64;
  struct Range { static constexpr bool fits() { return true; } };   // whole numbers up to 128
  [[gnu::always_inline]] static inline void read(Bits (&line)[2], const std::byte* from, const float*, Range&) {
#pragma GCC unroll 2
    for (int block = 0; block < 2; ++block) {
      const __m256i pairs = _mm256_loadu_si256((const __m256i*)(from + 32 * block));
      const Ints codes = (Ints)_mm512_maskz_cvtepu16_epi32(0xffff, pairs);
      pair_up(line[block], __builtin_convertvector(codes << 24 >> 24, Floats),
              __builtin_convertvector(codes << 16 >> 24, Floats));
    }
  }
};

template <> struct LinesOf<E2m1> {
  static constexpr bool exist = true;
  static constexpr int bytes = 32;
  using Range = NumberRange;
  [[gnu::always_inline]] static inline void read(Bits (&line)[2], const std::byte* from, const float* scale,
                                                 Range& range) {
    const __m512 values = _mm512_setr_ps(0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f, -0.0f, -0.5f, -1.0f, -1.5f,
                                         -2.0f, -3.0f, -4.0f, -6.0f);
#pragma GCC unroll 2
    for (int block = 0; block < 2; ++block) {
      const __m128i pairs = _mm_loadu_si128((const __m128i*)(from + 16 * block));
      const __m512i codes = _mm512_maskz_cvtepu8_epi32(0xffff, pairs), odd = (__m512i)((Bits)codes >> 4);
      Floats factor;
      spread(factor, scale[block * width]);
      pair_up(line[block], (Floats)_mm512_maskz_permutexvar_ps(0xffff, codes, values) * factor,
              (Floats)_mm512_maskz_permutexvar_ps(0xffff, odd, values) * factor);
      range.add(line[block]);
    }
  }
};

// 64 columns of a row, of which so many are known: zeros behind the last one.
template <class Number>
[[gnu::always_inline]] inline void read_lines(Bits (&line)[2], const std::byte* from, int known, const float* scale,
                                              typename LinesOf<Number>::Range& range) {
  constexpr int bytes = LinesOf<Number>::bytes;
  if (known >= 64) return LinesOf<Number>::read(line, from, scale, range);
  std::byte last[128] = {};
  std::memcpy(last, from, static_cast<std::size_t>((known * bytes + 63) / 64));
  if (bytes == 32 && known % 2 != 0) last[known / 2] &= std::byte{15};   // half a byte is no column
  LinesOf<Number>::read(line, last, scale, range);
}
