// Tests of include/etalon/etalon.hpp: one line is enough to load, run, sample, trace and compare any family.
#include <etalon/etalon.hpp>

#include <type_traits>

#include <doctest/doctest.h>

using namespace etalon;

TEST_CASE("the umbrella offers every family") {
  CHECK(std::is_class_v<deepseek_v3::Family<>>);
  CHECK(std::is_class_v<deepseek_v4::Family>);
  CHECK(std::is_class_v<gpt_oss::Family>);
  CHECK(std::is_class_v<mixtral::Family>);
  CHECK(std::is_class_v<qwen3_next::Family>);
}

TEST_CASE("the umbrella offers what is done with a model") {
  CHECK(std::is_abstract_v<Engine>);
  CHECK(sample::GenerateOptions{}.max_tokens > 0);
  CHECK_THROWS_AS(io::Checkpoint::open("no such folder"), Error);
}
