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
#include <etalon/selftest/walker.hpp>

#include "support/folders.hpp"
#include "support/golden.hpp"
#include "support/hash.hpp"

namespace etalon::test {

using etalon::HashTrace;
using etalon::Walker;

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

inline std::string hash_of(std::span<const float> numbers) {
  Hash hash;
  hash.add(numbers);
  return hash.text();
}

}  // namespace etalon::test
