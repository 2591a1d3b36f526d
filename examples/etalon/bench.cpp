// etalon bench: what this machine gives at most, and how near the library's operations and a model come to it.
//
// Two rounds of measurements, each of about --seconds: the operations, and with --model the model. In each the ceilings
// (reading memory, fma) are measured in turns with the rest, so that a fraction compares what was measured together.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <etalon/cpu/cores.hpp>
#include <etalon/error.hpp>
#include <etalon/math/self_test.hpp>

#include "bench/operations.hpp"
#include "bench/report.hpp"
#include "commands.hpp"
#include "run_flags.hpp"

namespace etalon::command {

namespace {

struct BenchFlags {
  RunFlags run;
  bool json = false, only_model = false;
  double seconds = 20;
};

std::string processor_name() {
  const std::string name = line_after("/proc/cpuinfo", "model name");
  const std::size_t start = name.find_first_not_of(": \t");
  return start == std::string::npos ? "a processor without a name" : name.substr(start);
}

// One thread, and all.
std::vector<bench::Bench> benches_of(const RunOptions& options) {
  std::vector<bench::Bench> benches;
  benches.push_back({Cpu(1, options.isa)});
  if (options.threads > 1) benches.push_back({Cpu(options.threads, options.isa)});
  return benches;
}

template <class T> void append(std::vector<T>& to, std::vector<T> more) {
  for (T& one : more) to.push_back(std::move(one));
}

bench::ModelReport measure_model(const BenchFlags& flags, std::vector<bench::Bench>& benches, const bench::Pool& pool) {
  bench::ModelReport report{flags.run.model, {}, {}, {}, bench::start_up(flags.run), {}};
  std::vector<std::unique_ptr<Engine>> engines;
  for (const bench::Bench& one : benches) {
    RunFlags run = flags.run;
    run.threads = one.threads();
    engines.push_back(open_model(run));
  }
  const Engine& first = *engines.front();
  report.family = first.facts().family;
  report.numerics = name_of(*first.options().numerics);
  report.traffic = bench::traffic_of(first.facts());
  const bench::Lengths lengths = bench::lengths_for(*engines.front(), flags.seconds / 4);
  for (std::size_t i = 0; i < benches.size(); ++i) {
    append(report.tasks, bench::ceiling_tasks(benches[i], pool));
    append(report.tasks, bench::model_tasks(*engines[i], lengths, benches[i].threads()));
  }
  bench::measure(report.tasks, flags.seconds);
  return report;
}

void run_bench(const BenchFlags& flags) {
  if (const char* fault = arithmetic_fault())
    throw Error("this build", "the arithmetic of docs/arithmetic.md", fault, "build without value-changing flags");
  if (!(flags.seconds >= 0.01 && flags.seconds <= 3600))   // NaN is neither
    throw Error("--seconds", "0.01 to 3600", std::to_string(flags.seconds), "leave it out for 20");
  if (flags.only_model && flags.run.model.empty())
    throw Error("--only-model", "a --model", "none", "give the model's folder, or leave --only-model out");
  const RunOptions options = run_options(flags.run);
  if (!flags.run.model.empty()) open_model(flags.run);   // what is wrong with it is told before anything is measured
  bench::Pool pool;
  std::vector<bench::Bench> benches = benches_of(options);
  bench::Report report{processor_name(), name_of(options.isa), {}, {}};
  for (bench::Bench& one : benches) report.threads.push_back(one.threads());
  if (!flags.only_model) {
    for (bench::Bench& one : benches) append(report.tasks, bench::ceiling_tasks(one, pool));
    for (bench::Bench& one : benches) append(report.tasks, bench::operation_tasks(one, pool));
    bench::measure(report.tasks, flags.seconds);
  }
  if (!flags.run.model.empty()) report.model = measure_model(flags, benches, pool);
  if (flags.json) std::cout << bench::as_json(report).dump(2) << '\n';
  else bench::print(std::cout, report);
}

}  // namespace

void add_bench(CLI::App& app) {
  auto* sub = app.add_subcommand("bench", "Measure this machine's ceilings and how near operations and a model come");
  auto flags = std::make_shared<BenchFlags>();
  sub->add_option("--model", flags->run.model, "model folder: config.json, *.safetensors");
  sub->add_option("--threads", flags->run.threads, "measure with one thread and so many (default: all physical cores)")
      ->check(CLI::Range(1, 1024));
  sub->add_option("--isa", flags->run.isa, "vector instructions, as for generate (default: the best there are)")
      ->capture_default_str();
  sub->add_option("--numerics", flags->run.numerics, "of the model: f32, bf16 or int8 (default: by its format)");
  sub->add_flag("--json", flags->json, "one JSON object, with every sample's summary");
  sub->add_option("--seconds", flags->seconds, "about how long to measure, for the operations and for the model each")
      ->capture_default_str();
  sub->add_flag("--only-model", flags->only_model, "ceilings and the model, without the operations");
  sub->callback([flags] { run_bench(*flags); });
}

}  // namespace etalon::command
