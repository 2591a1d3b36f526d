// Tests of include/etalon/families/grouped_attention.hpp.
#include <etalon/families/grouped_attention.hpp>

#include <doctest/doctest.h>

#include <etalon/io/config.hpp>
#include <etalon/io/rope_config.hpp>

#include "io/scratch.hpp"

using namespace etalon;
using etalon::test::contains;
using etalon::test::error_of;

namespace {

// fields: further ones, after a comma.
io::Config config(const std::string& fields = {}) {
  return io::Config::parse(R"({"hidden_size": 48, "num_attention_heads": 6)" + fields + "}", "config.json");
}

}  // namespace

TEST_CASE("heads and their width follow from the channels where nothing else is said") {
  const Gqa attention = gqa_of(config(), {});
  CHECK(attention.sizes.head_dim == 8);
  CHECK(attention.sizes.kv_heads == 6);
  CHECK(attention.q.weight.rows() == 48);
  CHECK(attention.rotary.frequencies.size() == 4);
  CHECK(attention.rotary.pairs == RopePairs::halves);
  CHECK_FALSE(attention.q.bias);
  CHECK_FALSE(attention.q_norm);
}

TEST_CASE("what is said counts") {
  const Gqa attention = gqa_of(config(R"(, "head_dim": 20, "num_key_value_heads": 2, "rope_theta": 100)"), {});
  CHECK(attention.sizes.head_dim == 20);
  CHECK(attention.q.weight.rows() == 120);
  CHECK(attention.k.weight.rows() == 40);
  CHECK(attention.out.weight.columns() == 120);
  CHECK(attention.rotary.frequencies[1] == doctest::Approx(0.6309573445));   // 100^(-2/20)
}

TEST_CASE("the family's options: biases, norms of heads, a gate beside each query, a share of the head that turns") {
  const GqaOptions options{.theta = 16.0, .partial = 0.5, .bias = true, .head_norm = NormOptions{.zero_centred = true},
                           .gated = true};
  const Gqa attention = gqa_of(config(), options);
  CHECK(attention.rotary.frequencies == std::vector<double>{1.0, 0.25});
  CHECK(attention.q.weight.rows() == 96);
  CHECK(attention.q.bias.columns() == 96);
  CHECK(attention.v.bias.columns() == 48);
  CHECK_FALSE(attention.out.bias);
  CHECK(attention.k_norm.zero_centred);
  CHECK(attention.k_norm.gain.columns() == 8);
  CHECK(gqa_of(config(R"(, "partial_rotary_factor": 0.25)"), {.partial = 0.5}).rotary.frequencies.size() == 1);
}

TEST_CASE("sizes that do not fit each other are refused by name") {
  const auto message = [](const std::string& fields) { return error_of([&] { gqa_of(config(fields), {}); }); };
  CHECK(contains(message(R"(, "num_key_value_heads": 4)"), "num_key_value_heads: expected a divisor of num_attention"));
  CHECK(contains(message(R"(, "num_key_value_heads": 7)"), "num_key_value_heads"));
  CHECK(contains(message(R"(, "head_dim": 7)"), "head_dim"));
  const auto odd = io::Config::parse(R"({"hidden_size": 50, "num_attention_heads": 6})", "config.json");
  CHECK(contains(error_of([&] { gqa_of(odd, {}); }), "num_attention_heads: expected a divisor of hidden_size"));
}
