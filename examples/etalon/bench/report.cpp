// Tables and JSON of the same numbers.
#include "report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace etalon::command::bench {

namespace {

template <class... Values> std::string text(const char* format, Values... values) {
  std::array<char, 160> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, values...);
  return buffer.data();
}

const char* name_of(Unit unit) { return unit == Unit::bytes ? "GB/s" : "GFLOP/s"; }

// Of the ceiling that was measured with as many threads; nothing where there is none.
std::optional<double> fraction_of(const Task& task, const std::vector<Task>& all) {
  const Task* ceiling = ceiling_of(all, task.unit, task.threads);
  if (!ceiling || task.group == "ceiling") return std::nullopt;
  return rate(task) / rate(*ceiling);
}

std::string cell(const Task& task, const std::vector<Task>& all) {
  const auto fraction = fraction_of(task, all);
  const std::string share = fraction ? text("%5.1f %%", 100 * *fraction) : std::string(7, ' ');
  return text("  %8.1f %-7s %s  +- %4.1f %%", rate(task), name_of(task.unit), share.c_str(), 100 * spread(task));
}

// One line for each name, with a cell for each number of threads, in the order of the tasks.
void print_group(std::ostream& out, const std::string& group, const std::vector<Task>& all) {
  std::vector<std::string> names;
  for (const Task& task : all)
    if (task.group == group && std::find(names.begin(), names.end(), task.name) == names.end())
      names.push_back(task.name);
  for (const std::string& name : names) {
    out << text("  %-32s", name.c_str());
    for (const Task& task : all)
      if (task.group == group && task.name == name) out << cell(task, all);
    out << '\n';
  }
}

void print_groups(std::ostream& out, const std::vector<Task>& tasks, const std::vector<int>& threads) {
  std::vector<std::string> groups;
  for (const Task& task : tasks)
    if (groups.empty() || std::find(groups.begin(), groups.end(), task.group) == groups.end())
      groups.push_back(task.group);
  for (const std::string& group : groups) {
    if (group == "model") continue;
    out << text("\n%-34s", group.c_str());
    for (int count : threads)
      out << text("  %-36s", (std::to_string(count) + (count == 1 ? " thread" : " threads")).c_str());
    out << '\n';
    print_group(out, group, tasks);
  }
}

void print_model(std::ostream& out, const ModelReport& model) {
  out << "\nmodel " << model.folder << ": " << model.family << ", "
      << text("%.1f million parameters, %.1f active, %.1f MB read for a token, ", model.traffic.parameters / 1e6,
              model.traffic.active / 1e6, model.traffic.read / 1e6)
      << "numerics " << model.numerics << '\n'
      << text("  opened in %.1f ms, first token %.1f ms later\n", 1e3 * model.start_up.open,
              1e3 * model.start_up.first_token);
  for (const Task& task : model.tasks) {
    if (task.group != "model") continue;
    const auto fraction = fraction_of(task, model.tasks);
    out << text("  %-20s %2d thread%s  %9.1f tokens/s", task.name.c_str(), task.threads, task.threads == 1 ? " " : "s",
                task.tokens / median(task.seconds));
    out << text("  %8.1f %-7s", rate(task), name_of(task.unit));
    if (fraction) out << text(" %5.1f %% of the ceiling", 100 * *fraction);
    out << text("  +- %4.1f %%\n", 100 * spread(task));
  }
}

io::OrderedJson json_of(const Task& task, const std::vector<Task>& all) {
  io::OrderedJson json = {{"group", task.group}, {"name", task.name}, {"threads", task.threads},
                          {"unit", name_of(task.unit)}, {"rate", rate(task)}, {"spread", spread(task)},
                          {"samples", task.seconds.size()}, {"seconds", median(task.seconds)},
                          {"bytes", task.work.bytes}, {"operations", task.work.operations}};
  const auto fraction = fraction_of(task, all);
  json["fraction"] = fraction ? io::OrderedJson(*fraction) : io::OrderedJson(nullptr);
  if (task.tokens > 0) json["tokens_per_second"] = task.tokens / median(task.seconds);
  return json;
}

io::OrderedJson json_of(const std::vector<Task>& tasks) {
  io::OrderedJson json = io::OrderedJson::array();
  for (const Task& task : tasks) json.push_back(json_of(task, tasks));
  return json;
}

}  // namespace

void print(std::ostream& out, const Report& report) {
  out << report.processor << ", vector instructions: " << report.instructions
      << "\nMedians; the share of the ceiling measured in turns with it; +- the width of the "
          "middle half of the samples.\n";
  print_groups(out, report.tasks, report.threads);
  if (report.model) print_model(out, *report.model);
}

io::OrderedJson as_json(const Report& report) {
  io::OrderedJson json = {{"processor", report.processor}, {"isa", report.instructions}, {"threads", report.threads},
                          {"tasks", json_of(report.tasks)}, {"model", nullptr}};
  if (!report.model) return json;
  const ModelReport& model = *report.model;
  json["model"] = {{"folder", model.folder}, {"family", model.family}, {"numerics", model.numerics},
                   {"parameters", model.traffic.parameters}, {"active", model.traffic.active},
                   {"bytes_per_token", model.traffic.read}, {"operations_per_token", model.traffic.operations},
                   {"open_seconds", model.start_up.open}, {"first_token_seconds", model.start_up.first_token},
                   {"tasks", json_of(model.tasks)}};
  return json;
}

}  // namespace etalon::command::bench
