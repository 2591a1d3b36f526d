// Tests of include/etalon/io/compare.hpp.
#include <etalon/io/compare.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <etalon/io/safetensors_writer.hpp>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;
using etalon::test::golden_models;
using etalon::test::Scratch;

// A trace of two tokens, three channels, four experts and two choices, to be changed before it is written.
struct Trace {
  std::vector<std::int32_t> tokens = {5, 7};
  std::vector<float> embed = {1, 2, 3, 4, 5, 6};
  std::vector<float> router_logits = {0.4f, 0.3f, 0.2f, 0.1f, 0.1f, 0.2f, 0.3f, 0.4f};
  std::vector<std::int32_t> choice = {0, 1, 2, 3};
  std::vector<float> weight = {0.6f, 0.4f, 0.4f, 0.6f};
  std::vector<float> margin = {0.1f, 1e-7f};
  std::vector<float> logits = {1, -2, 3, 4, 5, -6};
  bool has_tokens = true, has_margin = true;

  Checkpoint written(const Scratch& scratch, const std::string& name) const {
    SafetensorsWriter writer;
    if (has_tokens) writer.add_copy<std::int32_t>("tokens", Dtype::I32, {2}, tokens);
    writer.add_copy<float>("embed", Dtype::F32, {2, 3}, embed);
    writer.add_copy<float>("layers.0.router.logits", Dtype::F32, {2, 4}, router_logits);
    writer.add_copy<std::int32_t>("layers.0.router.choice", Dtype::I32, {2, 2}, choice);
    writer.add_copy<float>("layers.0.router.weight", Dtype::F32, {2, 2}, weight);
    if (has_margin) writer.add_copy<float>("layers.0.router.margin", Dtype::F32, {2}, margin);
    writer.add_copy<float>("logits", Dtype::F32, {2, 3}, logits);
    writer.set_metadata("axes.logits", "token,vocab");
    writer.write(scratch.path() / name);
    return Checkpoint::open(scratch.path() / name);
  }
};

static TraceComparison compared(const std::function<void(Trace&)>& change, CompareOptions options = {}) {
  const Scratch scratch;
  Trace reference, other;
  change(other);
  return compare_traces(reference.written(scratch, "a.safetensors"), other.written(scratch, "b.safetensors"), options);
}

TEST_CASE("a trace agrees with itself bit by bit") {
  const TraceComparison result = compared([](Trace&) {});
  CHECK(result.first_divergence() == nullptr);
  CHECK(result.bit_identical());
  CHECK(result.tensors.size() == 6);
  CHECK(result.only_reference.empty());
  CHECK(result.notes.empty());
}

TEST_CASE("the rule, by hand: 2e-5 of the largest magnitude agrees, a little more does not") {
  // max|logits| = 6, so 1.2e-4 is allowed in every element, however small that is itself.
  const TraceComparison within = compared([](Trace& t) { t.logits[0] += 1.1e-4f; });
  CHECK(within.first_divergence() == nullptr);
  CHECK_FALSE(within.bit_identical());
  const TraceComparison beyond = compared([](Trace& t) { t.logits[0] += 1.3e-4f; });
  REQUIRE(beyond.first_divergence() != nullptr);
  CHECK(beyond.first_divergence()->name == "logits");
  CHECK(compared([](Trace& t) { t.logits[0] += 1.3e-4f; }, {.tolerance = 3e-5}).first_divergence() == nullptr);
  CHECK(compared([](Trace& t) { t.logits[0] += 1e-6f; }, {.tolerance = 0}).first_divergence() != nullptr);
}

TEST_CASE("a divergence is named with index, values and figures") {
  const TraceComparison result = compared([](Trace& t) {
    t.logits[1] = -3;
    t.logits[5] = -8;
  });
  const TensorComparison* found = result.first_divergence();
  REQUIRE(found != nullptr);
  CHECK(found->axes == std::vector<std::string>{"token", "vocab"});
  CHECK(found->beyond == 2);
  CHECK(found->elements == 6);
  CHECK(found->first->index == std::vector<std::int64_t>{0, 1});
  CHECK(found->first->reference == -2);
  CHECK(found->first->other == -3);
  CHECK(found->worst->index == std::vector<std::int64_t>{1, 2});
  CHECK(found->max_difference == 2);
  CHECK(found->max_reference == 6);
  CHECK(found->ratio() == doctest::Approx(1.0 / 3));
}

TEST_CASE("the first in the order of the model is named, not the largest or the first by name") {
  const TraceComparison result = compared([](Trace& t) {
    t.logits[0] = 100;
    t.weight[0] = 0.7f;
    t.router_logits[0] = 0.41f;
  });
  CHECK(result.first_divergence()->name == "layers.0.router.logits");
}

TEST_CASE("NaN on one side diverges, on both it agrees; equal infinities agree") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const TraceComparison one_side = compared([&](Trace& t) { t.embed[4] = nan; });
  REQUIRE(one_side.first_divergence() != nullptr);
  CHECK(one_side.first_divergence()->worst->index == std::vector<std::int64_t>{1, 1});
  CHECK(std::isnan(one_side.first_divergence()->worst->other));
  CHECK(compared([&](Trace& t) { t.embed[4] = inf; }).first_divergence() != nullptr);
  const Scratch scratch;
  Trace both;
  both.embed[4] = nan;
  both.embed[0] = -inf;
  both.embed[1] = 2.0001f;
  Trace reference = both;
  reference.embed[1] = 2;
  const auto a = reference.written(scratch, "a"), b = both.written(scratch, "b");
  const TraceComparison result = compare_traces(a, b);
  CHECK(result.first_divergence() == nullptr);  // 1e-4 of max|embed| = 6: infinities are no magnitude
  CHECK(result.tensors[0].max_reference == 6);
  Trace opposite = both;
  opposite.embed[0] = inf;
  CHECK(compare_traces(a, opposite.written(scratch, "c")).first_divergence() != nullptr);
}

TEST_CASE("a reference of zeros agrees with zeros only") {
  auto zeros = [](float other) {
    const Scratch scratch;
    Trace a, b;
    a.embed = std::vector<float>(6, 0.0f);
    b.embed = std::vector<float>(6, other);
    return compare_traces(a.written(scratch, "a"), b.written(scratch, "b"));
  };
  CHECK(zeros(-0.0f).first_divergence() == nullptr);
  CHECK_FALSE(zeros(-0.0f).bit_identical());
  REQUIRE(zeros(1e-30f).first_divergence() != nullptr);
  CHECK(std::isinf(zeros(1e-30f).first_divergence()->ratio()));
}

TEST_CASE("a differing choice diverges, and the margin says whether it was a near tie") {
  // Token 0 has a margin of 0.1, token 1 of 1e-7; the logits differ by 1e-6 in each.
  auto flipped = [](std::vector<std::int32_t> choice, bool margin = true) {
    return compared([&](Trace& t) {
      for (float& logit : t.router_logits) logit += 1e-6f;
      t.choice = choice;
      t.has_margin = margin;
    });
  };
  const TraceComparison near_tie = flipped({0, 1, 1, 3});
  REQUIRE(near_tie.first_divergence() != nullptr);
  CHECK(near_tie.first_divergence()->name == "layers.0.router.choice");
  CHECK(contains(near_tie.first_divergence()->note, "1 token chose other experts within noise: a near tie (token 1: "));
  const std::string wrong = flipped({0, 2, 2, 3}).first_divergence()->note;
  CHECK(contains(wrong, "1 token chose other experts by more than rounding: an error (token 0: margin 0.1, scores"));
  const std::string both = flipped({0, 2, 1, 3}).first_divergence()->note;
  CHECK(contains(both, "more than rounding: an error; 1 token chose other experts within noise"));
  CHECK(contains(both, "(token 0: "));
  const std::string reordered = flipped({1, 0, 2, 3}).first_divergence()->note;
  CHECK(contains(reordered, "1 token list the same experts in another order than ascending id"));
}

TEST_CASE("without a margin a differing choice cannot be judged, and that is said") {
  const Scratch scratch;
  Trace reference, other;
  reference.has_margin = other.has_margin = false;
  other.choice[1] = 3;
  const auto a = reference.written(scratch, "a"), b = other.written(scratch, "b");
  CHECK(contains(compare_traces(a, b).first_divergence()->note, "without router.margin and scores to judge it by"));
}

TEST_CASE("the margin itself is not judged: near ties move it by much") {
  const TraceComparison result = compared([](Trace& t) { t.margin[1] = 3e-7f; });
  CHECK(result.first_divergence() == nullptr);
  CHECK_FALSE(result.bit_identical());
}

TEST_CASE("traces of other tokens are not compared; without tokens they are taken to be the same") {
  CHECK(contains(error_of([] { compared([](Trace& t) { t.tokens[1] = 8; }); }),
                 "expected the reference's token 7 at position 1, found 8; make both traces from the same token ids"));
  const TraceComparison result = compared([](Trace& t) { t.has_tokens = false; });
  CHECK(result.first_divergence() == nullptr);
  CHECK(contains(result.notes.at(0), "the token ids are not in the other trace"));
}

// A file with these tensors of one number each.
static Checkpoint numbers(const Scratch& scratch, const std::string& name,
                          const std::vector<std::pair<std::string, float>>& tensors, const std::string& tokens = "") {
  SafetensorsWriter writer;
  for (const auto& [tensor, value] : tensors) {
    writer.add_copy<float>(tensor, Dtype::F32, {1, 1}, std::vector<float>{value});
  }
  if (!tokens.empty()) writer.set_metadata("tokens", tokens);
  writer.write(scratch.path() / name);
  return Checkpoint::open(scratch.path() / name);
}

TEST_CASE("tokens may stand in the metadata") {
  const Scratch scratch;
  const auto a = numbers(scratch, "a", {{"embed", 1}}, "1,2,3"), b = numbers(scratch, "b", {{"embed", 1}}, "1,2");
  CHECK(contains(error_of([&] { compare_traces(a, b); }), "expected the reference's 3 tokens, found 2"));
  CHECK(compare_traces(a, numbers(scratch, "c", {{"embed", 1}}, "1,2,3")).notes.empty());
}

TEST_CASE("what only one side has is listed in order; nothing in common cannot be compared") {
  const Scratch scratch;
  const auto a = numbers(scratch, "a", {{"logits", 1}, {"final_norm", 1}, {"embed", 1}});
  const auto b = numbers(scratch, "b", {{"embed", 1}, {"layers.0.out", 1}});
  const TraceComparison result = compare_traces(a, b);
  CHECK(result.only_reference == std::vector<std::string>{"final_norm", "logits"});
  CHECK(result.only_other == std::vector<std::string>{"layers.0.out"});
  CHECK(result.first_divergence() == nullptr);
  const auto c = numbers(scratch, "c", {{"something", 1}});
  CHECK(contains(error_of([&] { compare_traces(a, c); }), "found none in common; name the tensors as a trace does"));
}

TEST_CASE("other shapes diverge and are named; a leading axis of one does not matter") {
  const Scratch scratch;
  auto embed = [&](const std::string& name, std::vector<std::int64_t> shape) {
    SafetensorsWriter writer;
    writer.add_owned("embed", Dtype::F32, std::move(shape), std::vector<std::byte>(24));
    writer.write(scratch.path() / name);
    return Checkpoint::open(scratch.path() / name);
  };
  const auto a = embed("a", {2, 3});
  const auto transposed = compare_traces(a, embed("b", {3, 2}));
  CHECK(transposed.first_divergence()->note == "reference F32 [2, 3], other F32 [3, 2]");
  CHECK(compare_traces(a, embed("c", {1, 2, 3})).bit_identical());
  CHECK(compare_traces(a, embed("d", {6})).first_divergence() != nullptr);
}

TEST_CASE("real numbers of any type are compared as double, a run in double alone is passed over") {
  const Scratch scratch;
  SafetensorsWriter exact, half, whole;
  exact.add_copy<double>("logits", Dtype::F64, {2}, std::vector<double>{1.0, -0.5});
  exact.add_copy<double>("logits.f64", Dtype::F64, {2}, std::vector<double>{1.0, -0.5});
  half.add_copy<std::uint16_t>("logits", Dtype::BF16, {2}, std::vector<std::uint16_t>{0x3f80, 0xbf00});
  whole.add_copy<std::int32_t>("logits", Dtype::I32, {2}, std::vector<std::int32_t>{1, 0});
  exact.write(scratch.path() / "a");
  half.write(scratch.path() / "b");
  whole.write(scratch.path() / "c");
  const auto a = Checkpoint::open(scratch.path() / "a"), b = Checkpoint::open(scratch.path() / "b");
  const TraceComparison result = compare_traces(a, b);
  CHECK(result.first_divergence() == nullptr);
  CHECK_FALSE(result.bit_identical());
  CHECK(result.only_reference.empty());
  CHECK(contains(compare_traces(a, Checkpoint::open(scratch.path() / "c")).first_divergence()->note,
                 "reference F64 [2], other I32 [2]"));
}

TEST_CASE("golden traces agree with themselves, and an error planted in any tensor is named there") {
  const Scratch scratch;
  const auto path = golden_models() / "deepseek_v3/trace_short.safetensors";
  const Checkpoint golden = Checkpoint::open(path);
  CHECK(compare_traces(golden, golden).bit_identical());
  CHECK(compare_traces(golden, golden).tensors.size() == 25);
  for (const TensorInfo& planted : golden.tensors()) {
    if (planted.name == "tokens") continue;
    SafetensorsWriter writer;
    for (const TensorInfo& info : golden.tensors()) {
      std::vector<std::byte> bytes(info.bytes.begin(), info.bytes.end());
      // The last element, where a loop that stops early would not look: its highest byte but one.
      if (info.name == planted.name) bytes[bytes.size() - 2] ^= std::byte{0x70};
      writer.add_owned(info.name, info.dtype, info.shape, std::move(bytes));
    }
    writer.write(scratch.path() / "planted");
    const TraceComparison result = compare_traces(golden, Checkpoint::open(scratch.path() / "planted"));
    REQUIRE(result.first_divergence() != nullptr);
    CHECK(result.first_divergence()->name == planted.name);
    CHECK(result.first_divergence()->beyond == 1);
  }
}
