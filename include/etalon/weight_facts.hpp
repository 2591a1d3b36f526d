#pragma once
// The inventory of a model: one entry for each weight, with its name in the checkpoint and how it is stored there.
#include <cstdint>
#include <string>
#include <vector>

namespace etalon {

struct WeightFacts {
  std::string path, tensor, format;   // its name here, in the checkpoint, and its storage format
  std::vector<int> shape;
  std::int64_t count = 0, bytes = 0;
  bool routed = false;                // belongs to a routed expert: read only for tokens that chose it
  bool prediction = false;            // belongs to a module that predicts further tokens
  bool parameter = true;              // counts as one: not a copy of another weight, nor a router's correction, which
                                      // no gradient trains
};

}  // namespace etalon
