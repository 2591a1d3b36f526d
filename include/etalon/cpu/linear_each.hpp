#pragma once
// Linear layers that do not depend on each other, shared out among the threads as one loop.
//
// A product of one token with an expert of 256 x 512 takes ten microseconds, as long as waking a thread: alone it stays
// on one. The products of all its experts together are worth sharing; and of several tokens, what two layers take is
// brought into the form of the kernels once. With a matrix that kernels do not take: layer by layer.
#include <algorithm>
#include <concepts>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
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

// Activations in the form that a product wants.
struct FormedInput {
  const Product* product;
  ActivationForm form;

  bool operator==(const FormedInput& other) const {
    return product->x == other.product->x && product->count == other.product->count &&
           product->columns == other.product->columns && product->mode == other.product->mode && form == other.form;
  }
};

// Calls use(words, type) with how the kernels see a matrix, and with the type of its stored numbers.
void with_words(const StoredProduct& one, auto&& use) {
  visit_storage(*one.storage, [&](const auto& weights) {
    const auto words = words_of(weights, one.product.columns);
    use(words.rows, std::type_identity<typename decltype(words)::Stored>{});
  });
}

// A template, as what follows, so that who only includes it need not compile it.
template <std::same_as<Cpu> Backend> FormedInput input_of(const Backend& cpu, const StoredProduct& one) {
  FormedInput input{&one.product, ActivationForm::numbers};
  with_words(one, [&]<class Number>(const WordRows&, std::type_identity<Number>) {
    input.form = activation_form<Number>(cpu, one.product);
  });
  return input;
}

// The activations of every product, those of neighbours that share them once. Many are made side by side.
template <std::same_as<Cpu> Backend>
std::vector<SharedActivations> activations_of_each(const Backend& cpu, std::span<const StoredProduct> products) {
  std::vector<FormedInput> inputs;
  std::vector<std::size_t> input;   // of each product
  for (const StoredProduct& one : products) {
    const FormedInput wanted = input_of(cpu, one);
    if (inputs.empty() || !(inputs.back() == wanted)) inputs.push_back(wanted);
    input.push_back(inputs.size() - 1);
  }
  std::vector<SharedActivations> made(inputs.size()), of_each;
  const auto make = [&](const Cpu& maker, std::size_t i) {
    made[i] = activations_of(maker, *inputs[i].product, inputs[i].form);
  };
  if (inputs.size() == 1) {
    make(cpu, 0);
  } else {
    Cpu alone = cpu;
    alone.pool = nullptr;
    for_rows(cpu, static_cast<int>(inputs.size()), move_work * inputs[0].product->work(), [&](int first, int last) {
      for (int i = first; i < last; ++i) make(alone, static_cast<std::size_t>(i));
    });
  }
  for (const std::size_t i : input) of_each.push_back(made[i]);
  return of_each;
}

// A product that kernels take.
template <std::same_as<Cpu> Backend>
PartedProduct parted(const Backend& cpu, const StoredProduct& one, const SharedActivations& x) {
  PartedProduct made{};
  with_words(one, [&]<class Number>(const WordRows& words, std::type_identity<Number>) {
    const Product& p = one.product;
    if (p.mode == Numerics::int8) made = parted(std::make_shared<const Int8Product<Number>>(cpu, words, p, x));
    else made = parted(std::make_shared<const FloatProduct<Number>>(cpu, words, p, x));
  });
  return made;
}

// Do kernels take it? The reference's loops share out rows on their own.
template <std::same_as<Cpu> Backend> bool may_be_parted(const Backend& cpu, const StoredProduct& one) {
  bool taken = false;
  with_words(one, [&](const WordRows& words, auto) { taken = kernels_take(cpu, words, one.product); });
  return taken;
}

// All parts of all products as one loop.
template <std::same_as<Cpu> Backend> void run_parts(const Backend& cpu, const std::vector<PartedProduct>& products) {
  int parts = 0;
  std::int64_t work = 0;
  for (const PartedProduct& product : products) parts += product.parts, work += product.parts * product.work;
  if (parts == 0) return;
  for_rows(cpu, parts, work / parts, [&](int first, int last) {
    for (const PartedProduct& product : products) {   // parts are numbered through all of them
      if (first < product.parts && last > 0) product.run(std::max(first, 0), std::min(last, product.parts));
      first -= product.parts, last -= product.parts;
    }
  });
}

template <std::same_as<Cpu> Backend>
void multiply_each(const Backend& cpu, std::span<const StoredProduct> products) {
  const auto may = [&](const StoredProduct& one) { return may_be_parted(cpu, one); };
  if (products.size() < 2 || !std::all_of(products.begin(), products.end(), may)) {
    for (const StoredProduct& one : products) multiply_one(cpu, one);
    return;
  }
  const std::vector<SharedActivations> x = activations_of_each(cpu, products);
  std::vector<PartedProduct> all;
  for (std::size_t i = 0; i < products.size(); ++i) all.push_back(parted(cpu, products[i], x[i]));
  run_parts(cpu, all);
}

}  // namespace etalon
