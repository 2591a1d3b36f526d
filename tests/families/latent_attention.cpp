// Tests of include/etalon/families/latent_attention.hpp.
#include <etalon/families/latent_attention.hpp>

#include <doctest/doctest.h>

#include <etalon/io/config.hpp>
#include <etalon/io/rope_config.hpp>

#include "io/scratch.hpp"

using namespace etalon;
using etalon::test::contains;
using etalon::test::error_of;

namespace {

// fields: further ones, after a comma.
io::Config latent_config(const std::string& fields = {}) {
  return io::Config::parse(R"({"hidden_size": 48, "num_attention_heads": 3, "qk_nope_head_dim": 10,
    "qk_rope_head_dim": 6, "v_head_dim": 7, "kv_lora_rank": 20, "rms_norm_eps": 0.5)" + fields + "}", "config.json");
}

}  // namespace

TEST_CASE("the sizes of a layer follow from the configuration") {
  const Mla attention = mla_of(latent_config());
  CHECK(attention.kv_down.weight.rows() == 26);    // latent and rotary part
  CHECK(attention.kv_up.weight.rows() == 3 * 17);
  CHECK(attention.out.weight.columns() == 21);
  CHECK(attention.scale == doctest::Approx(0.25)); // 16^(-1/2)
  CHECK(std::get<DirectQuery>(attention.query.kind).q.weight.rows() == 48);
  CHECK(attention.rotary.pairs == RopePairs::neighbours);
  CHECK(mla_of(latent_config(R"(, "rope_interleave": false)")).rotary.pairs == RopePairs::halves);
}

TEST_CASE("queries have a latent of their own where it has a rank; biases then stand on what goes down and out") {
  const Mla attention = mla_of(latent_config(R"(, "q_lora_rank": 12, "attention_bias": true)"));
  const auto& query = std::get<LowRankQuery>(attention.query.kind);
  CHECK(query.up.weight.columns() == 12);
  CHECK(query.down.bias);
  CHECK_FALSE(query.up.bias);
  CHECK(attention.kv_down.bias);
  CHECK_FALSE(attention.kv_up.bias);
  CHECK(attention.out.bias);
}

TEST_CASE("the latents' norms have an epsilon of their own, not rms_norm_eps, unless the family says so") {
  CHECK(mla_of(latent_config()).kv_norm.epsilon == 1e-6f);
  CHECK(mla_of(latent_config(), 0.5f).kv_norm.epsilon == 0.5f);
}

TEST_CASE("a field that is missing is named") {
  const auto without = io::Config::parse(R"({"hidden_size": 48, "num_attention_heads": 3})", "config.json");
  CHECK(contains(error_of([&] { mla_of(without); }), "config.json: qk_nope_head_dim"));
}
