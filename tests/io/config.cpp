// Tests of include/etalon/io/config.hpp.
#include <etalon/io/config.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace etalon::io;
using etalon::test::contains;
using etalon::test::error_of;
using etalon::test::golden_models;
using etalon::test::Scratch;

static Config sample() {
  return Config::parse(R"({
    "hidden_size": 64, "negative": -3, "float_size": 64.0, "eps": 1e-6, "whole": 2, "flag": true, "one": 1,
    "name": "silu", "nothing": null, "list": [1, 2, 3], "mixed": [1, "two"], "types": ["full", "sliding"],
    "huge": 9223372036854775808, "big": 4294967296, "n_routed_experts": 8, "num_experts": 9,
    "rope_scaling": {"factor": "forty", "deep": {"er": 1.5}}, "text_config": {"hidden_size": 32}, "empty": []
  })", "config.json");
}

TEST_CASE("values come as their type") {
  const Config config = sample();
  CHECK(config.integer("hidden_size", {1, 65536}) == 64);
  CHECK(config.integer("negative", {-5, 5}) == -3);
  CHECK(config.number("eps", {0, 1}) == 1e-6);
  CHECK(config.number("whole", {0, 10}) == 2.0);  // a whole number is a number …
  CHECK(config.boolean("flag"));
  CHECK(config.text("name") == "silu");
  CHECK(config.integers("list", {0, 9}) == std::vector<int>{1, 2, 3});
  CHECK(config.numbers("list", {0, 9}) == std::vector<double>{1, 2, 3});
  CHECK(config.texts("types") == std::vector<std::string>{"full", "sliding"});
  CHECK(config.integers("empty", {0, 9}).empty());
  CHECK(config.object("rope_scaling").object("deep").number("er", {}) == 1.5);
  CHECK(config.is_list("list"));
  CHECK_FALSE(config.is_list("name"));
  CHECK(config.is_object("rope_scaling"));
  CHECK(config.object("rope_scaling").keys() == std::vector<std::string>{"deep", "factor"});
}

TEST_CASE("absent and null are one: the default, nothing, or an Error") {
  const Config config = sample();
  for (const char* key : {"absent", "nothing"}) {
    CHECK_FALSE(config.has(key));
    CHECK(config.integer(key, {0, 9}, 7) == 7);
    CHECK(config.number(key, {0, 9}, 0.5) == 0.5);
    CHECK(config.boolean(key, true));
    CHECK(config.text(key, "gelu") == "gelu");
    CHECK(config.integers(key, {0, 9}, {4}) == std::vector<int>{4});
    CHECK(config.texts(key, {"x"}) == std::vector<std::string>{"x"});
    CHECK_FALSE(config.optional_integer(key, {0, 9}).has_value());
    CHECK_FALSE(config.optional_number(key, {0, 9}).has_value());
    CHECK_FALSE(config.optional_object(key).has_value());
  }
  CHECK(config.optional_integer("hidden_size", {1, 100}) == 64);
  CHECK(config.has("flag"));
}

TEST_CASE("the first spelling that is given counts") {
  const Config config = sample();
  CHECK(config.integer({"num_local_experts", "n_routed_experts", "num_experts"}, {1, 100}) == 8);
  CHECK(config.integer({"nothing", "num_experts"}, {1, 100}) == 9);
  CHECK(config.integer({"a", "b"}, {1, 100}, 3) == 3);
  CHECK(config.has({"a", "num_experts"}));
  CHECK(contains(error_of([&] { config.integer({"a", "b"}, {1, 100}); }),
                 "config.json: a or b: expected a whole number from 1 to 100, found nothing; "));
}

TEST_CASE("what is not as expected is named with file, path, found and expected") {
  const Config config = sample();
  const auto error = [](auto act) { return error_of(act); };
  CHECK(error([&] { config.integer("hidden_size", {1, 32}); }) ==
        "config.json: hidden_size: expected a whole number from 1 to 32, found the number 64; correct the field, or "
        "use the model's own config.json");
  CHECK(contains(error([&] { config.integer("absent", {1, 32}); }), "config.json: absent: expected a whole number from "
                                                                   "1 to 32, found nothing;"));
  CHECK(contains(error([&] { config.integer("nothing", {1, 32}); }), "nothing: expected a whole number from 1 to 32, "
                                                                    "found null;"));
  CHECK(contains(error([&] { config.integer("float_size", {1, 99}); }), "the number 64.0"));  // … not the reverse
  CHECK(contains(error([&] { config.integer("flag", {0, 99}); }), "found true"));
  CHECK(contains(error([&] { config.integer("name", {0, 99}); }), "found the text \"silu\""));
  CHECK(contains(error([&] { config.integer("list", {0, 99}); }), "found a list of 3"));
  CHECK(contains(error([&] { config.number("flag", {0, 99}); }), "expected a number from 0 to 99, found true"));
  CHECK(contains(error([&] { config.number("eps", {1, 2}); }), "a number from 1 to 2, found the number 1e-06"));
  CHECK(contains(error([&] { config.boolean("one"); }), "one: expected true or false, found the number 1"));
  CHECK(contains(error([&] { config.boolean("name", false); }), "expected true or false, found the text"));
  CHECK(contains(error([&] { config.text("one"); }), "expected a text, found the number 1"));
  CHECK(contains(error([&] { config.text("list", "x"); }), "expected a text, found a list of 3"));
  CHECK(contains(error([&] { config.integers("name", {0, 9}); }), "expected a list, found the text"));
  CHECK(contains(error([&] { config.integers("mixed", {0, 9}); }),
                 "config.json: mixed[1]: expected a whole number from 0 to 9, found the text \"two\""));
  CHECK(contains(error([&] { config.integers("list", {0, 2}); }), "list[2]: expected a whole number from 0 to 2"));
  CHECK(contains(error([&] { config.object("name"); }), "expected an object, found the text"));
  CHECK(contains(error([&] { config.object("absent"); }), "absent: expected an object, found nothing"));
  CHECK(contains(error([&] { config.object("rope_scaling").number("factor", {1, 1e6}); }),
                 "config.json: rope_scaling.factor: expected a number from 1 to 1e+06, found the text \"forty\"; "));
  CHECK(contains(error([&] { config.object("rope_scaling").object("deep").integer("er", {0, 9}); }),
                 "config.json: rope_scaling.deep.er: expected"));
}

TEST_CASE("numbers beyond int never wrap") {
  const Config config = sample();
  CHECK(contains(error_of([&] { config.integer("big", {}); }), "found the number 4294967296"));
  CHECK(contains(error_of([&] { config.integer("huge", {}); }), "found the number 9223372036854775808"));
  CHECK(contains(error_of([&] { config.integer("big", {0, std::int64_t{1} << 40}); }), "from 0 to 2147483647"));
  CHECK(config.number("huge", {}) == 9223372036854775808.0);
}

TEST_CASE("an unsupported value can be reported in the same form") {
  const Config config = sample();
  CHECK(std::string(config.unsupported("name", "relu2", "convert it").what()) ==
        "config.json: name: expected relu2, found the text \"silu\"; convert it");
  CHECK(contains(config.unsupported("absent", "x").what(), "config.json: absent: expected x, found nothing"));
}

TEST_CASE("the text model of a multimodal configuration is its text_config, else everything") {
  const Config config = sample();
  CHECK(config.text_model().integer("hidden_size", {1, 99}) == 32);
  CHECK(contains(error_of([&] { config.text_model().integer("x", {0, 1}); }), "config.json: text_config.x:"));
  CHECK(config.text_model().text_model().integer("hidden_size", {1, 99}) == 32);
  const Config null_part = Config::parse(R"({"text_config": null, "hidden_size": 5})", "c");
  CHECK(null_part.text_model().integer("hidden_size", {1, 99}) == 5);
}

TEST_CASE("a nested part outlives the whole") {
  std::optional<Config> part;
  {
    const Config config = sample();
    part = config.object("rope_scaling");
  }
  CHECK(part->object("deep").number("er", {}) == 1.5);
}

TEST_CASE("files: a folder or config.json itself; what is wrong with either is said") {
  const Scratch scratch;
  CHECK(Config::load(golden_models() / "deepseek_v3").text("model_type") == "deepseek_v3");
  CHECK(Config::load(golden_models() / "deepseek_v3/config.published.json").has("rope_scaling"));
  CHECK(contains(error_of([&] { Config::load(scratch.path()); }), "expected config.json in the folder"));
  CHECK(contains(error_of([&] { Config::load(scratch.path() / "no.json"); }), "found nothing there"));
  CHECK(contains(error_of([&] { Config::load(scratch.write("a.json", "[1]")); }), "a JSON object, found a list"));
  CHECK(contains(error_of([&] { Config::load(scratch.write("b.json", "{\"eps\": NaN}")); }),
                 "b.json line 1 column 9: expected a JSON number, found NaN"));
  CHECK(contains(error_of([&] { Config::load(scratch.write("c.json", "")); }), "found an empty file"));
  const auto large = scratch.write("d.json", std::string((16 << 20) + 1, ' '));
  CHECK(contains(error_of([&] { Config::load(large); }), "expected at most 16777216 bytes of JSON"));
}
