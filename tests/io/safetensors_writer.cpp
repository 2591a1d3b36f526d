// Tests of include/etalon/io/safetensors_writer.hpp.
#include <etalon/io/safetensors_writer.hpp>

#include <csignal>
#include <random>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <doctest/doctest.h>

#include <etalon/io/checkpoint.hpp>
#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::content_of;
using etalon::test::count_files;
using etalon::test::error_of;
using etalon::test::Scratch;

using Shape = std::vector<std::int64_t>;

TEST_CASE("a small file is this, byte for byte") {
  const Scratch scratch;
  SafetensorsWriter writer;
  const std::vector<std::uint8_t> bytes = {7};
  const std::vector<float> floats = {1.0f, -2.0f};
  writer.add_copy<std::uint8_t>("a", Dtype::U8, {1}, bytes);
  writer.add_copy<float>("b", Dtype::F32, {1, 2}, floats);
  writer.set_metadata("k", "v\"");
  writer.write(scratch.path() / "x");
  const std::string header = R"({"__metadata__":{"k":"v\""},"b":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                             R"("a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  std::string expected(1, static_cast<char>(padded.size()));
  expected += std::string(7, '\0') + padded + std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0\x07", 9);
  CHECK(content_of(scratch.path() / "x") == expected);
}

TEST_CASE("what is written is read back: every dtype, any shape, names in any script") {
  const Scratch scratch;
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    SafetensorsWriter writer;
    std::map<std::string, std::pair<Dtype, std::vector<std::byte>>> expected;
    for (unsigned i = 0; i < random() % 20; ++i) {
      const Dtype dtype = dtype_table[random() % dtype_table.size()].dtype;
      Shape shape = {8};
      for (unsigned axes = random() % 4; axes-- > 0;) shape.push_back(random() % 4);
      std::vector<std::byte> bytes(*byte_count(dtype, shape));
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
      const std::string name = "名\n\"" + std::to_string(i);
      expected[name] = {dtype, bytes};
      writer.add_owned(name, dtype, shape, std::move(bytes));
    }
    writer.set_metadata("tokens", "1,2,3");
    writer.write(scratch.path() / "x.safetensors");
    const Checkpoint checkpoint = Checkpoint::open(scratch.path() / "x.safetensors");
    CHECK(checkpoint.metadata().at("tokens") == "1,2,3");
    REQUIRE(checkpoint.tensors().size() == expected.size());
    for (const TensorInfo& info : checkpoint.tensors()) {
      const auto& [dtype, bytes] = expected.at(info.name);
      CHECK(info.dtype == dtype);
      CHECK(std::equal(info.bytes.begin(), info.bytes.end(), bytes.begin(), bytes.end()));
    }
  }
}

TEST_CASE("equal content gives equal bytes, in whatever order it was added") {
  const Scratch scratch;
  const std::vector<float> values = {1, 2};
  const std::vector<std::int32_t> numbers = {3};
  SafetensorsWriter forward, backward;
  forward.add_copy<float>("a", Dtype::F32, {2}, values);
  forward.add_copy<std::int32_t>("b", Dtype::I32, {1}, numbers);
  backward.add_copy<std::int32_t>("b", Dtype::I32, {1}, numbers);
  backward.add_copy<float>("a", Dtype::F32, {2}, values);
  forward.write(scratch.path() / "x");
  backward.write(scratch.path() / "y");
  CHECK(content_of(scratch.path() / "x") == content_of(scratch.path() / "y"));
}

TEST_CASE("tensors are aligned to their elements whatever is mixed") {
  const Scratch scratch;
  SafetensorsWriter writer;
  writer.add_owned("a", Dtype::U8, {3}, std::vector<std::byte>(3));
  writer.add_owned("b", Dtype::F64, {1}, std::vector<std::byte>(8));
  writer.add_owned("c", Dtype::BF16, {1}, std::vector<std::byte>(2));
  writer.add_owned("d", Dtype::F32, {1}, std::vector<std::byte>(4));
  writer.write(scratch.path() / "x");
  const MappedFile file = MappedFile::open(scratch.path() / "x");
  for (const TensorInfo& info : parse_safetensors(file.bytes(), "x").tensors) {
    const auto offset = static_cast<std::size_t>(info.bytes.data() - file.bytes().data());
    CHECK(offset % (static_cast<std::size_t>(bits_of(info.dtype)) / 8) == 0);
  }
}

TEST_CASE("owned bytes stay valid while more tensors are added") {
  const Scratch scratch;
  SafetensorsWriter writer;
  for (int i = 0; i < 1000; ++i) {
    writer.add_owned(std::to_string(i), Dtype::U8, {1}, {static_cast<std::byte>(i)});
  }
  writer.write(scratch.path() / "x.safetensors");
  const Checkpoint checkpoint = Checkpoint::open(scratch.path() / "x.safetensors");
  for (int i = 0; i < 1000; ++i) CHECK(checkpoint.find(std::to_string(i))->bytes[0] == static_cast<std::byte>(i));
}

TEST_CASE("bytes that do not fill the shape, names twice or not in UTF-8 are refused and nothing is written") {
  const Scratch scratch;
  SafetensorsWriter writer;
  CHECK(contains(error_of([&] { writer.add_owned("a", Dtype::F32, {2}, std::vector<std::byte>(4)); }),
                 "tensor \"a\": expected bytes that fill F32 [2], found 4 bytes"));
  CHECK(error_of([&] { writer.add_owned("a", Dtype::U8, {-1}, {}); }) != "no error");
  writer.add_owned("a", Dtype::U8, {0}, {});
  writer.add_owned("a", Dtype::U8, {0}, {});
  CHECK(contains(error_of([&] { writer.write(scratch.path() / "x"); }), "found tensor \"a\" twice; rename one"));
  SafetensorsWriter reserved;
  reserved.add_owned("__metadata__", Dtype::U8, {0}, {});
  CHECK(contains(error_of([&] { reserved.write(scratch.path() / "x"); }), "a name the format keeps"));
  SafetensorsWriter broken;
  broken.set_metadata("k", "\xff");
  CHECK(contains(error_of([&] { broken.write(scratch.path() / "x"); }), "expected names and metadata in UTF-8"));
  CHECK(count_files(scratch.path()) == 0);
}

TEST_CASE("an unwritable destination is an Error, before long work by probe, and nothing is left behind") {
  const Scratch scratch;
  SafetensorsWriter writer;
  writer.add_owned("a", Dtype::U8, {100'000}, std::vector<std::byte>(100'000));
  const auto missing = scratch.path() / "no" / "x";
  CHECK(contains(error_of([&] { SafetensorsWriter::probe(missing); }), "expected a folder to write into"));
  CHECK(contains(error_of([&] { writer.write(missing); }), "expected a folder to write into"));
  // The nearest thing to a full disk that any user can arrange.
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{.rlim_cur = 4096, .rlim_max = old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string said = error_of([&] { writer.write(scratch.path() / "x"); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  CHECK(contains(said, "expected a disk that takes the file"));
  CHECK(count_files(scratch.path()) == 0);
}

TEST_CASE("every tensor of a golden checkpoint survives a copy") {
  const Scratch scratch;
  const Checkpoint original = Checkpoint::open(etalon::test::golden_models() / "deepseek_v3_fp8");
  SafetensorsWriter writer;
  for (const TensorInfo& info : original.tensors()) writer.add_borrowed(info.name, info.dtype, info.shape, info.bytes);
  writer.write(scratch.path() / "copy.safetensors");
  const Checkpoint copy = Checkpoint::open(scratch.path() / "copy.safetensors");
  REQUIRE(copy.tensors().size() == original.tensors().size());
  for (const TensorInfo& info : original.tensors()) {
    const TensorInfo* same = copy.find(info.name);
    REQUIRE(same != nullptr);
    CHECK(same->dtype == info.dtype);
    CHECK(same->shape == info.shape);
    CHECK(std::equal(info.bytes.begin(), info.bytes.end(), same->bytes.begin(), same->bytes.end()));
  }
}
