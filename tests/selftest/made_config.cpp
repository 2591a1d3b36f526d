// Tests of include/etalon/selftest/made_config.hpp.
#include <etalon/selftest/made_config.hpp>

#include <doctest/doctest.h>

using namespace etalon;

static const MadeConfig config{{"size", 64.0}, {"tied", true}, {"act", "silu"},
                               {"kinds", std::vector<std::string>{"a", "b"}}, {"rope_parameters.rope_type", "yarn"},
                               {"rope_parameters.factor", 4.0},
                               {"rope_parameters.far.rope_theta", 300.0}};

TEST_CASE("a field is found by any of its spellings, a missing one is what the caller says or is refused by name") {
  CHECK(config.integer({"width", "size"}, {1, 2}) == 64);
  CHECK(config.integer("width", {1, 2}, 7) == 7);
  CHECK_FALSE(config.optional_integer("width", {1, 2}));
  CHECK(config.boolean("tied", false));
  CHECK(config.text("act", "gelu") == "silu");
  CHECK(config.texts("kinds", {}).size() == 2);
  CHECK_THROWS_WITH_AS(config.integer("width", {1, 2}), doctest::Contains("width"), Error);
}

TEST_CASE("a nested object is a dotted front") {
  CHECK(config.has("rope_parameters"));
  CHECK_FALSE(config.has("rope"));
  CHECK(config.object("rope_parameters").object("far").number("rope_theta", {}, 1.0) == 300.0);
}

TEST_CASE("rotary parameters: one set for all, or one for each type of layer") {
  CHECK(read_rope(config, "", 1e4, 1.0).type == "yarn");
  CHECK(read_rope(config, "", 1e4, 1.0).theta == 1e4);
  CHECK(read_rope(config, "far", 1e4, 1.0).theta == 300.0);
  CHECK(rope_scaling(config, 1e4).factor == 4.0);
}
