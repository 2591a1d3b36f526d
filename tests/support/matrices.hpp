#pragma once
// Matrices of random numbers in every storage format.
#include <cstring>
#include <string>
#include <vector>

#include <etalon/weight.hpp>

#include "support/numbers.hpp"

namespace etalon::test {

// A matrix in some storage format; owns its bytes.
struct Matrix {
  std::string name;
  std::vector<std::byte> codes, scales;
  Storage storage;
};

template <class Number> Number number_of(Random& random) {
  const auto bits = static_cast<std::uint32_t>(random.below(1 << 16));
  if constexpr (std::is_same_v<Number, F32>) return {random.normal()};
  else if constexpr (std::is_same_v<Number, Bf16>) return {to_bf16_bits(random.normal())};
  else if constexpr (std::is_same_v<Number, F16>)   // finite: subnormal ones too
    return {static_cast<std::uint16_t>((bits & 0x7c00u) == 0x7c00u ? bits & 0x83ffu : bits)};
  else if constexpr (std::is_same_v<Number, I8>) return {static_cast<std::int8_t>(bits)};
  else if constexpr (std::is_same_v<Number, E8m0>) return {static_cast<std::uint8_t>(120 + bits % 10)};
  else if constexpr (std::is_same_v<Number, E5m2>)
    return {static_cast<std::uint8_t>((bits & 0x7cu) == 0x7cu ? bits & 0x83u : bits)};
  else return {static_cast<std::uint8_t>((bits & 0x7fu) == 0x7fu ? 1u : bits)};
}
template <class Number> std::vector<std::byte> numbers(Random& random, int count) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(count) * sizeof(Number));
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(Number)) {
    const Number number = number_of<Number>(random);
    std::memcpy(&bytes[i], &number, sizeof number);
  }
  return bytes;
}

template <class Number> Matrix plain(const char* name, Random& random, int rows, int columns) {
  Matrix m{name, numbers<Number>(random, rows * columns), {}, {}};
  m.storage = Plain<Number>{m.codes.data(), columns};
  return m;
}
template <class Code, class Scale>
Matrix blocks(const char* name, Random& random, int rows, int columns, int block_rows, int block_columns) {
  const int across = (columns + block_columns - 1) / block_columns, down = (rows + block_rows - 1) / block_rows;
  Matrix m{name, numbers<Code>(random, rows * columns), numbers<Scale>(random, across * down), {}};
  m.storage = ScaledBlocks<Code, Scale>{{m.codes.data(), columns}, {m.scales.data(), across}, block_rows,
                                        block_columns};
  return m;
}
inline Matrix four_bits(Random& random, int rows, int columns) {
  const int bytes = (columns + 1) / 2, scales = (columns + 31) / 32;
  Matrix m{"mxfp4", numbers<E5m2>(random, rows * bytes), numbers<E8m0>(random, rows * scales), {}};
  m.storage = Mxfp4{m.codes.data(), m.scales.data(), bytes, scales};
  return m;
}
inline std::vector<Matrix> every_format(Random& random, int rows, int columns) {
  std::vector<Matrix> all;
  all.push_back(plain<F32>("f32", random, rows, columns));
  all.push_back(plain<Bf16>("bf16", random, rows, columns));
  all.push_back(plain<F16>("f16", random, rows, columns));
  all.push_back(plain<E4m3>("e4m3", random, rows, columns));
  all.push_back(plain<E5m2>("e5m2", random, rows, columns));
  all.push_back(blocks<E4m3, F32>("e4m3, blocks of 128", random, rows, columns, 128, 128));
  all.push_back(blocks<E4m3, E8m0>("e4m3, blocks of 3 x 32", random, rows, columns, 3, 32));
  all.push_back(blocks<E5m2, F32>("e5m2, blocks of 16 x 96", random, rows, columns, 16, 96));
  all.push_back(blocks<I8, F32>("int8, a scale a row", random, rows, columns, 1, columns));
  all.push_back(blocks<I8, Bf16>("int8, blocks of 128", random, rows, columns, 128, 128));
  all.push_back(four_bits(random, rows, columns));
  return all;
}

}  // namespace etalon::test
