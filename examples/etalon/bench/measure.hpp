#pragma once
// Timing for `etalon bench`: tasks that are run again and again, in turns, so that what disturbs the machine for a
// while disturbs all of them, and medians of what that gave.
#include <functional>
#include <string>
#include <vector>

namespace etalon::command::bench {

enum class Unit { bytes, operations };   // shown as GB/s and GFLOP/s, of 10^9

struct Work { double bytes = 0, operations = 0; };   // of one run; 0: not counted

struct Task {
  std::string group, name;         // "gemv", "bf16 4096 x 4096"
  int threads = 1;
  Unit unit = Unit::bytes;         // what limits it
  Work work = {};
  double tokens = 0;               // of one run, where it is a model's; else 0
  std::function<void()> run, prepare = {};   // prepare: before each sample, not timed; may be empty
  std::vector<double> seconds = {};          // of one run, for each sample

  double amount() const { return unit == Unit::bytes ? work.bytes : work.operations; }
};

// The value in the middle. Not for none.
double median(std::vector<double> values);
// How far apart the middle half of the samples is, as a fraction of the median.
double spread(const Task& task);
// Of the median, in 10^9 a second.
double rate(const Task& task);

// Samples all tasks in turns for about so many seconds; each at least once, however long it takes.
void measure(std::vector<Task>& tasks, double seconds);

// The fastest of the tasks that measured this ceiling; nullptr where none did.
const Task* ceiling_of(const std::vector<Task>& ceilings, Unit unit, int threads);

}  // namespace etalon::command::bench
