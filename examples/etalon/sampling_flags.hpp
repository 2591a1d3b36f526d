#pragma once
// The flags common to the subcommands that generate text.
#include <filesystem>

#include <etalon/sample/generate.hpp>

namespace CLI {
class App;
}

namespace etalon::command {

struct SamplingFlags {
  sample::SamplingOptions options;
  int max_tokens = 256;
  bool show_experts = false, speculate = false;
};

// Declares --max-tokens --temperature --top-k --top-p --min-p --repeat-penalty --seed --show-experts --speculate.
void add_sampling_flags(CLI::App& sub, SamplingFlags& flags);

// Where the user gave no --temperature, what generation_config.json recommends (do_sample, temperature, top_k, top_p).
void adopt_recommended(const CLI::App& sub, const std::filesystem::path& folder, SamplingFlags& flags);

}  // namespace etalon::command
