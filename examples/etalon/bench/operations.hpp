#pragma once
// What `etalon bench` times on any machine: its ceilings, and the library's operations on the Cpu backend.
#include <vector>

#include "measure.hpp"
#include "pool.hpp"

namespace etalon::command::bench {

// Reading memory, fma with every set of vectors up to the bench's own, and products of tiles where it has them.
std::vector<Task> ceiling_tasks(Bench& bench, const Pool& pool);

// Every operation, once.
std::vector<Task> operation_tasks(Bench& bench, Pool& pool);

}  // namespace etalon::command::bench
