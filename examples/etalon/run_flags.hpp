#pragma once
// The flags common to all subcommands that run a model, and what they mean.
#include <memory>
#include <string>
#include <vector>

#include <etalon/engine.hpp>

namespace CLI {
class App;
}

namespace etalon::command {

struct RunFlags {
  std::string model;                 // a model folder
  std::string backend = "cpu", isa = "auto", numerics;
  int threads = 0;                   // 0: one for each physical core
  int chunk = 0;                     // 0: the whole prompt at once
  bool decode = false;               // token by token
  bool absorb = false;               // latent attention in its absorbed form
};

// Declares --model --backend --threads --isa --numerics --absorb --chunk.
void add_run_flags(CLI::App& sub, RunFlags& flags);

// What the flags ask for, where this machine has it. Throws Error.
RunOptions run_options(const RunFlags& flags);

inline constexpr const char* tokens_help = "token ids, separated by commas: 0,17,5";

// "1,2,3" as ids. Throws Error.
std::vector<int> parse_tokens(const std::string& text);

// Throws Error where `out` cannot be written, or is a file of the model's folder. Ask before long work.
void check_output(const std::string& out, const std::string& model);

// Opens the model folder with the family its config.json names. Throws Error.
std::unique_ptr<Engine> open_model(const RunFlags& flags, std::function<void(const Shown&)> listener = {});

// Runs the tokens as the flags say (in one step, in chunks, or one by one), passing each step's logits on.
void run_tokens(Engine& engine, const std::vector<int>& tokens, const RunFlags& flags,
                const std::function<void(View<const float, Token, Vocab>)>& on_logits);

}  // namespace etalon::command
