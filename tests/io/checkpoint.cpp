// Tests of include/etalon/io/checkpoint.hpp.
#include <etalon/io/checkpoint.hpp>

#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <etalon/io/safetensors_writer.hpp>
#include "scratch.hpp"
#include "support/large_pages.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;
using etalon::test::golden_models;
using etalon::test::Scratch;

static_assert(!std::is_copy_constructible_v<Checkpoint> && std::is_move_constructible_v<Checkpoint>);

// A shard of one-byte tensors with these names; each holds `value`.
static void write_shard(const Scratch& scratch, const std::string& name, const std::vector<std::string>& tensors,
                        int value = 0) {
  SafetensorsWriter writer;
  for (const std::string& tensor : tensors) {
    writer.add_owned(tensor, Dtype::U8, {1}, {static_cast<std::byte>(value)});
  }
  writer.set_metadata("format", "pt");
  writer.write(scratch.path() / name);
}

static void write_index(const Scratch& scratch, const std::string& weight_map) {
  scratch.write("model.safetensors.index.json", R"({"metadata": {"total_size": 1}, "weight_map": )" + weight_map + "}");
}

static std::string open_error(const std::filesystem::path& path) {
  return error_of([&] { Checkpoint::open(path); });
}

TEST_CASE("one file and the same tensors in shards are one checkpoint") {
  const Checkpoint sharded = Checkpoint::open(golden_models() / "deepseek_v3_f32_shards");
  CHECK(sharded.files().size() == 3);
  CHECK(sharded.tensors().size() == 53);
  const Checkpoint by_index = Checkpoint::open(golden_models() / "deepseek_v3_f32_shards/model.safetensors.index.json");
  CHECK(by_index.tensors().size() == 53);
  CHECK(std::is_sorted(sharded.tensors().begin(), sharded.tensors().end(),
                       [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; }));
  const TensorInfo* norm = sharded.find("model.norm.weight");
  REQUIRE(norm != nullptr);
  CHECK(norm->dtype == Dtype::F32);
  CHECK(norm->shape == std::vector<std::int64_t>{64});
  CHECK(sharded.find("model.norm") == nullptr);
  CHECK(sharded.find("") == nullptr);
  CHECK(sharded.find("zzz") == nullptr);
}

TEST_CASE("files that fit memory twice are asked for in large pages, others are not") {
  static_assert(worth_large_pages(5, 10) && !worth_large_pages(6, 10) && !worth_large_pages(1, 0));
  CHECK(physical_memory() > std::uint64_t{1} << 20);
  const Scratch scratch;
  SafetensorsWriter writer;
  writer.add_owned("x", Dtype::U8, {3 << 20}, std::vector<std::byte>(3 << 20));
  writer.write(scratch.path() / "model.safetensors");
  const Checkpoint checkpoint = Checkpoint::open(scratch.path());
  const auto asked = etalon::test::asked_for_large_pages(checkpoint.files()[0].bytes().data());
  if (asked) CHECK(*asked);
}

TEST_CASE("a folder, its file, and a single shard can be opened") {
  CHECK(Checkpoint::open(golden_models() / "deepseek_v3").tensors().size() == 129);
  CHECK(Checkpoint::open(golden_models() / "deepseek_v3/model.safetensors").tensors().size() == 129);
  const auto shard = golden_models() / "deepseek_v3_f32_shards/model-00001-of-00003.safetensors";
  CHECK(Checkpoint::open(shard).tensors().size() < 53);
  CHECK(Checkpoint::open(golden_models() / "deepseek_v3").notes().empty());
}

TEST_CASE("tensors stay where they are when the checkpoint moves") {
  Checkpoint first = Checkpoint::open(golden_models() / "deepseek_v3_tied");
  const std::byte* place = first.find("model.norm.weight")->bytes.data();
  const Checkpoint second = std::move(first);
  CHECK(second.find("model.norm.weight")->bytes.data() == place);
  CHECK(second.find("model.norm.weight")->bytes[0] == *place);
}

TEST_CASE("with both a single file and an index, the single file counts if it is sound and complete") {
  const Scratch scratch;
  write_index(scratch, R"({"a": "one.safetensors", "b": "two.safetensors"})");
  write_shard(scratch, "one.safetensors", {"a"}, 1);
  write_shard(scratch, "two.safetensors", {"b"}, 1);
  write_shard(scratch, "model.safetensors", {"a", "b", "c"}, 2);
  const Checkpoint single = Checkpoint::open(scratch.path());
  CHECK(single.find("a")->bytes[0] == std::byte{2});
  CHECK(contains(single.notes().at(0), "model.safetensors holds all of it"));
  write_shard(scratch, "model.safetensors", {"a"}, 2);
  const Checkpoint index = Checkpoint::open(scratch.path());
  CHECK(index.find("a")->bytes[0] == std::byte{1});
  CHECK(contains(index.notes().at(0), "the index is used"));
  scratch.write("model.safetensors", "cut short");
  CHECK(Checkpoint::open(scratch.path()).find("b")->bytes[0] == std::byte{1});
}

TEST_CASE("an index that is not one is refused") {
  struct Bad {
    const char* index;
    const char* message;
  };
  const Bad table[] = {
      {"[]", "expected an object weight_map of tensor names and shards, found a list of 0"},
      {"{}", "found no weight_map; fetch the index again"},
      {R"({"weight_map": []})", "found a list of 0"},
      {R"({"weight_map": {}})", "expected a weight_map with tensors, found an empty one"},
      {R"({"weight_map": {"a": 1}})", "found the number 1 for tensor \"a\""},
      {R"({"weight_map": {"a": null}})", "found null for tensor \"a\""},
      {R"({"weight_map": {"a": ""}})", "found the text \"\" for tensor \"a\""},
      {R"({"weight_map": {"a": "model.bin"}})", "plain names of .safetensors files beside the index"},
      {R"({"weight_map": {"a": "../model.safetensors"}})", "found the text \"../model.safetensors\" for tensor \"a\""},
      {R"({"weight_map": {"a": "/etc/model.safetensors"}})", "plain names of .safetensors files"},
      {R"({"weight_map": {"a": "sub/model.safetensors"}})", "plain names of .safetensors files"},
      {R"({"weight_map": {"a": "..\\model.safetensors"}})", "plain names of .safetensors files"},
      {R"({"weight_map": {"a": "model\u0000.safetensors"}})", "plain names of .safetensors files"},
      {R"({"weight_map": {"a": ".."}})", "plain names of .safetensors files"},
      {R"({"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}})", "found \"a\" twice"},
      {R"({"weight_map": {"a": )", "line 1 column 22: expected more JSON"},
  };
  for (const Bad& bad : table) {
    const Scratch scratch;
    const auto index = scratch.write("model.safetensors.index.json", bad.index);
    const std::string said = open_error(scratch.path());
    CAPTURE(said);
    CHECK(contains(said, bad.message));
    CHECK(contains(said, index.string()));
    CHECK(contains(open_error(index), bad.message));
  }
}

TEST_CASE("all problems of an index and its shards come in one Error") {
  const Scratch scratch;
  write_index(scratch, R"({"a": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors",
                           "d": "gone.safetensors", "e": "bad.safetensors", "f": "two.safetensors"})");
  write_shard(scratch, "one.safetensors", {"a", "c", "x"});
  write_shard(scratch, "two.safetensors", {"c"});
  scratch.write("bad.safetensors", "version https://git-lfs");
  const std::string said = open_error(scratch.path());
  CAPTURE(said);
  CHECK(contains(said, "expected every tensor in the shard that the index names, found "));
  CHECK(contains(said, "gone.safetensors: expected a readable file"));
  CHECK(contains(said, "bad.safetensors: expected a safetensors file, found a git-lfs pointer"));
  CHECK(contains(said, "tensor \"b\" absent from one.safetensors"));
  CHECK(contains(said, "tensor \"c\" in one.safetensors instead of two.safetensors"));
  CHECK(contains(said, "tensor \"x\" in one.safetensors, which the index does not name"));
  CHECK(contains(said, "tensor \"f\" absent from two.safetensors"));
  CHECK_FALSE(contains(said, "\"d\""));  // its shard is named once, not each of its tensors
  CHECK_FALSE(contains(said, "\n"));
}

TEST_CASE("a thousand problems are counted, not listed") {
  const Scratch scratch;
  std::string map = "{";
  for (int i = 0; i < 1000; ++i) map += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"one.safetensors\"";
  write_index(scratch, map + "}");
  write_shard(scratch, "one.safetensors", {"0"});
  const std::string said = open_error(scratch.path());
  CHECK(contains(said, "and 987 more"));
  CHECK(said.size() < 2000);
}

TEST_CASE("tensor in another shard than the index says is refused though it exists") {
  const Scratch scratch;
  write_index(scratch, R"({"a": "one.safetensors", "b": "two.safetensors"})");
  write_shard(scratch, "one.safetensors", {"b"});
  write_shard(scratch, "two.safetensors", {"a"});
  const std::string said = open_error(scratch.path());
  CHECK(contains(said, "tensor \"a\" in two.safetensors instead of one.safetensors"));
  CHECK(contains(said, "tensor \"b\" in one.safetensors instead of two.safetensors"));
}

TEST_CASE("shards may be links, as in the cache of the Hugging Face hub") {
  const Scratch scratch;
  write_shard(scratch, "blob", {"a"});
  std::filesystem::create_directory(scratch.path() / "snapshot");
  std::filesystem::create_symlink("../blob", scratch.path() / "snapshot/model.safetensors");
  CHECK(Checkpoint::open(scratch.path() / "snapshot").find("a") != nullptr);
}

TEST_CASE("without weights the Error says what is there instead") {
  const Scratch scratch;
  CHECK(contains(open_error(scratch.path()), "expected model.safetensors or model.safetensors.index.json"));
  CHECK(contains(open_error(scratch.path() / "no"), "expected a model folder, found nothing there"));
  CHECK(contains(open_error(scratch.write("model.gguf", "GGUF\3")), "expected a safetensors file, found a GGUF file"));
}
