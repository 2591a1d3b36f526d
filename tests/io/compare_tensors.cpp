// Tests of include/etalon/io/compare_tensors.hpp: reading numbers of every type; the rule is tested in compare.cpp.
#include <etalon/io/compare_tensors.hpp>

#include <vector>

#include <doctest/doctest.h>

using namespace etalon::io;

// One number of this type from its bytes, at an odd address.
static double number(Dtype dtype, std::vector<unsigned char> bytes) {
  bytes.insert(bytes.begin(), 0xee);
  TensorInfo info{.name = "x", .dtype = dtype, .shape = {1}, .bytes = {}, .file = ""};
  info.bytes = std::as_bytes(std::span(bytes)).subspan(1);
  return etalon::io::detail::number_at(info, 0);
}

TEST_CASE("numbers of every type are read from unaligned little-endian bytes") {
  CHECK(number(Dtype::F64, {0, 0, 0, 0, 0, 0, 0xf8, 0xbf}) == -1.5);
  CHECK(number(Dtype::F32, {0, 0, 0xc0, 0xbf}) == -1.5);
  CHECK(number(Dtype::BF16, {0xc0, 0xbf}) == -1.5);
  CHECK(number(Dtype::F16, {0x00, 0xbe}) == -1.5);
  CHECK(number(Dtype::F16, {0x01, 0x00}) == 0x1p-24);
  CHECK(number(Dtype::I64, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) == -2);
  CHECK(number(Dtype::I32, {0xfe, 0xff, 0xff, 0xff}) == -2);
  CHECK(number(Dtype::U32, {0xfe, 0xff, 0xff, 0xff}) == 4294967294.0);
  CHECK(number(Dtype::I16, {0xfe, 0xff}) == -2);
  CHECK(number(Dtype::U16, {0xfe, 0xff}) == 65534);
  CHECK(number(Dtype::I8, {0xfe}) == -2);
  CHECK(number(Dtype::U8, {0xfe}) == 254);
  CHECK(number(Dtype::BOOL, {1}) == 1);
}

TEST_CASE("whole numbers that a double cannot tell apart still differ") {
  const std::vector<std::int64_t> a = {std::int64_t{1} << 60}, b = {(std::int64_t{1} << 60) + 1};
  const TensorInfo x{.name = "x", .dtype = Dtype::I64, .shape = {1}, .bytes = std::as_bytes(std::span(a)), .file = ""};
  const TensorInfo y{.name = "x", .dtype = Dtype::I64, .shape = {1}, .bytes = std::as_bytes(std::span(b)), .file = ""};
  CHECK_FALSE(compare_tensor(x, y, 2e-5, {}).agrees);
  CHECK(compare_tensor(x, x, 2e-5, {}).agrees);
}

TEST_CASE("an index counts along the axes, last fastest") {
  CHECK(etalon::io::detail::index_of(7, {2, 3, 4}) == std::vector<std::int64_t>{0, 1, 3});
  CHECK(etalon::io::detail::index_of(23, {2, 3, 4}) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(etalon::io::detail::index_of(0, {}).empty());
}

TEST_CASE("an empty tensor agrees with an empty one; packed types are not compared") {
  const TensorInfo empty{.name = "x", .dtype = Dtype::F32, .shape = {0, 3}, .bytes = {}, .file = ""};
  CHECK(compare_tensor(empty, empty, 2e-5, {}).agrees);
  const std::vector<std::byte> bytes(2);
  const TensorInfo packed{.name = "x", .dtype = Dtype::F4, .shape = {4}, .bytes = bytes, .file = ""};
  CHECK_FALSE(compare_tensor(packed, packed, 2e-5, {}).judged);
  CHECK(compare_tensor(packed, packed, 2e-5, {}).note == "F4: not compared");
}
