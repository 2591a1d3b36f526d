// Tests of include/etalon/io/bind.hpp: checkpoints that do not fit, altered from a golden one.
#include <etalon/io/bind.hpp>

#include <doctest/doctest.h>

#include "support/filled.hpp"
#include "support/folders.hpp"

using namespace etalon;
using namespace etalon::test;
using io::Dtype;

namespace {

// A model of two matrices and a vector, so that every message can be foreseen.
struct Tiny {
  Linear<Hidden, Channel> gate = linear_of<Hidden, Channel>(2, 3);
  Weight<Expert> correction{{4}, {}};

  void each_part(auto&& part) {
    part("gate", gate);
    part("correction", correction);
  }
};

io::BindRules rules() {
  io::BindRules rules;
  rules.sources = [](const std::string& path) {
    return std::vector<Source>{{"model." + path}, {path}};   // one name, or another
  };
  rules.ignored = [](const std::string& name) { return name == "buffer"; };
  return rules;
}

struct Given { std::string name; Dtype dtype; std::vector<std::int64_t> shape; std::size_t bytes; };

// What binding the tiny model to these tensors says, or how many weights it bound.
std::string bound(const std::vector<Given>& tensors) {
  const Scratch folder;
  io::SafetensorsWriter writer;
  for (const Given& t : tensors) writer.add_owned(t.name, t.dtype, t.shape, std::vector<std::byte>(t.bytes));
  writer.write(folder.path() / "model.safetensors");
  const auto checkpoint = io::Checkpoint::open(folder.path());
  Tiny model;
  std::size_t weights = 0;
  const auto bind = [&] { weights = io::bind_weights(model, checkpoint, rules(), "FOLDER").size(); };
  const std::string message = error_of(bind);
  return message == "no error" ? std::to_string(weights) + " bound" : message;
}

const Given gate{"model.gate.weight", Dtype::BF16, {2, 3}, 12}, correction{"correction", Dtype::F32, {4}, 16};

}  // namespace

TEST_CASE("every weight finds its tensor, under the preferred name or another") {
  CHECK(bound({gate, correction}) == "2 bound");
  CHECK(bound({{"gate.weight", Dtype::F32, {2, 3}, 24}, correction}) == "2 bound");
}

TEST_CASE("a vector may be stored with an axis of length 1, and buffers of other software are let be") {
  CHECK(bound({gate, {"correction", Dtype::F32, {1, 4}, 16}, {"buffer", Dtype::I64, {1}, 8}}) == "2 bound");
}

TEST_CASE("everything that does not fit is named at once: missing, misshapen, of a wrong dtype, unknown") {
  const std::string message = bound({{"model.gate.weight", Dtype::BF16, {3, 2}, 12}, {"extra", Dtype::F32, {5}, 20}});
  CHECK(contains(message, "FOLDER: expected the tensors that config.json describes, found 3 that do not fit"));
  CHECK(contains(message, "shape: model.gate.weight is [3, 2], expected [2, 3]"));
  CHECK(contains(message, "missing: model.correction or correction"));
  CHECK(contains(message, "unknown: extra F32 [5]"));
  CHECK(contains(bound({{"model.gate.weight", Dtype::BOOL, {2, 3}, 6}, correction}),
                 "format: model.gate.weight: dtype BOOL"));
}

TEST_CASE("8-bit floats want their block scales, and take them out of the unknown") {
  const Given codes{"model.gate.weight", Dtype::F8_E4M3, {2, 3}, 6};
  CHECK(contains(bound({codes, correction}), "format: model.gate.weight: F8_E4M3 without its scales"));
  CHECK(bound({codes, correction, {"model.gate.weight_scale_inv", Dtype::F32, {1, 1}, 4}}) == "2 bound");
  CHECK(contains(bound({codes, correction, {"model.gate.weight_scale_inv", Dtype::F32, {2, 1}, 8}}),
                 "expected [1, 1]"));
}

TEST_CASE("the inventory says what each weight is: shape, numbers, bytes with scales, format") {
  const Scratch folder;
  io::SafetensorsWriter writer;
  writer.add_owned("model.gate.weight", Dtype::F8_E4M3, {2, 3}, std::vector<std::byte>(6));
  writer.add_owned("model.gate.weight_scale_inv", Dtype::F32, {1, 1}, std::vector<std::byte>(4));
  writer.add_owned("correction", Dtype::F32, {4}, std::vector<std::byte>(16));
  writer.write(folder.path() / "model.safetensors");
  const auto checkpoint = io::Checkpoint::open(folder.path());
  Tiny model;
  const auto weights = io::bind_weights(model, checkpoint, rules(), "FOLDER");
  REQUIRE(weights.size() == 2);
  CHECK(weights[0].path == "gate.weight");
  CHECK(weights[0].tensor == "model.gate.weight");
  CHECK(weights[0].format == "F8_E4M3 + F32 scales");
  CHECK(weights[0].shape == std::vector<int>{2, 3});
  CHECK(weights[0].count == 6);
  CHECK(weights[0].bytes == 10);
  CHECK_FALSE(weights[0].routed);
  CHECK(model.gate.weight.bound());
}
