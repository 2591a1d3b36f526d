// etalon inspect: what a model folder holds: sizes, parameters, bytes, state per token, the plan of its layers.
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <etalon/io/ordered_json.hpp>
#include <unistd.h>

#include "commands.hpp"
#include "run_flags.hpp"

namespace etalon::command {

namespace {

struct Totals {
  std::int64_t parameters = 0, active = 0, prediction = 0, bytes = 0;
  std::map<std::string, std::int64_t> bytes_by_format;
};

// A tensor that serves twice (tied embeddings) counts once. Active: what one token's step reads, the experts it chose
// standing for all.
Totals totals_of(const ModelFacts& facts) {
  Totals totals;
  std::set<std::string> seen;
  std::int64_t routed = 0;
  for (const WeightFacts& weight : facts.weights) {
    if (!seen.insert(weight.tensor).second) continue;
    totals.bytes += weight.bytes;
    totals.bytes_by_format[weight.format] += weight.bytes;
    if (!weight.parameter) continue;
    if (weight.prediction) totals.prediction += weight.count;
    else (weight.routed ? routed : totals.active) += weight.count;
  }
  totals.parameters = totals.active + routed;
  if (facts.experts > 0) totals.active += routed / facts.experts * facts.chosen;
  return totals;
}

// Bytes that a token adds: on average, where a layer adds something for every so many tokens.
double state_bytes(const LayerFacts& layer) {
  return 4.0 * static_cast<double>(layer.state_per_token) / layer.state_stride;
}
double state_bytes(const ModelFacts& facts) {
  double bytes = 0.0;
  for (const LayerFacts& layer : facts.layers) bytes += state_bytes(layer);
  return bytes;
}
std::int64_t fixed_bytes(const ModelFacts& facts) {
  std::int64_t numbers = 0;
  for (const LayerFacts& layer : facts.layers) numbers += layer.state_fixed;
  return numbers * 4;
}
io::OrderedJson in_json(double number) {
  const auto whole = static_cast<std::int64_t>(number);
  return static_cast<double>(whole) == number ? io::OrderedJson(whole) : io::OrderedJson(number);
}

// What this process has allocated: the model is open, and no token has been fed. 0 where the system does not tell.
std::int64_t allocated_bytes() {
  std::int64_t size = 0, resident = 0, shared = 0;
  std::ifstream("/proc/self/statm") >> size >> resident >> shared;
  return (resident - shared) * ::sysconf(_SC_PAGESIZE);
}

// What a run of so many tokens will take.
struct Prediction {
  RunLength length;
  RunMemory run;
  std::int64_t program;

  Prediction(const Engine& engine, int context, int chunk)
      : length{context, chunk > 0 ? std::min(chunk, context) : context}, run(engine.memory(length)),
        program(allocated_bytes()) {}
  std::int64_t total() const { return run.total() + program; }
};

io::OrderedJson as_json(const Prediction& memory) {
  return {{"context", memory.length.positions}, {"step", memory.length.step}, {"state", memory.run.state},
          {"remembered", memory.run.memo}, {"working", memory.run.working}, {"scratch", memory.run.scratch},
          {"kept", memory.run.kept}, {"program", memory.program}, {"total", memory.total()}};
}

io::OrderedJson as_json(const Engine& engine, const std::string& folder, const Prediction& memory) {
  const ModelFacts& facts = engine.facts();
  const Totals totals = totals_of(facts);
  io::OrderedJson layers = io::OrderedJson::array(), tensors = io::OrderedJson::array();
  for (const LayerFacts& layer : facts.layers)
    layers.push_back({{"attention", layer.attention}, {"ffn", layer.ffn},
                      {"state_bytes_per_token", in_json(state_bytes(layer))}, {"state_bytes", layer.state_fixed * 4}});
  for (const WeightFacts& weight : facts.weights)
    tensors.push_back({{"name", weight.tensor},
                       {"path", weight.path},
                       {"shape", weight.shape},
                       {"format", weight.format},
                       {"bytes", weight.bytes}});
  return {{"model", folder}, {"family", facts.family}, {"vocab", facts.vocab}, {"hidden_size", facts.channels},
          {"context", facts.context}, {"experts", facts.experts}, {"experts_per_token", facts.chosen},
          {"prediction_modules", facts.predictions},
          {"parameters", {{"total", totals.parameters}, {"active", totals.active}, {"prediction", totals.prediction}}},
          {"bytes", totals.bytes}, {"kv_bytes_per_token", in_json(state_bytes(facts))},
          {"state_bytes", fixed_bytes(facts)}, {"memory", as_json(memory)},
          {"numerics", name_of(*engine.options().numerics)}, {"layers", layers}, {"tensors", tensors}};
}

// 1830464 as "1,830,464".
std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (int i = static_cast<int>(text.size()) - 3; i > 0; i -= 3) text.insert(static_cast<std::size_t>(i), ",");
  return text;
}

void print_layers(const ModelFacts& facts) {
  for (std::size_t i = 0; i < facts.layers.size();) {
    std::size_t end = i + 1;
    const LayerFacts& layer = facts.layers[i];
    while (end < facts.layers.size() && facts.layers[end].attention == layer.attention &&
           facts.layers[end].ffn == layer.ffn)
      ++end;
    const std::string which = end == i + 1 ? "layer " + std::to_string(i)
                                           : "layers " + std::to_string(i) + "-" + std::to_string(end - 1);
    std::cout << "  " << which << ": " << layer.attention << "; " << layer.ffn << "; state "
              << in_json(state_bytes(layer)) << " bytes a token";
    if (layer.state_fixed > 0) std::cout << " and " << grouped(layer.state_fixed * 4);
    std::cout << "\n";
    i = end;
  }
}

void print(const Prediction& memory) {
  const RunMemory& run = memory.run;
  std::cout << "memory      " << grouped(memory.total()) << " bytes beside the mapped weights, for "
            << grouped(memory.length.positions) << " tokens, at most " << grouped(memory.length.step)
            << " of them in one step:\n            state " << grouped(run.state) << ", remembered "
            << grouped(run.memo) << ", working set " << grouped(run.working) << ", scratch " << grouped(run.scratch)
            << ", logits and hidden " << grouped(run.kept) << ", program " << grouped(memory.program) << "\n";
}

void print(const Engine& engine, const std::string& folder, const Prediction& memory) {
  const ModelFacts& facts = engine.facts();
  const Totals totals = totals_of(facts);
  std::cout << folder << ": " << facts.family << ", " << facts.layers.size() << " layers, hidden size "
            << facts.channels << ", vocabulary " << facts.vocab << ", context " << facts.context << "\n"
            << "parameters  " << grouped(totals.parameters) << ", active for one token " << grouped(totals.active);
  if (facts.predictions > 0)
    std::cout << "; and " << grouped(totals.prediction) << " of their own in " << facts.predictions
              << " prediction module(s)";
  std::cout << "\nweights     " << grouped(totals.bytes) << " bytes:";
  for (const auto& [format, bytes] : totals.bytes_by_format) std::cout << ' ' << format << ' ' << grouped(bytes);
  std::cout << "\nstate       " << in_json(state_bytes(facts)) << " bytes a token (f32), "
            << grouped(static_cast<std::int64_t>(state_bytes(facts) * facts.context) + fixed_bytes(facts))
            << " for the whole context\n";
  print(memory);
  std::cout << "numerics    " << name_of(*engine.options().numerics) << " by default\n";
  print_layers(facts);
}

}  // namespace

void add_inspect(CLI::App& app) {
  auto* sub = app.add_subcommand("inspect", "Show a model's sizes, parameters, bytes and plan of layers");
  auto flags = std::make_shared<RunFlags>();
  auto json = std::make_shared<bool>(false);
  auto context = std::make_shared<int>(0);
  sub->add_option("DIR", flags->model, "model folder")->required();
  sub->add_flag("--json", *json, "as one JSON object, with every tensor");
  sub->add_option("--context", *context, "predict the memory of a run of N tokens (default: 4096, or the model's)")
      ->check(CLI::Range(1, 1 << 30));
  sub->add_option("--chunk", flags->chunk, "… whose prompt is fed in chunks of N tokens")
      ->check(CLI::Range(1, 1 << 30));
  sub->add_option("--numerics", flags->numerics, "… in f32, bf16 or int8");
  sub->add_flag("--absorb", flags->absorb, "… with latent attention in its absorbed form");
  sub->callback([flags, json, context] {
    flags->threads = 1;
    const auto engine = open_model(*flags);
    const Prediction memory(*engine, *context > 0 ? *context : std::min(4096, engine->facts().context), flags->chunk);
    if (*json) std::cout << as_json(*engine, flags->model, memory).dump(2) << '\n';
    else print(*engine, flags->model, memory);
  });
}

}  // namespace etalon::command
