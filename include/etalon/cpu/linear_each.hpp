#pragma once
// Linear layers of one token that do not depend on each other, shared out among the threads as one loop.
//
// A product of one token with an expert of 256 x 512 takes ten microseconds, as long as waking a thread: alone it stays
// on one. The products of all its experts together are worth sharing. Several tokens, one thread, or a matrix that
// kernels do not take: layer by layer.
#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include <etalon/cpu/linear.hpp>
#include <etalon/ops/linear_each.hpp>

namespace etalon {

// A product in parts: run(first, last) computes some of them.
struct PartedProduct {
  int parts;
  std::int64_t work;   // of a part
  std::function<void(int, int)> run;
};

template <class Prepared> PartedProduct parted(std::shared_ptr<const Prepared> product) {
  return {product->parts(), product->work(), [product](int first, int last) { (*product)(first, last); }};
}

// Of products that kernels take.
template <std::same_as<Cpu> Backend>
PartedProduct parted(const Backend& cpu, Numerics mode, const StoredProduct& one) {
  PartedProduct made{};
  visit_storage(*one.storage, [&](const auto& weights) {
    const auto words = words_of(weights, one.product.columns);
    using Number = typename decltype(words)::Stored;
    const Product& p = one.product;
    if (mode == Numerics::int8) made = parted(std::make_shared<const Int8Product<Number>>(cpu, words.rows, p));
    else made = parted(std::make_shared<const FloatProduct<Number>>(cpu, words.rows, p));
  });
  return made;
}

// Is it of one token, and do kernels take it? The reference's loops share out rows on their own.
inline bool may_be_parted(const Cpu& cpu, const StoredProduct& one) {
  bool taken = false;
  visit_storage(*one.storage, [&](const auto& weights) {
    taken = kernels_take(cpu, words_of(weights, one.product.columns).rows, one.product);
  });
  return taken && one.product.count == 1;
}

template <std::same_as<Cpu> Backend>
void multiply_each(const Backend& cpu, Numerics mode, std::span<const StoredProduct> products) {
  const auto may = [&](const StoredProduct& one) { return may_be_parted(cpu, one); };
  if (!cpu.pool || products.size() < 2 || !std::all_of(products.begin(), products.end(), may)) {
    for (const StoredProduct& one : products) multiply_one(cpu, mode, one);
    return;
  }
  std::vector<PartedProduct> all;
  int parts = 0;
  std::int64_t work = 0;
  for (const StoredProduct& one : products) {
    all.push_back(parted(cpu, mode, one));
    parts += all.back().parts, work += all.back().parts * all.back().work;
  }
  if (parts == 0) return;
  for_rows(cpu, parts, work / parts, [&](int first, int last) {
    for (const PartedProduct& product : all) {   // parts are numbered through all of them
      if (first < product.parts && last > 0) product.run(std::max(first, 0), std::min(last, product.parts));
      first -= product.parts, last -= product.parts;
    }
  });
}

}  // namespace etalon
