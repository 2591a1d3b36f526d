// Tests of include/etalon/cpu/linear_each.hpp: the reference's bits, whatever is shared out together.
#include <etalon/cpu/cpu.hpp>

#include <string>

#include <doctest/doctest.h>

#include "support/matrices.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

// Products of unequal shapes, each with an input of its own.
struct Products {
  int count;
  std::vector<Matrix> matrices;
  std::vector<int> rows, columns;
  std::vector<std::vector<float>> x;

  explicit Products(int tokens) : count(tokens) {
    Random random(7);
    for (const auto& [outputs, inputs] : {std::pair{70, 157}, {1, 64}, {300, 96}})
      for (Matrix& matrix : every_format(random, outputs, inputs)) add(random, std::move(matrix), outputs, inputs);
  }
  void add_transposed() {
    Random random(8);
    Matrix turned{"transposed", numbers<Bf16>(random, 70 * 40), {}, {}};
    turned.storage = Plain<Bf16>{turned.codes.data(), 1, 70};
    add(random, std::move(turned), 70, 40);
  }
  void add(Random& random, Matrix matrix, int outputs, int inputs) {
    matrices.push_back(std::move(matrix)), rows.push_back(outputs), columns.push_back(inputs);
    x.push_back(random.normals(static_cast<std::size_t>(count) * static_cast<std::size_t>(inputs)));
  }

  // One of them, with nowhere to put what comes out.
  StoredProduct stored(std::size_t i) const {
    return {&matrices[i].storage, {x[i].data(), nullptr, count, columns[i], rows[i]}};
  }

  // The outputs of all, by one call.
  template <class Backend> std::vector<std::vector<float>> outputs(const Backend& backend, Numerics mode) const {
    std::vector<std::vector<float>> y;
    for (int outputs : rows) y.emplace_back(static_cast<std::size_t>(count) * static_cast<std::size_t>(outputs), -7.0f);
    std::vector<StoredProduct> products;
    for (std::size_t i = 0; i < x.size(); ++i)
      products.push_back({&matrices[i].storage,
                          {x[i].data(), y[i].data(), count, columns[i], rows[i], mode}});
    multiply_each(backend, std::span<const StoredProduct>(products));
    return y;
  }
};

// The first product, set of instructions and number of threads that give other bits than the reference.
std::string fault(const Products& products, Numerics mode) {
  const auto expected = products.outputs(Reference{}, mode);
  for (const Isa isa : all_isas)
    for (const int threads : {1, 2, 5}) {
      if (!has_isa(isa)) continue;
      Cpu cpu(threads, isa);
      cpu.worth_sharing = 0;
      const auto y = products.outputs(cpu, mode);
      for (std::size_t i = 0; i < y.size(); ++i)
        if (!same_bits(y[i], expected[i]))
          return products.matrices[i].name + ", " + name_of(isa) + ", " + std::to_string(threads) + " threads";
    }
  return "";
}

}  // namespace

TEST_CASE("products shared out together have the reference's bits: every format, mode, instructions") {
  for (const int tokens : {1, 3, 40}) {
    const Products products(tokens);
    for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) CHECK(fault(products, mode) == "");
  }
}

TEST_CASE("so have those with a matrix that kernels do not take, one by one") {
  Products odd(2);
  odd.add_transposed();
  CHECK_FALSE(may_be_parted(Cpu(2), odd.stored(odd.x.size() - 1)));
  CHECK(may_be_parted(Cpu(2), odd.stored(0)) == has_isa(Isa::avx2));
  for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) CHECK(fault(odd, mode) == "");
}

TEST_CASE("neighbours with one input in one form share it; another place or count is another") {
  if (!has_isa(Isa::avx2)) return;
  Random random(10);
  const Matrix a = plain<F32>("a", random, 40, 64), b = plain<F32>("b", random, 7, 64);
  const auto x = random.normals(3 * 64);
  const auto of = [&](const Matrix& m, std::size_t row, int count, int outputs) {
    return StoredProduct{&m.storage, {x.data() + 64 * row, nullptr, count, 64, outputs}};
  };
  const StoredProduct products[] = {of(a, 0, 2, 40), of(b, 0, 2, 7), of(b, 1, 2, 7), of(a, 1, 1, 40)};
  for (const int threads : {1, 3}) {
    Cpu cpu(threads);
    cpu.worth_sharing = 0;
    const auto shared = activations_of_each(cpu, products);
    REQUIRE(shared.size() == 4);
    CHECK(shared[0] == shared[1]);
    CHECK(shared[1] != shared[2]);
    CHECK(shared[2] != shared[3]);
    CHECK(shared[2]->numbers().data[5] == x[64 + 5]);
    CHECK(shared[3]->numbers().data[4 * 5] == x[64 + 5]);   // one token's column 5 of its first block
  }
}

TEST_CASE("parts are numbered through all products: each is computed once, whoever takes it") {
  Random random(8);
  const Matrix a = plain<F32>("a", random, 100, 32), b = plain<F32>("b", random, 33, 32);
  const auto x = random.normals(32);
  std::vector<float> y(100), z(33);
  const StoredProduct first{&a.storage, {x.data(), y.data(), 1, 32, 100}};
  const StoredProduct second{&b.storage, {x.data(), z.data(), 1, 32, 33}};
  if (!has_isa(Isa::avx2)) return;
  const auto form = activations_of(Cpu(1), first.product, ActivationForm::numbers);
  CHECK(parted(Cpu(1), first, form).parts == 4);   // 32 rows each
  CHECK(parted(Cpu(1), second, form).parts == 2);
  const PartedProduct last = parted(Cpu(1), second, form);
  last.run(last.parts - 1, last.parts);
  const float* row = reinterpret_cast<const float*>(b.codes.data()) + 32 * 32;
  CHECK(z[32] == scaled_dot(Plain<F32>{b.codes.data(), 32}, 32, row, x.data(), 32));
  CHECK(z[0] == 0.0f);   // of a part that was not asked for
}

TEST_CASE("nothing to multiply, and products without outputs") {
  multiply_each(Cpu(2), std::span<const StoredProduct>());
  Random random(9);
  const Matrix m = plain<Bf16>("bf16", random, 4, 64);
  const auto x = random.normals(64);
  const StoredProduct empty{&m.storage, {x.data(), nullptr, 1, 64, 0}};
  const StoredProduct both[] = {empty, empty};
  multiply_each(Cpu(2), std::span<const StoredProduct>(both));
}
