#pragma once
// Tiles of AMX: registers of 16 rows of 64 bytes, and what multiplies them.
//
//   multiply_bf16   C[r][c] = C[r][c] + (even + odd): the chains of math/dot.hpp over 32 columns of bf16 numbers
//   multiply_int8   C[r][c] = C[r][c] + sum_k a[r][k] b[k][c], exact, 64 or fewer columns of 8-bit integers
//
// The first is how docs/arithmetic.md, R1, came to its order; it flushes subnormals, which R2 keeps out of its way.
// Intel does not document the order: so tiles are used only where known cases come out right, and no fault shows
// otherwise than by missing speed. The operating system lends the registers when asked (Linux 5.16, arch_prctl).
//
// Intel Architecture Instruction Set Extensions Programming Reference, chapter 3. Written as assembly, not intrinsics:
// a compiler must know which memory they read and write, and g++ 12's intrinsics do not say.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <etalon/math/dot.hpp>
#include <etalon/math/rounding.hpp>

#if defined(__x86_64__) && defined(__linux__) && !defined(__CUDACC__)
#define ETALON_TILES 1
#include <cpuid.h>
#endif

namespace etalon {

inline constexpr int tile_rows = 16, tile_bytes = 1024;

#if defined(ETALON_TILES)

// The shapes of the eight registers: 0-3 are sums (C), 4-5 left factors (A), 6-7 right factors (B), for products of
// `inner` bytes of a row.
struct alignas(64) TileShapes {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};

  explicit TileShapes(int inner) {
    for (int i = 0; i < 8; ++i) {
      row_bytes[i] = static_cast<std::uint16_t>(i == 4 || i == 5 ? inner : 64);
      rows[i] = static_cast<std::uint8_t>(i >= 6 ? inner / 4 : tile_rows);
    }
  }
};

// The tiles of this thread, from here to the end of the scope.
class TileScope {
 public:
  explicit TileScope(int inner) {
    const TileShapes shapes(inner);
    asm volatile("ldtilecfg %0" ::"m"(shapes));
  }
  TileScope(const TileScope&) = delete;
  TileScope& operator=(const TileScope&) = delete;
  ~TileScope() { asm volatile("tilerelease" ::: "memory"); }
};

template <int Tile> [[gnu::always_inline]] inline void clear_tile() { asm volatile("tilezero %%tmm%c0" ::"i"(Tile)); }
// stride: bytes from one row to the next.
template <int Tile> [[gnu::always_inline]] inline void load_tile(const void* from, std::ptrdiff_t stride) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(Tile) : "memory");
}
template <int Tile> [[gnu::always_inline]] inline void store_tile(void* to, std::ptrdiff_t stride) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(Tile) : "memory");
}
// sum += a * b. a: rows of numbers; b: word (i, c) holds neighbours in k, two bf16 or four integers, of column c.
template <int Sum, int A, int B> [[gnu::always_inline]] inline void multiply_bf16() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sum), "i"(A), "i"(B));
}
template <int Sum, int A, int B> [[gnu::always_inline]] inline void multiply_int8() {
  asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sum), "i"(A), "i"(B));
}

// amx_tile, amx_bf16, amx_int8, and registers that the operating system saves.
inline bool processor_has_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  constexpr unsigned needed = 1u << 22 | 1u << 24 | 1u << 25;
  if ((d & needed) != needed) return false;
  constexpr long arch_prctl = 158, request_permission = 0x1023, tile_data = 18;
  long result = arch_prctl;
  asm volatile("syscall" : "+a"(result) : "D"(request_permission), "S"(tile_data) : "rcx", "r11", "memory");
  return result == 0;
}

// Does a block of 32 columns come out as dot_of_block has it? Numbers of very different sizes, so that every order of
// summing gives sums of its own.
inline bool bf16_tiles_agree(std::uint32_t seed) {
  alignas(64) std::uint16_t a[16][32], b[16][16][2];   // (row, k), (pair of k, column, k)
  alignas(64) float sums[16][16];
  const auto random = [&seed] { return seed = seed * 1664525u + 1013904223u; };
  const auto number = [&] {
    const std::uint32_t sign = random() >> 31 << 15, exponent = 107 + (random() >> 16) % 40, rest = random() >> 25;
    return static_cast<std::uint16_t>(sign | exponent << 7 | rest);
  };
  for (auto& row : a) for (auto& x : row) x = number();
  for (auto& row : b) for (auto& pair : row) for (auto& x : pair) x = number();
  for (auto& row : sums) for (float& sum : row) sum = float_of(static_cast<std::uint32_t>(number()) << 16);
  float expected[16][16];
  for (int r = 0; r < 16; ++r)
    for (int c = 0; c < 16; ++c) {
      float x[32], y[32];
      for (int k = 0; k < 32; ++k) {
        x[k] = float_of(static_cast<std::uint32_t>(a[r][k]) << 16);
        y[k] = float_of(static_cast<std::uint32_t>(b[k / 2][c][k % 2]) << 16);
      }
      expected[r][c] = sums[r][c] + dot_of_block(x, y, 32);
    }
  const TileScope scope(64);
  load_tile<0>(sums, 64), load_tile<4>(a, 64), load_tile<6>(b, 64);
  multiply_bf16<0, 4, 6>();
  store_tile<0>(sums, 64);
  return std::memcmp(sums, expected, sizeof sums) == 0;
}

inline bool int8_tiles_agree(std::uint32_t seed) {
  alignas(64) std::int8_t a[16][32], b[8][16][4];      // (row, k), (four of k, column, k)
  alignas(64) std::int32_t sums[16][16];
  const auto code = [&seed] { return static_cast<std::int8_t>((seed = seed * 1664525u + 1013904223u) >> 24); };
  for (auto& row : a) for (auto& x : row) x = code();
  for (auto& row : b) for (auto& four : row) for (auto& x : four) x = code();
  const TileScope scope(32);
  clear_tile<0>(), load_tile<4>(a, 32), load_tile<6>(b, 64);
  multiply_int8<0, 4, 6>();
  store_tile<0>(sums, 64);
  for (int r = 0; r < 16; ++r)
    for (int c = 0; c < 16; ++c) {
      std::int32_t expected = 0;
      for (int k = 0; k < 32; ++k) expected += a[r][k] * b[k / 4][c][k % 4];
      if (sums[r][c] != expected) return false;
    }
  return true;
}

// Asked once for a program: 50 us.
inline bool has_tiles() {
  static const bool has = [] {
    if (!processor_has_tiles()) return false;
    for (std::uint32_t seed = 1; seed <= 4; ++seed)
      if (!bf16_tiles_agree(seed) || !int8_tiles_agree(seed)) return false;
    return true;
  }();
  return has;
}

#else

inline bool has_tiles() { return false; }

#endif

}  // namespace etalon
