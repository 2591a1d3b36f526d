// Tests of include/etalon/io/safetensors_header.hpp; the table of malformed headers is in safetensors.cpp.
#include <etalon/io/safetensors_header.hpp>

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;

TEST_CASE("entries come sorted by name, with what the header states and nothing checked against a file") {
  const SafetensorsHeader header = read_safetensors_header(
      R"({"b":{"shape":[2,3],"dtype":"BF16","data_offsets":[99,7]},"__metadata__":{"k":"v"},)"
      R"("a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}   )", "m");
  REQUIRE(header.entries.size() == 2);
  CHECK(header.entries[0].name == "a");
  CHECK(header.entries[0].shape.empty());
  CHECK(header.entries[0].end == 8);
  CHECK(header.entries[1].dtype == Dtype::BF16);
  CHECK(header.entries[1].shape == std::vector<std::int64_t>{2, 3});
  CHECK(header.entries[1].begin == 99);
  CHECK(header.metadata.at("k") == "v");
}

TEST_CASE("metadata with the names of fields is metadata, a tensor with the name of a field a tensor") {
  const SafetensorsHeader header = read_safetensors_header(
      R"({"__metadata__":{"dtype":"x","shape":"y"},"shape":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})", "m");
  CHECK(header.metadata.at("shape") == "y");
  CHECK(header.entries.at(0).name == "shape");
}

TEST_CASE("errors name the tensor, the line and the column") {
  const std::string said = error_of([] {
    read_safetensors_header("{\"x\":{\"dtype\":\"F32\",\n\"shape\":[-1]", "m.safetensors");
  });
  CHECK(contains(said, "m.safetensors (header) line 2 column 10: expected a whole number from 0 to 2^63 - 1 in shape, "
                       "found the number -1 in tensor \"x\"; "));
}
