#pragma once
// What `etalon bench` found, as tables for a person or as JSON for a program.
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <etalon/io/ordered_json.hpp>

#include "measure.hpp"
#include "model.hpp"

namespace etalon::command::bench {

struct ModelReport {
  std::string folder, family, numerics;
  Traffic traffic;
  StartUp start_up;
  std::vector<Task> tasks;   // with the ceilings that were measured in turns with them
};

struct Report {
  std::string processor, instructions;
  std::vector<int> threads;
  std::vector<Task> tasks;   // with their ceilings
  std::optional<ModelReport> model = {};
};

void print(std::ostream& out, const Report& report);
io::OrderedJson as_json(const Report& report);

}  // namespace etalon::command::bench
