// Tests of include/etalon/weight_facts.hpp.
#include <etalon/weight_facts.hpp>

#include <doctest/doctest.h>

TEST_CASE("facts hold counts beyond 32 bits, and a weight is neither routed nor a prediction unless said so") {
  const etalon::WeightFacts facts{.path = "layers.0.ffn.up", .tensor = "t", .format = "bf16",
                                  .shape = {1 << 16, 1 << 16}, .count = std::int64_t{1} << 32,
                                  .bytes = std::int64_t{1} << 33};
  CHECK(facts.bytes == 2 * facts.count);
  CHECK(facts.count == static_cast<std::int64_t>(facts.shape[0]) * facts.shape[1]);
  CHECK_FALSE(facts.routed);
  CHECK_FALSE(facts.prediction);
}
