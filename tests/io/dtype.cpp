// Tests of include/etalon/io/dtype.hpp.
#include <etalon/io/dtype.hpp>

#include <doctest/doctest.h>

using namespace etalon::io;

TEST_CASE("names and types are one to one") {
  for (const DtypeFacts& row : dtype_table) {
    CHECK(dtype_named(row.name) == row.dtype);
    CHECK(name_of(row.dtype) == row.name);
    CHECK(bits_of(row.dtype) == row.bits);
  }
}

TEST_CASE("sizes are those the names say") {
  CHECK(bits_of(Dtype::F64) == 64);
  CHECK(bits_of(Dtype::BF16) == 16);
  CHECK(bits_of(Dtype::F8_E4M3) == 8);
  CHECK(bits_of(Dtype::F8_E8M0) == 8);
  CHECK(bits_of(Dtype::F6_E2M3) == 6);
  CHECK(bits_of(Dtype::F4) == 4);
  CHECK(bits_of(Dtype::I64) == 64);
  CHECK(bits_of(Dtype::BOOL) == 8);
}

TEST_CASE("names are exact: no other case, no blanks, no PyTorch spelling") {
  for (const char* name : {"", "f32", "F32 ", "float32", "torch.float32", "F8", "E4M3"}) {
    CHECK_FALSE(dtype_named(name).has_value());
  }
}
