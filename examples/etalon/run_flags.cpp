// The common flags of the subcommands that run a model.
#include "run_flags.hpp"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>
#include <etalon/cpu/cores.hpp>
#include <etalon/error.hpp>
#include <etalon/io/atomic_file.hpp>
#include <etalon/io/config.hpp>
#include <etalon/io/folder.hpp>
#include <etalon/math/self_test.hpp>
#include <etalon/sample/generate.hpp>

#include "families.hpp"

namespace etalon::command {

namespace {

// Nothing: what the checkpoint's format asks for.
std::optional<Numerics> numerics_named(const std::string& name) {
  if (name.empty()) return std::nullopt;
  for (Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8})
    if (name == name_of(mode)) return mode;
  throw Error("--numerics", "f32, bf16 or int8", etalon::quoted(name),
              "leave it out for the default of the checkpoint");
}

// The one named, where this machine has it.
Isa isa_named(const std::string& name) {
  if (name == "auto") return best_isa();
  std::string had = "auto";
  for (Isa isa : all_isas) {
    if (!has_isa(isa)) continue;
    if (name == name_of(isa)) return isa;
    had += std::string(isa == best_isa() ? " or " : ", ") + name_of(isa);
  }
  throw Error("--isa", had, etalon::quoted(name), "name one of these, or leave it out: the bits are the same");
}

}  // namespace

RunOptions run_options(const RunFlags& flags) {
  RunOptions options;
  if (flags.backend == "cuda")
    throw Error("--backend", "reference or cpu", "cuda, which this build does not have",
                "use --backend cpu: the bits are the same");
  if (flags.backend != "reference" && flags.backend != "cpu")
    throw Error("--backend", "reference, cpu or cuda", etalon::quoted(flags.backend), "use --backend cpu");
  options.backend = flags.backend;
  options.threads = flags.threads > 0 ? flags.threads : usable_cores();
  options.isa = isa_named(flags.isa);
  options.numerics = numerics_named(flags.numerics);
  options.absorb = flags.absorb;
  return options;
}

void add_run_flags(CLI::App& sub, RunFlags& flags) {
  sub.add_option("--model", flags.model, "model folder: config.json, *.safetensors, tokenizer.json")->required();
  sub.add_option("--backend", flags.backend, "reference (plain loops) or cpu")->capture_default_str();
  sub.add_option("--threads", flags.threads, "threads of the cpu backend (default: one for each physical core)")
      ->check(CLI::Range(1, 1024));
  sub.add_option("--isa", flags.isa,
                 "vector instructions: auto (the best), scalar, avx2, avx512, avx512_bf16, amx; same bits")
      ->capture_default_str();
  sub.add_option("--numerics", flags.numerics,
                 "f32, bf16 or int8: how activations enter linear layers (default: by the checkpoint's format)");
  sub.add_flag("--absorb", flags.absorb,
               "latent attention in its absorbed form: faster where the context is long, and other bits");
  sub.add_option("--chunk", flags.chunk, "feed the prompt in chunks of N tokens; the bits do not change")
      ->check(CLI::Range(1, 1 << 30));
}

std::vector<int> parse_tokens(const std::string& text) {
  std::vector<int> tokens;
  const char* at = text.data();
  const char* end = at + text.size();
  while (true) {
    int id = 0;
    while (at != end && *at == ' ') ++at;
    const auto [stop, problem] = std::from_chars(at, end, id);
    if (problem != std::errc())
      throw Error("--tokens", "whole numbers separated by commas",
                  etalon::quoted(std::string_view(at, static_cast<std::size_t>(end - at)), 24) + " at number " +
                      std::to_string(tokens.size() + 1), "write them as 1,2,3");
    tokens.push_back(id);
    at = stop;
    while (at != end && *at == ' ') ++at;
    if (at == end) return tokens;
    if (*at != ',')
      throw Error("--tokens", "a comma after number " + std::to_string(tokens.size()),
                  etalon::quoted(std::string_view(at, 1)), "write them as 1,2,3");
    ++at;
  }
}

void check_output(const std::string& out, const std::string& model) {
  io::probe_writable(out);
  std::error_code ignored;
  if (!io::is_folder(model) || !std::filesystem::exists(out, ignored)) return;
  for (const auto& entry : std::filesystem::directory_iterator(model, ignored))
    if (std::filesystem::equivalent(out, entry.path(), ignored))
      throw Error(out, "a file that is not of the model's folder", "its " + entry.path().filename().string(),
                  "choose another name for the output");
}

std::unique_ptr<Engine> open_model(const RunFlags& flags, std::function<void(const Shown&)> listener) {
  if (const char* fault = arithmetic_fault())
    throw Error("this build", "the arithmetic of docs/arithmetic.md", fault, "build without value-changing flags");
  RunOptions options = run_options(flags);
  options.listener = std::move(listener);
  io::check_model_folder(flags.model);
  const io::Config config = io::Config::load(flags.model);
  const std::string type = config.text("model_type");
  for (const Family& family : families)
    if (type == family.model_type) return family.open(flags.model, std::move(options));
  std::string known;
  for (const Family& family : families) known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  throw config.unsupported("model_type", "one of: " + known, "this model's family is not among those Etalon has");
}

void run_tokens(Engine& engine, const std::vector<int>& tokens, const RunFlags& flags,
                const std::function<void(View<const float, Token, Vocab>)>& on_logits) {
  sample::check_tokens(tokens, engine.facts());
  const std::size_t width = flags.decode ? 1 : flags.chunk > 0 ? static_cast<std::size_t>(flags.chunk) : tokens.size();
  engine.reserve({static_cast<int>(tokens.size()), static_cast<int>(std::min(width, tokens.size()))});
  for (std::size_t first = 0; first < tokens.size(); first += width) {
    const std::size_t count = std::min(width, tokens.size() - first);
    on_logits(engine.advance(std::span(tokens).subspan(first, count), static_cast<int>(count)));
  }
}

}  // namespace etalon::command
