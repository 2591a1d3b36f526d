// Samples in turns, medians, spread.
#include "measure.hpp"

#include <algorithm>
#include <chrono>

namespace etalon::command::bench {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr double shortest_sample = 0.02, longest_repeated = 1.0;   // seconds
constexpr int enough_samples = 25, few_samples = 3;

// Seconds of one run: of so many that clocks and wake-ups do not matter.
double sample(Task& task) {
  if (task.prepare) task.prepare();
  const auto start = Clock::now();
  int runs = 0;
  do {
    task.run();
    ++runs;
  } while (!task.prepare && seconds_since(start) < shortest_sample);
  return seconds_since(start) / runs;
}

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5)];
}

// The first sample warms up, and counts only where a second would take too long.
struct Turns { double first = 0, spent = 0; };

bool wants_more(const Task& task, const Turns& turns, double share) {
  const int samples = static_cast<int>(task.seconds.size());
  if (turns.first > longest_repeated && turns.first > share) return samples < 1;
  return samples < few_samples || (samples < enough_samples && turns.spent < share);
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double spread(const Task& task) {
  std::vector<double> sorted = task.seconds;
  std::sort(sorted.begin(), sorted.end());
  return (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median(sorted);
}

double rate(const Task& task) { return task.amount() / median(task.seconds) / 1e9; }

void measure(std::vector<Task>& tasks, double seconds) {
  const double share = seconds / static_cast<double>(tasks.size());
  std::vector<Turns> turns(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    turns[i].first = sample(tasks[i]);
    if (turns[i].first > longest_repeated && turns[i].first > share) tasks[i].seconds.push_back(turns[i].first);
  }
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (!wants_more(tasks[i], turns[i], share)) continue;
      const auto start = Clock::now();
      tasks[i].seconds.push_back(sample(tasks[i]));
      turns[i].spent += seconds_since(start);
      more = true;
    }
  }
}

const Task* ceiling_of(const std::vector<Task>& ceilings, Unit unit, int threads) {
  const Task* best = nullptr;
  for (const Task& task : ceilings)
    if (task.group == "ceiling" && task.unit == unit && task.threads == threads && (!best || rate(task) > rate(*best)))
      best = &task;
  return best;
}

}  // namespace etalon::command::bench
