#pragma once
// One walk over the weights of a model, for everything that needs their list: binding, counting, printing, hashing.
//
//   each_weight(model, [](const std::string& path, AnyWeight weight) { … });      "layers.3.attn.kv_down.weight"
//
// Every part lists what it is made of once, in each_part(part), by name; vectors add an index, weights that a family
// lacks are passed over. The path is the weight's name in this library; families map it to a checkpoint's.
#include <functional>
#include <string>
#include <vector>

#include <etalon/weight.hpp>

namespace etalon {

using WeightLeaf = std::function<void(const std::string& path, AnyWeight weight)>;

namespace detail {

struct Walk {
  std::string path;
  const WeightLeaf& leaf;

  std::string below(const std::string& name) const { return path.empty() ? name : path + "." + name; }

  template <class... Axes>
  void operator()(const char* name, Weight<Axes...>& weight) const {
    if (weight) leaf(below(name), weight);
  }
  template <class Part> void operator()(const char* name, std::vector<Part>& parts) const {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Walk inner{below(name) + "." + std::to_string(i), leaf};
      parts[i].each_part(inner);
    }
  }
  template <class Part> void operator()(const char* name, Part& part) const {
    const Walk inner{below(name), leaf};
    part.each_part(inner);
  }
};

}  // namespace detail

template <class Model> void each_weight(Model& model, const WeightLeaf& leaf) {
  const detail::Walk walk{"", leaf};
  model.each_part(walk);
}

}  // namespace etalon
