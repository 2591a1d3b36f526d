// Tests of include/etalon/io/storage_of.hpp: tensors, and slices of them, as the storage of a weight.
#include <etalon/io/storage_of.hpp>

#include <doctest/doctest.h>

#include <etalon/io/safetensors_writer.hpp>

#include "io/scratch.hpp"

using namespace etalon;
using namespace etalon::test;
using io::Dtype;

namespace {

struct Stored { std::string name; Dtype dtype; std::vector<std::int64_t> shape; std::vector<std::uint8_t> bytes; };

// A checkpoint with these tensors.
struct Sample {
  Scratch folder;
  io::Checkpoint checkpoint;

  explicit Sample(const std::vector<Stored>& tensors) : checkpoint(write(folder, tensors)) {}
  static io::Checkpoint write(const Scratch& folder, const std::vector<Stored>& tensors) {
    io::SafetensorsWriter writer;
    for (const Stored& t : tensors) writer.add_copy<std::uint8_t>(t.name, t.dtype, t.shape, t.bytes);
    writer.write(folder.path() / "model.safetensors");
    return io::Checkpoint::open(folder.path());
  }
  io::StorageResult find(const Source& source, const std::vector<std::int64_t>& wanted,
                         io::BlockSize block = {}) const {
    return io::storage_of(io::stored_tensor(checkpoint, source), wanted, block);
  }
};

std::vector<std::uint8_t> bytes_of(const std::vector<float>& numbers) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(numbers.data());
  return {first, first + numbers.size() * 4};
}
std::vector<float> row(const io::StorageResult& found, int n, int columns) {
  CAPTURE(found.problem);
  REQUIRE(found.problem.empty());
  std::vector<float> values(static_cast<std::size_t>(columns));
  read_row(found.storage, n, columns, values.data());
  return values;
}

}  // namespace

TEST_CASE("f32, bf16 and f16 are plain numbers") {
  const Sample sample({{"a", Dtype::F32, {2, 2}, bytes_of({1, 2, 3, 4})},
                       {"b", Dtype::BF16, {1, 2}, {0x80, 0x3f, 0x00, 0xc0}},     // 1, -2
                       {"c", Dtype::F16, {1, 2}, {0x00, 0x3c, 0x00, 0x40}}});    // 1, 2
  CHECK(row(sample.find({"a"}, {2, 2}), 1, 2) == std::vector<float>{3, 4});
  CHECK(row(sample.find({"b"}, {1, 2}), 0, 2) == std::vector<float>{1, -2});
  CHECK(row(sample.find({"c"}, {1, 2}), 0, 2) == std::vector<float>{1, 2});
}

TEST_CASE("int8 with block scales, or with one scale a row; with e8m0 scales the same dtype is pairs of 4-bit codes") {
  std::vector<std::uint8_t> codes(2 * 40, 0xfe);   // -2
  codes[40] = 127;
  const Sample sample({{"a.weight", Dtype::I8, {2, 40}, codes},
                       {"a.weight_scale", Dtype::F32, {2, 1}, bytes_of({0.5f, 3})},
                       {"b.weight", Dtype::I8, {2, 40}, codes},
                       {"b.weight_scale_inv", Dtype::F32, {2, 2}, bytes_of({1, 2, 4, 8})},
                       {"c.weight", Dtype::I8, {2, 40}, codes}, {"c.weight_scale", Dtype::F32, {1, 1}, bytes_of({1})},
                       {"d.weight", Dtype::I8, {1, 16}, std::vector<std::uint8_t>(16, 0x22)},   // 1, 1
                       {"d.scale", Dtype::F8_E8M0, {1, 1}, {128}}});
  CHECK(row(sample.find({"a.weight"}, {2, 40}), 0, 40) == std::vector<float>(40, -1.0f));
  CHECK(row(sample.find({"a.weight"}, {2, 40}), 1, 2) == std::vector<float>{381, -6});
  const auto blocks = row(sample.find({"b.weight"}, {2, 40}, {1, 32}), 1, 40);
  CHECK(blocks[0] == 508.0f);
  CHECK(blocks[31] == -8.0f);
  CHECK(blocks[32] == -16.0f);
  CHECK(contains(sample.find({"c.weight"}, {2, 40}).problem, "c.weight_scale are [1, 1], expected [2, 1]"));
  CHECK(row(sample.find({"d.weight"}, {1, 32}), 0, 32) == std::vector<float>(32, 2.0f));
}

TEST_CASE("e4m3 with block scales: rows and columns of the edge belong to the last, smaller block") {
  std::vector<std::uint8_t> ones(3 * 40, 0x38);   // 1.0 in e4m3
  for (const char* scale : {"w.weight_scale_inv", "w.scale"}) {
    const Sample sample({{"w.weight", Dtype::F8_E4M3, {3, 40}, ones},
                         {scale, Dtype::F32, {2, 2}, bytes_of({1, 2, 3, 4})}});
    const auto found = sample.find({"w.weight"}, {3, 40}, {2, 32});
    CHECK(row(found, 1, 40)[31] == 1.0f);
    CHECK(row(found, 1, 40)[32] == 2.0f);
    CHECK(row(found, 2, 40)[0] == 3.0f);   // planted fault: rows shared out evenly would give row 1 the second block
    CHECK(row(found, 2, 40)[39] == 4.0f);
  }
}

TEST_CASE("8-bit floats without scales, or with scales of another shape or dtype, are refused in words") {
  const std::vector<std::uint8_t> ones(2 * 32, 0x38);
  const Sample bare({{"w.weight", Dtype::F8_E4M3, {2, 32}, ones}});
  CHECK(contains(bare.find({"w.weight"}, {2, 32}).problem, "without its scales"));
  const Sample shape({{"w.weight", Dtype::F8_E4M3, {2, 32}, ones},
                      {"w.weight_scale_inv", Dtype::F32, {1, 2}, bytes_of({1, 2})}});
  CHECK(contains(shape.find({"w.weight"}, {2, 32}).problem, "w.weight_scale_inv are [1, 2], expected [1, 1]"));
  const Sample dtype({{"w.weight", Dtype::F8_E4M3, {2, 32}, ones},
                      {"w.weight_scale_inv", Dtype::I32, {1, 1}, {1, 0, 0, 0}}});
  CHECK(contains(dtype.find({"w.weight"}, {2, 32}).problem, "are I32, expected F32"));
}

TEST_CASE("a dtype that holds no weights is refused by name") {
  const Sample sample({{"w", Dtype::BOOL, {1, 2}, {0, 1}}, {"d", Dtype::F64, {1}, std::vector<std::uint8_t>(8)}});
  CHECK(contains(sample.find({"w"}, {1, 2}).problem, "dtype BOOL"));
  CHECK(contains(sample.find({"d"}, {1}).problem, "dtype F64"));
}

TEST_CASE("a slice of a fused tensor is read where it stands: expert, block, step, transpose") {
  // Two experts of [gate rows | up rows], 2 + 2 rows of 3 columns: row r of expert e is 100 e + 10 r + column.
  std::vector<float> fused, turned(24);
  for (int e = 0; e < 2; ++e)
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 3; ++c) {
        fused.push_back(static_cast<float>(100 * e + 10 * r + c));
        turned[static_cast<std::size_t>(12 * e + 4 * c + r)] = fused.back();   // (expert, in, out)
      }
  const Sample sample({{"f", Dtype::F32, {2, 4, 3}, bytes_of(fused)}, {"t", Dtype::F32, {2, 3, 4}, bytes_of(turned)}});
  const Slice up{.of_expert = true, .blocks = 2, .block = 1};
  CHECK(row(sample.find({"f", up, 1}, {2, 3}), 0, 3) == std::vector<float>{120, 121, 122});
  const Slice interleaved{.of_expert = true, .first = 1, .step = 2};
  CHECK(row(sample.find({"f", interleaved, 1}, {2, 3}), 1, 3) == std::vector<float>{130, 131, 132});
  const Slice transposed{.of_expert = true, .blocks = 2, .block = 1, .transposed = true};
  CHECK(row(sample.find({"t", transposed, 1}, {2, 3}), 0, 3) == std::vector<float>{120, 121, 122});
  const Slice alternating{.of_expert = true, .first = 1, .step = 2, .transposed = true};
  CHECK(row(sample.find({"t", alternating, 0}, {2, 3}), 1, 3) == std::vector<float>{30, 31, 32});
}

TEST_CASE("mxfp4: two codes a byte, low nibble first, a power of two for each 32 columns") {
  std::vector<std::uint8_t> codes(2 * 16, 0x21);   // low 1 = 0.5, high 2 = 1
  const Sample sample({{"w_blocks", Dtype::U8, {1, 2, 1, 16}, codes}, {"w_scales", Dtype::U8, {1, 2, 1}, {128, 127}}});
  const Slice expert{.of_expert = true};
  const auto found = sample.find({"w", expert, 0}, {2, 32});
  CHECK(row(found, 0, 32)[0] == 1.0f);   // 0.5 * 2^(128 - 127)
  CHECK(row(found, 0, 32)[1] == 2.0f);
  CHECK(row(found, 1, 32)[31] == 1.0f);
}

TEST_CASE("a name that is not there is no tensor") {
  const Sample sample({{"a", Dtype::F32, {1}, bytes_of({1})}});
  CHECK(io::stored_tensor(sample.checkpoint, {"b"}).tensor == nullptr);
}
