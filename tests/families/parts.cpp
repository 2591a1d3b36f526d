// Tests of include/etalon/families/parts.hpp.
#include <etalon/families/parts.hpp>

#include <doctest/doctest.h>

#include <etalon/io/config.hpp>
#include <etalon/layers/mla.hpp>

#include "io/scratch.hpp"

using namespace etalon;
using etalon::test::contains;
using etalon::test::error_of;

namespace {

io::Config config(const char* text) { return io::Config::parse(text, "config.json"); }

// The least that a model needs.
constexpr const char* small = R"({"vocab_size": 11, "hidden_size": 6, "num_hidden_layers": 3, "num_experts": 4,
  "rms_norm_eps": 0.25, "num_nextn_predict_layers": 2})";

// A layer without weights that knows which one it is.
struct Numbered {
  using State = LatentState;
  int number = 0;

  State new_state() const { return {}; }
  void each_part(auto&&) {}
};

RoutingRule grouped(const char* text, int experts) {
  RoutingRule rule;
  rule.chosen = 3;
  rule.groups = 8, rule.kept_groups = 4;
  read_groups(config(text), experts, rule);
  return rule;
}

}  // namespace

TEST_CASE("the number of experts goes by three names") {
  CHECK(expert_count(config(R"({"n_routed_experts": 5})")) == 5);
  CHECK(expert_count(config(R"({"num_local_experts": 6})")) == 6);
  CHECK(expert_count(config(R"({"num_experts": 7})")) == 7);
  CHECK(contains(error_of([] { expert_count(config("{}")); }), "n_routed_experts or num_local_experts or num_experts"));
}

TEST_CASE("a norm takes its epsilon from the configuration, else from the family") {
  CHECK(norm_of<Channel>(config(R"({"rms_norm_eps": 0.5})"), 4, {.epsilon = 1e-5}).epsilon == 0.5f);
  CHECK(norm_of<Channel>(config("{}"), 4, {.epsilon = 1e-5}).epsilon == 1e-5f);
  CHECK(norm_of<Channel>(config("{}"), 4, {.zero_centred = true}).zero_centred);
  CHECK(pre_norm_of(config(R"({"hidden_size": 12})"), {}).norm.gain.columns() == 12);
}

TEST_CASE("groups must divide the experts, and those that are kept must hold enough of them") {
  CHECK(grouped("{}", 16).groups == 8);
  CHECK(grouped(R"({"n_group": 4, "topk_group": 2})", 16).kept_groups == 2);
  CHECK(contains(error_of([] { grouped("{}", 12); }), "n_group: expected a divisor of the number of experts"));
  CHECK(contains(error_of([] { grouped(R"({"n_group": 4, "topk_group": 5})", 16); }), "topk_group"));
  const std::string too_few = error_of([] { grouped(R"({"n_group": 8, "topk_group": 1})", 16); });
  CHECK(contains(too_few, "hold num_experts_per_tok experts"));
}

TEST_CASE("experts are alike, and the router has a row for each") {
  const auto moe = moe_of(6, 4, RoutingRule{}, gated_mlp_of(6, 9));
  CHECK(moe.experts.size() == 4);
  CHECK(moe.experts[3].down.weight.columns() == 9);
  CHECK(moe.router.weight.rows() == 4);
  CHECK_FALSE(moe.router.correction);
  CHECK_FALSE(moe.shared);
}

TEST_CASE("a model has the layers that are built for it, in order") {
  const CheckpointFacts facts{100, [](const std::string&) { return false; }};
  const auto model = model_of<Numbered>(config(small), facts, {}, [](int i) { return Numbered{i}; });
  REQUIRE(model.decoder.layers.size() == 3);
  for (int i = 0; i < 3; ++i) CHECK(model.decoder.layers[static_cast<std::size_t>(i)].number == i);
  CHECK(model.decoder.embedding.rows() == 11);
  CHECK(model.decoder.unembedding.columns() == 6);
  CHECK(model.decoder.norm.epsilon == 0.25f);
  CHECK(model.context == 4096);
  const CheckpointFacts none{0, facts.has_prefix};
  const auto many = config(R"({"vocab_size": 11, "hidden_size": 6, "num_hidden_layers": 1000, "num_experts": 60000})");
  CHECK(contains(error_of([&] { model_of<Numbered>(many, none, {}, [](int i) { return Numbered{i}; }); }),
                 "1000 layers of 60000 experts"));
}

TEST_CASE("prediction modules are those that are configured and in the checkpoint") {
  const auto modules = [](auto present) {
    const CheckpointFacts facts{100, present};
    const auto layer = [](int i) { return Numbered{i}; };
    auto model = model_of<Numbered>(config(small), facts, {}, layer);
    add_predictions(model, config(small), facts, layer);
    std::vector<int> numbers;
    for (const auto& module : model.predictions) numbers.push_back(module.layer.number);
    return numbers;
  };
  CHECK(modules([](const std::string&) { return false; }).empty());
  CHECK(modules([](const std::string& prefix) { return prefix == "model.layers.3."; }) == std::vector<int>{3});
  CHECK(modules([](const std::string&) { return true; }) == std::vector<int>{3, 4});
}
