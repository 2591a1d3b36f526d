// Tests of include/etalon/io/safetensors.hpp and the header it reads; the writer's own tests are beside it.
#include <etalon/io/safetensors.hpp>

#include <ctime>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <etalon/io/mapped_file.hpp>
#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;

static std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// A file with this header and that many zero bytes of data; length: what the file claims of its header.
static std::string file_with(const std::string& header, std::size_t data, std::uint64_t length) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(length >> (8 * i) & 0xff);
  return file + header + std::string(data, '\0');
}
static std::string file_with(const std::string& header, std::size_t data) {
  return file_with(header, data, header.size());
}

static std::string parse_error(const std::string& file) {
  return error_of([&] { parse_safetensors(bytes_of(file), "m.safetensors"); });
}

TEST_CASE("a file written by hand, byte for byte, gives its tensors in place and sorted by name") {
  const std::string header = R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},)"
                             R"("a":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}}  )";
  std::string file = file_with(header, 0);
  const std::size_t data = file.size();
  file += std::string("\x01\x00\xff\xff\x00\x00\x80\x3f\x00\x00\x00\xc0", 12);
  const SafetensorsContent content = parse_safetensors(bytes_of(file), "m.safetensors");
  REQUIRE(content.tensors.size() == 2);
  const TensorInfo& a = content.tensors[0];
  CHECK(a.name == "a");
  CHECK(a.dtype == Dtype::F32);
  CHECK(a.shape == std::vector<std::int64_t>{1, 2});
  CHECK(a.file == "m.safetensors");
  CHECK(a.bytes.data() == bytes_of(file).data() + data + 4);
  float values[2];
  std::memcpy(values, a.bytes.data(), a.bytes.size());
  CHECK(values[0] == 1.0f);
  CHECK(values[1] == -2.0f);
  CHECK(content.tensors[1].name == "b");
  CHECK(content.tensors[1].bytes.size() == 4);
  CHECK(content.metadata.at("format") == "pt");
}

TEST_CASE("empty files of tensors, single numbers, empty tensors and packed types are fine") {
  CHECK(parse_safetensors(bytes_of(file_with("{}", 0)), "m").tensors.empty());
  CHECK(parse_safetensors(bytes_of(file_with(R"({"__metadata__":{}})", 0)), "m").tensors.empty());
  const std::string scalar = file_with(R"({"x":{"dtype":"F64","shape":[],"data_offsets":[0,8]}})", 8);
  CHECK(parse_safetensors(bytes_of(scalar), "m").tensors[0].shape.empty());
  const std::string empty = file_with(R"({"x":{"dtype":"F32","shape":[0,1099511627776,9],"data_offsets":[0,0]},)"
                                      R"("y":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                      R"("z":{"dtype":"I8","shape":[0],"data_offsets":[1,1]}})", 1);
  CHECK(parse_safetensors(bytes_of(empty), "m").tensors[0].bytes.empty());
  CHECK(parse_safetensors(bytes_of(empty), "m").tensors.size() == 3);
  const std::string packed = file_with(R"({"x":{"dtype":"F4","shape":[3,2],"data_offsets":[0,3]}})", 3);
  CHECK(parse_safetensors(bytes_of(packed), "m").tensors[0].bytes.size() == 3);
  const std::string unnamed = file_with(R"({"":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}})", 3);
  CHECK(parse_safetensors(bytes_of(unnamed), "m").tensors[0].name.empty());
}

TEST_CASE("fields of a tensor may come in any order, names may be any text") {
  const auto content = parse_safetensors(
      bytes_of(file_with(R"({"\u00fc/..\n":{"data_offsets":[0,2],"shape":[2],"dtype":"F8_E4M3"}})", 2)), "m");
  CHECK(content.tensors[0].name == "ü/..\n");
}

struct Bad {
  const char* header;
  std::size_t data;
  const char* message;  // a part of it
};

// Header, bytes of data behind it, and what must be said.
static const std::vector<Bad> bad_headers = {
    // Not an object, or not JSON.
    {"", 0, "expected a header that starts with {, found an empty one"},
    {"[]", 0, "expected a header that starts with {, found \"[]\""},
    {" {}", 0, "expected a header that starts with {, found \" {}\""},
    {"\xef\xbb\xbf{}", 0, "expected a header that starts with {"},
    {"null", 0, "expected a header that starts with {, found \"null\""},
    {"{", 0, "m.safetensors (header) line 1 column 2: expected more JSON"},
    {"{}x", 0, "line 1 column 3: expected end of input, found \"x\""},
    {"{} {}", 0, "expected end of input"},
    {"{\"a\"}", 0, "expected ':'"},
    {"{\"\xff\":{}}", 0, "ill-formed UTF-8"},
    // Entries that are not objects.
    {"{\"x\":[]}", 0, "expected an object with dtype, shape and data_offsets, found a list for tensor \"x\""},
    {"{\"x\":1}", 0, "expected an object with dtype, shape and data_offsets, found the number 1 for tensor \"x\""},
    {"{\"x\":null}", 0, "expected an object with dtype, shape and data_offsets, found null"},
    {"{\"x\":{}}", 0, "expected dtype, shape and data_offsets, found no dtype in tensor \"x\""},
    // Metadata.
    {"{\"__metadata__\":[]}", 0, "expected __metadata__ of texts, found a list"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "expected __metadata__ of texts, found \"a\" with the number 1"},
    {"{\"__metadata__\":{\"a\":{}}}", 0, "expected __metadata__ of texts, found an object"},
    {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "expected every key of __metadata__ once, found \"a\" twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "expected __metadata__ once, found it twice"},
    // Fields.
    {R"({"x":{"dtype":"F32","shape":[1]}})", 4, "found no data_offsets in tensor \"x\""},
    {R"({"x":{"dtype":"F32","data_offsets":[0,4]}})", 4, "found no shape in tensor \"x\""},
    {R"({"x":{"shape":[1],"data_offsets":[0,4]}})", 4, "found no dtype in tensor \"x\""},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"stride":[1]}})", 4, "found the field \"stride\""},
    {R"({"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "found \"dtype\" twice in tensor"},
    {R"({"x":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", 4, "expected a dtype of the safetensors format"},
    {R"({"x":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}})", 4, "found the text \"f32\""},
    {R"({"x":{"dtype":32,"shape":[1],"data_offsets":[0,4]}})", 4, "expected the name of a dtype, found the number 32"},
    {R"({"x":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}})", 4, "expected the name of a dtype, found a list"},
    {R"({"x":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4, "expected a list of whole numbers as shape"},
    {R"({"x":{"dtype":"F32","shape":{},"data_offsets":[0,4]}})", 4, "shape, found an object in tensor \"x\""},
    {R"({"x":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "expected a whole number, found a list"},
    {R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "2^63 - 1 in shape, found the number -1"},
    {R"({"x":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}})", 0, "2^63 - 1 in shape"},
    {R"({"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "found the number 1.0 in tensor \"x\""},
    {R"({"x":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}})", 4, "found the number 1.0 in tensor"},
    {R"({"x":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})", 4, "found the text \"1\" in tensor \"x\""},
    {R"({"x":{"dtype":"F32","shape":[true],"data_offsets":[0,4]}})", 4, "found true in tensor \"x\""},
    {R"({"x":{"dtype":"F32","shape":[null],"data_offsets":[0,4]}})", 4, "found null in tensor \"x\""},
    {R"({"x":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}})", 4, "from 0 to 2^63 - 1"},
    {R"({"x":{"dtype":"F32","shape":[99999999999999999999999],"data_offsets":[0,4]}})", 4, "from 0 to 2^63 - 1"},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "expected two data_offsets, found fewer"},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[]}})", 4, "expected two data_offsets, found fewer"},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4, "expected two data_offsets, found more"},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":4}})", 4, "expected two whole numbers as data_offsets"},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,-4]}})", 4, "in data_offsets, found the number -4"},
    // Numbers that do not fit each other or the file.
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "data_offsets in ascending order, found [4, 0]"},
    {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4, "within the file's 4 bytes of data, found d"},
    {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]}})", 4,
     "within the file's 4 bytes of data"},
    {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "with 8 bytes for F32 [2], found 4 bytes"},
    {R"({"x":{"dtype":"F64","shape":[1],"data_offsets":[0,4]}})", 4, "with 8 bytes for F64 [1], found 4 bytes"},
    {R"({"x":{"dtype":"F32","shape":[],"data_offsets":[0,0]}})", 0, "with 4 bytes for F32 [], found 0 bytes"},
    {R"({"x":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2, "a shape that fills whole bytes"},
    {R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0, "and fits into memory"},
    {R"({"x":{"dtype":"U8","shape":[2305843009213693952],"data_offsets":[0,0]}})", 0, "and fits into memory"},
    {R"({"x":{"dtype":"U8","shape":[9223372036854775807,3],"data_offsets":[0,5]}})", 5, "and fits into memory"},
    // Cover of the data.
    {R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3, "behind a hole that starts at 0"},
    {R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 3, "ends with the last tensor, at byte 2, found 3"},
    {"{}", 1, "ends with the last tensor, at byte 0, found 1 bytes"},
    {R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3,
     "tensor \"y\" at byte 1, inside another tensor that ends at 2"},
    {R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2,
     "inside another tensor"},
    {R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"y":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}})", 4,
     "tensor \"y\" at byte 2, inside another tensor"},
    {R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})", 3,
     "tensor \"y\" at byte 2, behind a hole that starts at 1"},
    {R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2,
     "expected every tensor once, found tensor \"x\" twice"},
};

TEST_CASE("a header that lies in any of these ways is refused with expected, found and next step") {
  CHECK(bad_headers.size() >= 40);
  for (const Bad& bad : bad_headers) {
    const std::string said = parse_error(file_with(bad.header, bad.data));
    CAPTURE(said);
    CAPTURE(std::string(bad.header));
    CHECK(contains(said, bad.message));
    CHECK(contains(said, "m.safetensors"));
    CHECK(contains(said, "; "));
  }
}

TEST_CASE("a file too short for its header, or for any, is refused") {
  for (std::size_t size = 0; size < 8; ++size) {
    CHECK(contains(parse_error(std::string(size, '\1')), "at least 8 bytes, found " + std::to_string(size) + " bytes"));
  }
  CHECK(contains(parse_error(file_with("{}", 0, 3)), "expected a header of at most 2 bytes, found one that claims 3"));
  CHECK(contains(parse_error(file_with("{}", 0, UINT64_MAX)), "found one that claims 18446744073709551615"));
  CHECK(contains(parse_error(file_with("{}", 0, 0)), "found an empty one"));
  CHECK(contains(parse_error(file_with("{}  ", 0, 1)), "expected more JSON"));
  // Longer than the format allows, though the file is long enough.
  const std::string long_header = "{" + std::string(100'000'000, ' ') + "}";
  CHECK(contains(parse_error(file_with(long_header, 0)), "a header of at most 100000000 bytes"));
}

TEST_CASE("a sound file cut short at any byte is refused") {
  const std::string file = file_with(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4);
  CHECK(parse_error(file) == "no error");
  for (std::size_t size = 0; size < file.size(); ++size) CHECK(parse_error(file.substr(0, size)) != "no error");
}

TEST_CASE("brackets without end are refused, not followed") {
  const std::string brackets(1'000'000, '[');
  CHECK(contains(parse_error(file_with(R"({"x":{"shape":)" + brackets, 0)), "expected a whole number"));
  CHECK(contains(parse_error(file_with(R"({"x":)" + brackets, 0)), "expected an object with dtype"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"dtype\":";
  CHECK(contains(parse_error(file_with("{\"x\":" + objects, 0)), "expected the name of a dtype, found an object"));
}

TEST_CASE("files of other kinds are called by their name") {
  CHECK(contains(parse_error("version https://git-lfs.example/spec\noid sha256:0\n"), "found a git-lfs pointer"));
  CHECK(contains(parse_error("GGUF\3\0\0\0"), "found a GGUF file; use the model in its safetensors form"));
  CHECK(contains(parse_error("PK\x03\x04 and more"), "found a zip archive"));
  CHECK(contains(parse_error("\x80\x02}q"), "found a Python pickle"));
  CHECK(contains(parse_error("<!DOCTYPE html>"), "found a web page"));
}

TEST_CASE("a million tensors open in seconds") {
  std::string header = "{";
  const int count = 1'000'000;
  for (int i = count; i-- > 0;) {
    header += "\"" + std::to_string(i) + "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[" + std::to_string(i) +
              "," + std::to_string(i + 1) + "]}" + (i ? "," : "}");
  }
  const std::string file = file_with(header, count);
  const std::clock_t start = std::clock();  // processor time: the machine may be busy
  const SafetensorsContent content = parse_safetensors(bytes_of(file), "m");
  const double took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  CHECK(content.tensors.size() == count);
  CHECK(content.tensors[1].name == "1");
  CHECK(took < 30);  // one or two seconds; the slack is for sanitizers
}

TEST_CASE("every dtype has the size its name says") {
  for (const DtypeFacts& row : dtype_table) {
    CHECK(dtype_named(row.name) == row.dtype);
    CHECK(name_of(row.dtype) == row.name);
    const auto size = byte_count(row.dtype, {8});
    CHECK(size == static_cast<std::uint64_t>(row.bits));
  }
  CHECK(bits_of(Dtype::BF16) == 16);
  CHECK(bits_of(Dtype::F8_E8M0) == 8);
  CHECK_FALSE(dtype_named("").has_value());
  CHECK_FALSE(byte_count(Dtype::U8, {-1}).has_value());
}

TEST_CASE("the tensors of a real trace have the shapes its README states") {
  const auto path = etalon::test::golden_models() / "deepseek_v3/trace_short.safetensors";
  const MappedFile file = MappedFile::open(path);
  const SafetensorsContent content = parse_safetensors(file.bytes(), path.string());
  CHECK(content.tensors.size() == 26);
  CHECK(content.metadata.at("family") == "deepseek_v3");
  for (const TensorInfo& info : content.tensors) {
    CHECK(info.shape.at(0) == 9);  // tokens of the short prompt
    CHECK(info.bytes.size() == byte_count(info.dtype, info.shape));
  }
}
