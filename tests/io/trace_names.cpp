// Tests of include/etalon/io/trace_names.hpp.
#include <etalon/io/trace_names.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace etalon::io;

TEST_CASE("names are ordered as the model computes them") {
  const std::vector<std::string> in_order = {
      "tokens", "embed", "layers.0.attn.norm", "layers.0.attn.q", "layers.0.attn.k", "layers.0.attn.v",
      "layers.0.attn.indexer.scores", "layers.0.attn.out", "layers.0.ffn.norm", "layers.0.ffn.out", "layers.0.out",
      "layers.2.attn.out", "layers.2.ffn.norm", "layers.2.router.logits", "layers.2.router.scores",
      "layers.2.router.selection", "layers.2.router.margin", "layers.2.router.choice", "layers.2.router.weight",
      "layers.2.ffn.experts", "layers.2.ffn.out", "layers.2.residual.mix", "layers.2.out", "layers.10.attn.norm",
      "final_norm", "logits", "layers.x.out", "something else"};
  std::vector<std::string> shuffled = in_order;
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    std::sort(shuffled.begin(), shuffled.end(), earlier_in_model);
    CHECK(shuffled == in_order);
  }
  CHECK_FALSE(earlier_in_model("layers.10.out", "layers.9.out"));  // as text it would be
}

TEST_CASE("names like ours but not ours stand last and break nothing") {
  for (const char* name : {"", "layers.", "layers.1", "layers..out", "layers.-1.out", "layer.1.out", "embed.weight"}) {
    CHECK(earlier_in_model("logits", name));
  }
  CHECK(place_of("layers.99999999999999999999.out").stage > place_of("logits").stage);
}

TEST_CASE("axes are called what the metadata says, else what the name implies") {
  using Names = std::vector<std::string>;
  CHECK(axes_of("embed", 2, {{"axes.embed", "row,column"}}) == Names{"row", "column"});
  CHECK(axes_of("embed", 2, {{"axes.embed", "row"}}) == Names{"axis 0", "axis 1"});  // metadata of another rank
  CHECK(axes_of("embed", 2, {}) == Names{"token", "channel"});
  CHECK(axes_of("layers.3.router.choice", 2, {}) == Names{"token", "choice"});
  CHECK(axes_of("layers.3.router.weight", 2, {}) == Names{"token", "choice"});
  CHECK(axes_of("layers.3.router.logits", 2, {}) == Names{"token", "expert"});
  CHECK(axes_of("layers.3.router.margin", 1, {}) == Names{"token"});
  CHECK(axes_of("layers.3.attn.q", 3, {}) == Names{"token", "head", "head_dim"});
  CHECK(axes_of("layers.3.out", 3, {}) == Names{"token", "stream", "channel"});
  CHECK(axes_of("logits", 2, {}) == Names{"token", "vocab"});
  CHECK(axes_of("x", 4, {}) == Names{"axis 0", "axis 1", "axis 2", "axis 3"});
  CHECK(axes_of("x", 0, {}).empty());
}
