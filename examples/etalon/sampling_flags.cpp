// The common flags of the subcommands that generate text.
#include "sampling_flags.hpp"

#include <CLI/CLI.hpp>
#include <etalon/io/config.hpp>

namespace etalon::command {

void add_sampling_flags(CLI::App& sub, SamplingFlags& flags) {
  sub.add_option("--max-tokens", flags.max_tokens, "stop after so many new tokens")
      ->check(CLI::Range(1, 1 << 30))->capture_default_str();
  sub.add_option("--temperature", flags.options.temperature, "0: always the likeliest token; 1: as the model has it")
      ->check(CLI::Range(0.0, 1000.0))->capture_default_str();
  sub.add_option("--top-k", flags.options.top_k, "draw from the K likeliest tokens; 0: from all")
      ->check(CLI::Range(0, 1 << 30))->capture_default_str();
  sub.add_option("--top-p", flags.options.top_p, "draw from the likeliest tokens that together have probability P")
      ->check(CLI::Range(0.0, 1.0))->capture_default_str();
  sub.add_option("--min-p", flags.options.min_p, "leave out tokens less likely than P times the likeliest")
      ->check(CLI::Range(0.0, 1.0))->capture_default_str();
  sub.add_option("--repeat-penalty", flags.options.repeat_penalty, "above 1: tokens already there become less likely")
      ->check(CLI::Range(0.01, 100.0))->capture_default_str();
  sub.add_option("--seed", flags.options.seed, "of the draws: the same seed gives the same text")
      ->capture_default_str();
  sub.add_flag("--show-experts", flags.show_experts, "show which experts each token used");
  sub.add_flag("--speculate", flags.speculate, "draft with the model's prediction module; the text does not change");
}

void adopt_recommended(const CLI::App& sub, const std::filesystem::path& folder, SamplingFlags& flags) {
  const std::filesystem::path file = folder / "generation_config.json";
  if (sub.count("--temperature") > 0 || !io::is_file(file)) return;
  const io::Config config = io::Config::load(file);
  if (!config.boolean("do_sample", false)) return;
  flags.options.temperature = static_cast<float>(config.number("temperature", {0, 1000}, 1.0));
  if (sub.count("--top-k") == 0) flags.options.top_k = config.integer("top_k", {0, 1 << 30}, 0);
  if (sub.count("--top-p") == 0) flags.options.top_p = static_cast<float>(config.number("top_p", {0, 1}, 1.0));
}

}  // namespace etalon::command
