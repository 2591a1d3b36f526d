#pragma once
// Weights that are drawn, not read: every number a function of its path and its place, the same on every machine.
//
//   bits = philox(counter: (place, 0, 0, 0), key: hash of the path)
//   a float of any format: random sign and mantissa, exponent E or E - 1, E so that a row of a matrix has length ~ 1
//
// Matrices come in the storage format asked for; vectors, routers, convolutions and small tables in f32. Ids are drawn
// below their bound, distinct within a row. Nothing here is a model that speaks: the numbers only have to be telling.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include <etalon/math/philox.hpp>
#include <etalon/selftest/hash.hpp>
#include <etalon/walk.hpp>

namespace etalon {

// How matrices are stored. e4m3 and int8 with f32 scales for blocks of 64 x 32, mxfp4 with e8m0 scales.
enum class MadeFormat { f32, bf16, f16, e4m3, int8, mxfp4 };

inline const char* name_of(MadeFormat format) {
  const char* names[] = {"f32", "bf16", "f16", "e4m3", "int8", "mxfp4"};
  return names[static_cast<int>(format)];
}

class MadeWeights {
 public:
  static constexpr int block_rows = 64, block_columns = 32;

  // Binds every weight of the model to numbers kept here.
  template <class Model> void fill(Model& model, MadeFormat format) {
    each_weight(model, [&](const std::string& path, AnyWeight weight) {
      Hash key;
      key.add(path);
      const Shape shape{key.value, weight.rows(), weight.columns()};
      const bool is_matrix = weight.rank == 2 && weight.rows() > 1 && !is_small(path);
      weight.storage = weight.ids_below > 0 ? ids(shape, weight.ids_below)
                                            : stored(shape, is_matrix ? format : MadeFormat::f32, is_matrix);
    });
  }

  // A matrix of its own, for tests of one operation.
  Storage matrix(std::string_view name, int rows, int columns, MadeFormat format) {
    Hash key;
    key.add(name);
    return stored({key.value, rows, columns}, format, true);
  }

 private:
  struct Shape { std::uint64_t key; int rows, columns; };

  // Published checkpoints keep these in f32 or bf16 whatever the rest is stored in.
  static bool is_small(const std::string& path) {
    for (const char* part : {"router", "convolution", "residual", "streams", "compressor.bias", "keys.bias"})
      if (path.find(part) != path.npos) return true;
    return false;
  }

  static std::uint32_t random(const Shape& shape, std::uint32_t place) {
    return philox({place, 0, 0, 0}, shape.key)[0];
  }

  // The power of two just above 1 / sqrt(columns), as an f32 exponent field; for vectors that of 1.
  static std::uint32_t exponent_of(int columns, bool is_matrix) {
    std::uint32_t exponent = 127;
    for (int length = 1; is_matrix && length * 4 <= columns; length *= 4) --exponent;
    return exponent;
  }

  // Bytes of all numbers, each from encode(random bits).
  template <class Code> const std::byte* draw(const Shape& shape, std::size_t count, auto&& encode) {
    std::vector<std::byte>& bytes = owned_.emplace_back(count * sizeof(Code));
    for (std::size_t i = 0; i < count; ++i) {
      const Code code = encode(random(shape, static_cast<std::uint32_t>(i)));
      std::memcpy(bytes.data() + i * sizeof(Code), &code, sizeof code);
    }
    return bytes.data();
  }

  Storage stored(const Shape& shape, MadeFormat format, bool is_matrix) {
    const auto count = static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(shape.columns);
    const std::uint32_t top = exponent_of(shape.columns, is_matrix);
    const auto f32 = [top](std::uint32_t r) { return (r & 0x807fffffu) | (top - (r >> 30 & 1u)) << 23; };
    if (format == MadeFormat::f32) return Plain<F32>{draw<std::uint32_t>(shape, count, f32), shape.columns, 1};
    if (format == MadeFormat::bf16) {
      const auto bf16 = [&](std::uint32_t r) { return static_cast<std::uint16_t>(f32(r) >> 16); };
      return Plain<Bf16>{draw<std::uint16_t>(shape, count, bf16), shape.columns, 1};
    }
    if (format == MadeFormat::f16) {
      const auto f16 = [&](std::uint32_t r) {
        return static_cast<std::uint16_t>((r >> 16 & 0x8000u) | (top - 112u - (r >> 30 & 1u)) << 10 | (r & 0x3ffu));
      };
      return Plain<F16>{draw<std::uint16_t>(shape, count, f16), shape.columns, 1};
    }
    return quantised(shape, format, count, top);
  }

  Storage quantised(const Shape& shape, MadeFormat format, std::size_t count, std::uint32_t top) {
    if (format == MadeFormat::mxfp4) {
      const auto scale = [&](std::uint32_t r) { return static_cast<std::uint8_t>(top - 2u - (r & 1u)); };
      const auto any = [](std::uint32_t r) { return static_cast<std::uint8_t>(r); };
      const std::ptrdiff_t groups = (shape.columns + Mxfp4::block - 1) / Mxfp4::block, bytes = (shape.columns + 1) / 2;
      const auto rows = static_cast<std::size_t>(shape.rows);
      const std::byte* scales = draw<std::uint8_t>({~shape.key, 0, 0}, rows * static_cast<std::size_t>(groups), scale);
      return Mxfp4{draw<std::uint8_t>(shape, rows * static_cast<std::size_t>(bytes), any), scales, bytes, groups};
    }
    const int block_row_count = (shape.rows + block_rows - 1) / block_rows;
    const int groups = (shape.columns + block_columns - 1) / block_columns;
    const auto blocks = static_cast<std::size_t>(block_row_count) * static_cast<std::size_t>(groups);
    const bool is_int8 = format == MadeFormat::int8;
    const std::uint32_t exponent = top - (is_int8 ? 6u : 5u);   // codes reach 127, or mostly 2^5
    const auto scale = [&](std::uint32_t r) { return (r & 0x7fffffu) | exponent << 23; };
    const Plain<F32> scales{draw<std::uint32_t>({~shape.key, 0, 0}, blocks, scale), groups, 1};
    const auto int8 = [](std::uint32_t r) { return static_cast<std::uint8_t>(r % 255u - 127u); };
    const auto e4m3 = [](std::uint32_t r) { return static_cast<std::uint8_t>((r & 0x7fu) < 0x68u ? r : r & 0xafu); };
    if (is_int8)
      return ScaledBlocks<I8, F32>{{draw<std::uint8_t>(shape, count, int8), shape.columns, 1}, scales, block_rows,
                                   block_columns};
    return ScaledBlocks<E4m3, F32>{{draw<std::uint8_t>(shape, count, e4m3), shape.columns, 1}, scales, block_rows,
                                   block_columns};
  }

  Storage ids(const Shape& shape, int below) {
    std::vector<std::byte>& bytes =
        owned_.emplace_back(sizeof(std::int32_t) * static_cast<std::size_t>(shape.rows * shape.columns));
    for (int row = 0; row < shape.rows; ++row) {
      const std::uint32_t drawn = random(shape, static_cast<std::uint32_t>(row));
      const auto first = static_cast<int>(drawn % static_cast<unsigned>(below));
      for (int k = 0; k < shape.columns; ++k) {
        const std::int32_t id = (first + k) % below;
        std::memcpy(bytes.data() + sizeof id * static_cast<std::size_t>(row * shape.columns + k), &id, sizeof id);
      }
    }
    return Plain<I32>{bytes.data(), shape.columns, 1};
  }

  std::deque<std::vector<std::byte>> owned_;   // a deque: what the storages point to must not move
};

}  // namespace etalon
