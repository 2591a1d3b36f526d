#pragma once
// Models with numbers in them but no checkpoint: every weight is given values that a test keeps.
#include <deque>
#include <vector>

#include <etalon/walk.hpp>

#include "support/numbers.hpp"
#include "support/run.hpp"

namespace etalon::test {

// Owns the numbers that weights point to.
class Filled {
 public:
  void set(AnyWeight weight, std::vector<float> values) {
    kept_.push_back(std::move(values));
    weight.storage = stored(kept_.back(), weight.columns());
  }
  // Bell-shaped numbers for every weight of a part; those of one axis (norms, biases) lie around 1.
  template <class Part> void set_all(Part& part, std::uint64_t seed, float deviation = 0.3f) {
    Random random{seed};
    each_weight(part, [&](const std::string&, AnyWeight weight) {
      std::vector<float> values = random.normals(static_cast<std::size_t>(weight.count()));
      for (float& value : values) value = value * deviation + (weight.rank == 1 ? 1.0f : 0.0f);
      set(weight, std::move(values));
    });
  }

 private:
  std::deque<std::vector<float>> kept_;
};

// A row of a weight, decoded.
template <class... Axes> std::vector<float> row_of(const Weight<Axes...>& weight, int row) {
  std::vector<float> values(static_cast<std::size_t>(weight.columns()));
  read_row(weight.storage, row, weight.columns(), values.data());
  return values;
}

// Numbers in a view that may be written to.
struct Numbers {
  std::vector<float> values;
  template <class... Axes> View<float, Axes...> view(auto... extents) { return {values.data(), {extents...}}; }
};

}  // namespace etalon::test
