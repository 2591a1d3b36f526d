// Tests of include/etalon/math/sinkhorn.hpp.
#include <etalon/math/sinkhorn.hpp>

#include <doctest/doctest.h>

#include "support/numbers.hpp"

using namespace etalon;
using namespace etalon::test;

TEST_CASE("by hand: equal logits give 1/n everywhere; one iteration is a softmax of rows, then columns by their sum") {
  std::vector<float> c(16, 3.0f);
  sinkhorn(c.data(), 4, 20, 0.0f);
  CHECK(c == std::vector<float>(16, 0.25f));
  // Rows (0, 0) and (ln 3, 0): softmax (1/2, 1/2), (3/4, 1/4); columns sum to 5/4 and 3/4.
  std::vector<float> d{0.0f, 0.0f, 1.09861229f, 0.0f};
  sinkhorn(d.data(), 2, 1, 0.0f);
  const double expected[] = {0.4, 2.0 / 3.0, 0.6, 1.0 / 3.0};
  for (int i = 0; i < 4; ++i) CHECK(d[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

TEST_CASE("an anchor computed from the definition: 4 x 4, 20 iterations, epsilon 1e-6") {
  std::vector<float> c(16);
  for (int j = 0; j < 4; ++j)
    for (int k = 0; k < 4; ++k) c[4 * j + k] = static_cast<float>(0.5 * j - 0.25 * k + 0.1 * (j * k % 3));
  sinkhorn(c.data(), 4, 20, 1e-6f);
  const double a = 0.2594483, b = 0.2405512, m = 0.2464867, n = 0.2724098;
  const double expected[] = {a, b, b, a, b, m, n, b, b, n, m, b, a, b, b, a};
  for (int i = 0; i < 16; ++i) CHECK(std::fabs(c[i] - expected[i]) < 3e-7);
}

TEST_CASE("rows and columns sum to 1 after enough iterations, for any size; after one, rows do not") {
  Random random;
  for (int n : {1, 2, 4, 7, 32}) {
    const std::vector<float> logits = random.normals(static_cast<std::size_t>(n * n));
    const auto worst_row = [&](int iterations) {
      std::vector<float> c = logits;
      sinkhorn(c.data(), n, iterations, 1e-6f);
      double worst = 0.0;
      for (int row = 0; row < n; ++row) {
        double total = 0.0, column = 0.0;
        for (int i = 0; i < n; ++i) total += c[row * n + i], column += c[i * n + row];
        worst = std::max(worst, std::fabs(total - 1.0));
        CHECK(std::fabs(column - 1.0) < 1e-5);   // columns were divided last
      }
      return worst;
    };
    CHECK(worst_row(100) < 1e-4);
    if (n > 1) CHECK(worst_row(1) > 1e-3);
  }
}
