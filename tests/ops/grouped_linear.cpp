// Tests of include/etalon/ops/grouped_linear.hpp.
#include <etalon/ops/grouped_linear.hpp>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>
#include <etalon/ops/columns.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

using namespace etalon;
using namespace etalon::test;

using GroupRows = Joined<Group, GroupLatent>;

// x is cut into groups: tokens x (groups columns).
template <class Backend = Reference>
static std::vector<float> grouped(const std::vector<float>& matrix, int columns, std::vector<float> x, int groups,
                                  Numerics mode = Numerics::f32, Backend backend = {}) {
  Run<Backend> run(mode, backend);
  const int rows = static_cast<int>(matrix.size()) / columns;
  const Weight<GroupRows, HeadDim> weight{{rows, columns}, stored(matrix, columns)};
  const int tokens = static_cast<int>(x.size()) / (groups * columns);
  const View<float, Token, Channel> inputs{x.data(), {tokens, groups * columns}};
  return copied(grouped_linear(run.ctx, weight, inputs, groups));
}

TEST_CASE("by hand: two groups of one row each see two inputs each") {
  CHECK(grouped({1, 2, 3, 4}, 2, {5, 6, 7, 8}, 2) == std::vector<float>{17, 53});
  CHECK(grouped({1, 2, 3, 4}, 2, {5, 6}, 1) == std::vector<float>{17, 39});   // one group: the usual layer
  CHECK(grouped({1, 2, 3, 4}, 2, {7, 8, 5, 6}, 2) != std::vector<float>{17, 53});   // the groups' inputs exchanged
}

TEST_CASE("every output has the bits of a linear layer of its group's inputs, in every mode and on any threads") {
  Random random;
  const int groups = 3, rank = 5, columns = 70, tokens = 4;
  const std::vector<float> matrix = random.normals(groups * rank * columns);
  const std::vector<float> x = random.normals(tokens * groups * columns);
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
    const std::vector<float> together = grouped(matrix, columns, x, groups, mode);
    for (int g = 0; g < groups; ++g) {
      Run run(mode);
      const std::vector<float> own(matrix.begin() + g * rank * columns, matrix.begin() + (g + 1) * rank * columns);
      const Linear<Hidden, Channel> layer{{{rank, columns}, stored(own, columns)}, {}};
      const auto all = seen<Token, Hidden>(x, tokens, groups * columns);
      const auto y = linear(run.ctx, layer, etalon::columns<Channel>(run.ctx, all, g * columns, columns));
      for (int t = 0; t < tokens; ++t)
        for (int r = 0; r < rank; ++r) CHECK(same_bits(together[(t * groups + g) * rank + r], y[t][r]));
    }
    CHECK(same_bits(together, grouped(matrix, columns, x, groups, mode, Cpu(3))));
  }
}
