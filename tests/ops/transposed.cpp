// Tests of include/etalon/ops/transposed.hpp.
#include <etalon/ops/transposed.hpp>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("by hand: (1, 2) times a 2 x 3 matrix") {
  const std::vector<float> matrix{1, 2, 3, 10, 20, 30}, x{1, 2};
  std::vector<float> y(3);
  multiply_transposed(Reference{}, {matrix.data(), x.data(), y.data(), 2, 3});
  CHECK(y == std::vector<float>{21, 42, 63});
}

TEST_CASE("every column is a dot, to the bit") {
  Random random{8};
  for (const int rows : {1, 31, 32, 33, 128}) {
    const int columns = 9;
    const auto matrix = random.normals(static_cast<std::size_t>(rows * columns)), x = random.normals(rows);
    std::vector<float> y(columns), column(static_cast<std::size_t>(rows));
    multiply_transposed(Reference{}, {matrix.data(), x.data(), y.data(), rows, columns});
    for (int c = 0; c < columns; ++c) {
      for (int r = 0; r < rows; ++r) column[r] = matrix[r * columns + c];
      CHECK(same_bits(y[c], dot(column.data(), x.data(), rows)));
    }
  }
}
