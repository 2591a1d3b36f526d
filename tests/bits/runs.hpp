#pragma once
// Runs whose bits are compared: one sequence through a decoder, in any chunks, modes and backends, as one array of
// logits; and the table that they must equal, tests/bits/hashes.txt:
//
//   MODEL FORM MODE TENSOR HASH          deepseek_v3 expanded bf16 logits 0123456789abcdef
//
// A hash stands for the numbers of all rows of the prompt (support/hash.hpp).
#include <fstream>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <etalon/families/deepseek_v3.hpp>
#include <etalon/io/load.hpp>
#include <etalon/layers/absorbed_mla.hpp>

#include "support/folders.hpp"
#include "support/golden.hpp"
#include "support/hash.hpp"

namespace etalon::test {

inline constexpr Numerics modes[] = {Numerics::f32, Numerics::bf16, Numerics::int8};

using Table = std::map<std::string, std::string>;   // "MODEL FORM MODE TENSOR" -> hash

inline Table read_table(const std::filesystem::path& file) {
  Table table;
  std::ifstream lines(file);
  if (!lines) throw std::runtime_error("cannot read " + file.string());
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.rfind(' ');
    if (!line.empty() && line.front() != '#' && at != line.npos) table[line.substr(0, at)] = line.substr(at + 1);
  }
  return table;
}

inline std::string row_name(const std::string& model, const char* form, Numerics mode, const std::string& tensor) {
  return model + " " + form + " " + name_of(mode) + " " + tensor;
}

// The models of the table, and for each its prompt.
struct BitsCase { std::string name; std::filesystem::path folder; std::vector<int> tokens; };

inline std::vector<BitsCase> bits_cases() {
  std::vector<BitsCase> cases;
  for (const std::string& name : deepseek_v3_cases()) {
    const auto folder = golden_models() / name;
    cases.push_back({name, folder, numbers_of<int>(io::Checkpoint::open(folder / "trace_long.safetensors"), "tokens")});
  }
  for (const std::string name : {"storyteller", "storyteller-fp8"}) {
    const auto folder = bundled_models() / name;
    const auto golden = io::Checkpoint::open(folder / "golden.safetensors");
    cases.push_back({name, folder, numbers_of<int>(golden, "story.tokens")});
  }
  return cases;
}

// A listener that keeps a hash of each tensor.
struct HashTrace {
  static constexpr bool on = true;
  std::map<std::string, Hash> hashes;

  void operator()(const Shown& tensor) {
    std::size_t count = 1;
    for (int size : tensor.shape) count *= static_cast<std::size_t>(size);
    if (tensor.floats) hashes[tensor.name].add(std::span(tensor.floats, count));
    else hashes[tensor.name].add(std::span(tensor.integers, count));
  }
};

// One sequence on its way through a decoder. Its state may be copied, assigned and truncated between steps.
template <class Model, class Backend, class Trace = NoTrace> class Walker {
 public:
  Walker(const Model& model, const Backend& backend, Numerics mode)
      : model_(model), backend_(backend), mode_(mode), state(model.decoder.new_state()) {}

  // Feeds tokens in one step; returns their logits. (Token, Vocab)
  std::vector<float> feed(std::span<const int> tokens) {
    const Arena::Scope scope(arena_);
    Context<Backend, Trace> ctx{backend_, mode_, arena_, trace};
    StepBuffer buffer;
    buffer.add(tokens, state.length());
    auto* sequence = &state;
    const auto final = model_.decoder.hidden(ctx, buffer.step(), std::span(&sequence, 1));   // (Token, Channel)
    hidden.insert(hidden.end(), final.data, final.data + final.size());
    const auto logits = model_.decoder.logits(ctx, final);                      // (Token, Vocab)
    return {logits.data, logits.data + logits.size()};
  }
  // Feeds tokens in chunks of `chunk`; 0: all in one step.
  std::vector<float> feed(std::span<const int> tokens, int chunk) {
    std::vector<float> all;
    const std::size_t width = chunk > 0 ? static_cast<std::size_t>(chunk) : tokens.size();
    for (std::size_t first = 0; first < tokens.size(); first += width) {
      const auto part = feed(tokens.subspan(first, std::min(width, tokens.size() - first)));
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }

 private:
  const Model& model_;
  const Backend& backend_;
  Numerics mode_;
  Arena arena_;

 public:
  typename decltype(std::declval<Model>().decoder)::State state;
  std::vector<float> hidden;   // of every token fed, (Token, Channel)
  Trace trace{};
};

inline std::string hash_of(std::span<const float> numbers) {
  Hash hash;
  hash.add(numbers);
  return hash.text();
}

}  // namespace etalon::test
