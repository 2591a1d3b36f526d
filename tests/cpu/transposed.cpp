// Tests of include/etalon/cpu/transposed.hpp: the reference's bits, for every set of instructions.
#include <etalon/cpu/transposed.hpp>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

std::vector<float> product(const auto& backend, const std::vector<float>& matrix, const std::vector<float>& x) {
  const int rows = static_cast<int>(x.size()), columns = static_cast<int>(matrix.size()) / rows;
  std::vector<float> y(static_cast<std::size_t>(columns));
  multiply_transposed(backend, {matrix.data(), x.data(), y.data(), rows, columns});
  return y;
}

}  // namespace

TEST_CASE("the reference's bits, whatever the shape; a wrong number would be noticed") {
  Random random{9};
  for (const int rows : {1, 2, 31, 32, 33, 100, 128})
    for (const int columns : {1, 7, 8, 9, 32, 45, 64, 520}) {
      auto matrix = random.normals(static_cast<std::size_t>(rows * columns));
      const auto x = random.normals(static_cast<std::size_t>(rows));
      const auto expected = product(Reference{}, matrix, x);
      for (const Isa isa : all_isas)
        if (has_isa(isa)) CHECK(same_bits(product(Cpu(1, isa), matrix, x), expected));
      matrix.back() += 1.0f;
      CHECK_FALSE(same_bits(product(Cpu(1), matrix, x), expected));
    }
}
