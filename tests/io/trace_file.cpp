// Tests of include/etalon/io/trace_file.hpp.
#include <etalon/io/trace_file.hpp>

#include <doctest/doctest.h>

#include <etalon/io/checkpoint.hpp>

#include "io/scratch.hpp"
#include "support/scripted_engine.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

Shown floats(const char* name, const std::vector<float>& values, int rows) {
  return shown(name, View<const float, Token, Channel>{values.data(), {rows, static_cast<int>(values.size()) / rows}});
}

template <class T> std::vector<T> read(const io::Checkpoint& file, const char* name) {
  const io::TensorInfo* tensor = file.find(name);
  REQUIRE(tensor);
  std::vector<T> values(tensor->bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor->bytes.data(), tensor->bytes.size());
  return values;
}

}  // namespace

TEST_CASE("rows of several steps stand one after the other: the file does not show how the run was cut") {
  const Scratch folder;
  const std::vector<float> first{1, 2, 3, 4}, second{5, 6};
  const std::vector<int> choice{7, 8, 9};
  io::TraceRecorder recorder;
  recorder(floats("layers.0.out", first, 2));
  recorder(shown("layers.0.router.choice", View<const int, Token, Choice>{choice.data(), {1, 3}}));
  recorder(floats("layers.0.out", second, 1));
  io::SafetensorsWriter writer;
  recorder.write_to(writer);
  writer.write(folder.path() / "trace.safetensors");
  const auto file = io::Checkpoint::open(folder.path() / "trace.safetensors");
  CHECK(file.find("layers.0.out")->shape == std::vector<std::int64_t>{3, 2});
  CHECK(read<float>(file, "layers.0.out") == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(file.find("layers.0.router.choice")->dtype == io::Dtype::I32);
  CHECK(read<int>(file, "layers.0.router.choice") == choice);
  CHECK(file.metadata().at("axes.layers.0.out") == "token,channel");
  CHECK(file.metadata().at("axes.layers.0.router.choice") == "token,choice");
}

TEST_CASE("a vector over tokens has one axis") {
  const std::vector<float> margins{0.5f, 0.25f};
  io::TraceRecorder recorder;
  recorder(shown("layers.1.router.margin", View<const float, Token>{margins.data(), {2}}));
  recorder(shown("layers.1.router.margin", View<const float, Token>{margins.data(), {1}}));
  const Scratch folder;
  io::SafetensorsWriter writer;
  recorder.write_to(writer);
  writer.write(folder.path() / "t.safetensors");
  const auto file = io::Checkpoint::open(folder.path() / "t.safetensors");
  CHECK(file.find("layers.1.router.margin")->shape == std::vector<std::int64_t>{3});
}

TEST_CASE("the file says which run it came from") {
  ScriptedEngine engine;
  engine.run_options().numerics = Numerics::bf16;
  io::SafetensorsWriter writer;
  io::describe_run(writer, engine, "models/storyteller", {0, 776, 2});
  const Scratch folder;
  writer.write(folder.path() / "t.safetensors");
  const auto file = io::Checkpoint::open(folder.path() / "t.safetensors");
  const auto& metadata = file.metadata();
  CHECK(metadata.at("format") == "etalon-trace");
  CHECK(metadata.at("format_version") == io::trace_format);
  CHECK(metadata.at("model") == "models/storyteller");
  CHECK(metadata.at("family") == "scripted");
  CHECK(metadata.at("tokens") == "0,776,2");
  CHECK(metadata.at("numerics") == "bf16");
  CHECK(metadata.at("backend") == "cpu");
}
