// Tests of include/etalon/io/folder.hpp.
#include <etalon/io/folder.hpp>

#include <string>

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;
using etalon::test::Scratch;

static std::string folder_error(const std::filesystem::path& path) {
  return error_of([&] { check_model_folder(path); });
}

TEST_CASE("the golden checkpoints are model folders") {
  for (const char* name : {"deepseek_v3", "deepseek_v3_f32_shards", "kimi_k2"}) {
    CHECK(folder_error(etalon::test::golden_models() / name) == "no error");
  }
}

TEST_CASE("what beginners name instead of a model folder is called by its name") {
  const Scratch scratch;
  CHECK(contains(folder_error("deepseek-ai/DeepSeek-V3"),
                 "deepseek-ai/DeepSeek-V3: expected a model folder, found nothing there, but it looks like the id of a "
                 "model on the Hugging Face hub; download it first (hf download deepseek-ai/DeepSeek-V3 "));
  CHECK(contains(folder_error(scratch.path() / "no"), "found nothing there; check the path"));
  CHECK(contains(folder_error("./a/b"), "found nothing there; check the path"));
  CHECK(contains(folder_error("~/b"), "found nothing there; check the path"));
  CHECK(contains(folder_error(""), "expected a model folder, found nothing there"));
  CHECK(contains(folder_error(scratch.write("m.gguf", "GGUF")), "expected a model folder, found a GGUF file"));
  CHECK(contains(folder_error(scratch.write("config.json", "{}")), "found a file; name the folder that holds"));
  CHECK(contains(folder_error(std::string(5000, 'x')), "expected a model folder, found "));  // the system's own words
}

TEST_CASE("a folder without config.json says what it has") {
  const Scratch scratch;
  CHECK(contains(folder_error(scratch.path()), "expected config.json in the folder, found an empty folder"));
  scratch.write("tokenizer.json", "{}");
  CHECK(contains(folder_error(scratch.path()), "found only \"tokenizer.json\"; download the whole model"));
  scratch.write("DeepSeek-V3/config.json", "{}");
  CHECK(contains(folder_error(scratch.path()), "found one in a folder inside it; name the inner folder"));
  scratch.write("model.gguf", "GGUF");
  CHECK(contains(folder_error(scratch.path()), "expected config.json in the folder, found a GGUF file"));
}

TEST_CASE("a folder without weights says what it has instead") {
  const Scratch scratch;
  scratch.write("config.json", "{}");
  CHECK(contains(folder_error(scratch.path()), "found only \"config.json\"; download the *.safetensors files"));
  scratch.write("tokenizer.json", "{}");
  CHECK(contains(folder_error(scratch.path()), "found a tokenizer and no weights; download the *.safetensors"));
  scratch.write("pytorch_model.bin", "PK");
  CHECK(contains(folder_error(scratch.path()), "found weights in PyTorch's format only; use the model in"));
  scratch.write("model-00001-of-00002.safetensors", "");
  CHECK(contains(folder_error(scratch.path()), "found other .safetensors files but no index that names them"));
  scratch.write("model.safetensors.index.json", "{}");
  CHECK(folder_error(scratch.path()) == "no error");  // what is inside is the checkpoint's business
}

TEST_CASE("a folder of many strange names gives a short message of one line") {
  const Scratch scratch;
  for (int i = 0; i < 100; ++i) scratch.write("a\nb\033[31m" + std::string(100, 'x') + std::to_string(i), "");
  const std::string said = folder_error(scratch.path());
  CHECK(said.size() < 900);
  CHECK(said.find_first_of("\n\033") == std::string::npos);
  CHECK(contains(said, "and 94 more"));
}
