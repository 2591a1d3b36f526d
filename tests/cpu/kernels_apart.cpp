// Tests of include/etalon/cpu/kernels_apart.hpp. Test programs leave the kernels to a library, as it is for.
#include <etalon/cpu/kernels_apart.hpp>

#include <vector>

#include <doctest/doctest.h>

using namespace etalon;

#if !defined(ETALON_KERNELS_APART)
#error "this program has kernels of its own: what it links is not tested"
#endif

TEST_CASE("a product by kernels of another source: 32 times 1.5 * 2") {
  const std::vector<float> weights(32, 1.5f), x(32, 2.0f);
  const Storage matrix = Plain<F32>{reinterpret_cast<const std::byte*>(weights.data()), 32};
  float y = 0.0f;
  const Product product{x.data(), &y, 1, 32, 1, Numerics::f32};
  multiply_floats(Cpu{}, matrix, product);
  CHECK(y == 96.0f);
  const StoredProduct twice[] = {{&matrix, product}, {&matrix, product}};
  y = 0.0f;
  multiply_each(Cpu{}, std::span(twice));
  CHECK(y == 96.0f);
}

TEST_CASE("attention by kernels of another source: one key takes all the weight") {
  const std::vector<float> query(32, 1.0f), key(32, 1.0f), value(32, 0.25f);
  std::vector<float> out(32);
  AttendRows rows{query.data(), key.data(), value.data(), out.data(), 1, 1, 1, 32, 32, 32, 32};
  attend_rows(Cpu{}, rows);
  CHECK(out == value);
}
