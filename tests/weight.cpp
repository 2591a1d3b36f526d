// Tests of include/etalon/weight.hpp.
#include <etalon/weight.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("a matrix has rows and columns, a vector is one row") {
  const Weight<Channel, Hidden> matrix{{3, 5}, {}};
  CHECK(matrix.rows() == 3);
  CHECK(matrix.columns() == 5);
  CHECK(matrix.count() == 15);
  const Weight<Channel> vector{{7}, {}};
  CHECK(vector.rows() == 1);
  CHECK(vector.columns() == 7);
  CHECK(Weight<Vocab, Channel>{{1 << 18, 1 << 14}, {}}.count() == std::int64_t{1} << 32);   // more than an int holds
}

TEST_CASE("a weight is bound once it has a storage") {
  const std::vector<float> numbers{1, 2, 3, 4};
  Weight<Channel, Hidden> weight{{2, 2}, {}};
  CHECK_FALSE(weight.bound());
  weight.storage = stored(numbers, 2);
  CHECK(weight.bound());
  float row[2];
  read_row(weight.storage, 1, 2, row);
  CHECK((row[0] == 3.0f && row[1] == 4.0f));
}

TEST_CASE("a weight seen without its axes has the same shape, and what is written there is written to it") {
  Weight<Channel, Hidden> matrix{{3, 5}, {}};
  const AnyWeight any = matrix;
  CHECK(any.rank == 2);
  CHECK((any.rows() == 3 && any.columns() == 5 && any.count() == 15));
  const std::vector<float> numbers(15);
  any.storage = stored(numbers, 5);
  CHECK(matrix.bound());
  Weight<Channel> vector{{7}, {}};
  CHECK((AnyWeight(vector).rank == 1 && AnyWeight(vector).rows() == 1 && AnyWeight(vector).columns() == 7));
}

TEST_CASE("a row is read with its scales, whatever the format") {
  const std::uint8_t codes[] = {0x38, 0x40, 0xb8};   // 1, 2, -1
  const std::uint16_t brain[] = {0x3f80, 0x4000, 0xbf80};
  const float scale = 0.5f;
  const auto* bytes = reinterpret_cast<const std::byte*>(codes);
  const Storage scaled = ScaledBlocks<E4m3, F32>{{bytes, 3, 1}, {reinterpret_cast<const std::byte*>(&scale), 1, 1}};
  float row[3];
  read_row(scaled, 0, 3, row);
  CHECK((row[0] == 0.5f && row[1] == 1.0f && row[2] == -0.5f));
  read_row(Plain<Bf16>{reinterpret_cast<const std::byte*>(brain), 3, 1}, 0, 3, row);
  CHECK((row[0] == 1.0f && row[1] == 2.0f && row[2] == -1.0f));
  visit_storage(scaled, [](const auto& storage) { CHECK(storage.group(3) == 128); });
}

TEST_CASE("a linear layer lists its weight and its bias; one that the family lacks has no numbers and says so") {
  const auto parts = [](auto layer) {
    std::string names;
    layer.each_part([&](const char* name, auto& weight) { names += name + std::to_string(weight.count()) + " "; });
    return names;
  };
  CHECK(parts(linear_of<Hidden, Channel>(3, 4)) == "weight12 bias0 ");
  CHECK(parts(linear_of<Hidden, Channel>(3, 4, true)) == "weight12 bias3 ");
  CHECK_FALSE(linear_of<Hidden, Channel>(3, 4).bias);
  CHECK(linear_of<Hidden, Channel>(3, 4, true).bias);
  CHECK_FALSE(Linear<Hidden, Channel>{});
}
