// libFuzzer: any bytes as the arguments of `etalon`, one a line. Every subcommand is there, but none does its work.
//
// Exit status 0 (help, version, or arguments that could be run) or 2 with one line on standard error.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <etalon/error.hpp>

#include "../../examples/etalon/command_line.hpp"
#include "../../examples/etalon/families.hpp"
#include "../../examples/etalon/run_flags.hpp"

// The families are not linked: nothing opens a model here.
namespace etalon::command {
std::unique_ptr<Engine> open_deepseek_v3(const std::filesystem::path&, RunOptions) { std::abort(); }
std::unique_ptr<Engine> open_deepseek_v4(const std::filesystem::path&, RunOptions) { std::abort(); }
std::unique_ptr<Engine> open_gpt_oss(const std::filesystem::path&, RunOptions) { std::abort(); }
std::unique_ptr<Engine> open_mixtral(const std::filesystem::path&, RunOptions) { std::abort(); }
std::unique_ptr<Engine> open_qwen3_next(const std::filesystem::path&, RunOptions) { std::abort(); }
}  // namespace etalon::command

namespace {

// What std::cout and std::cerr would have shown.
class Captured {
 public:
  Captured() : cout_(std::cout.rdbuf(out.rdbuf())), cerr_(std::cerr.rdbuf(err.rdbuf())) {}
  ~Captured() {
    std::cout.rdbuf(cout_);
    std::cerr.rdbuf(cerr_);
  }
  std::ostringstream out, err;

 private:
  std::streambuf *cout_, *cerr_;
};

// Arguments as a shell hands them over: no zero byte in any.
std::vector<std::string> lines_of(const std::uint8_t* data, std::size_t size) {
  std::istringstream text(std::string(reinterpret_cast<const char*>(data), size));
  std::vector<std::string> lines{"etalon"};
  for (std::string line; std::getline(text, line) && lines.size() < 100;)
    lines.push_back(line.substr(0, line.find('\0')));
  return lines;
}

// The ids behind --tokens, which the subcommands read when they run.
void check_tokens(const std::string& text) {
  try {
    const std::vector<int> tokens = etalon::command::parse_tokens(text);
    if (tokens.empty() || tokens.size() > text.size()) std::abort();
  } catch (const etalon::Error& error) {
    if (error.where() != "--tokens" || error.found().empty()) std::abort();
  }
}

// A subcommand's callback, which CLI11 shows to derived classes only. It owns what the flags are written to.
struct Callback : CLI::App {
  static std::function<void()> of(const CLI::App& app) { return app.*&Callback::final_callback_; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> lines = lines_of(data, size);
  std::vector<const char*> arguments;
  for (const std::string& line : lines) arguments.push_back(line.c_str());
  const auto app = etalon::command::make_command_line();
  int ran = 0;
  for (CLI::App* sub : app->get_subcommands({})) sub->callback([&ran, kept = Callback::of(*sub)] { ++ran; });
  Captured captured;
  const int status =
      etalon::command::run_command_line(*app, static_cast<int>(arguments.size()), arguments.data());
  const std::string said = captured.err.str();
  const bool refused = status == 2 && captured.out.str().empty() && said.starts_with("etalon: ") &&
                       std::count(said.begin(), said.end(), '\n') == 1;
  const bool accepted = status == 0 && said.empty() && (ran == 1) == captured.out.str().empty();
  if (!refused && !accepted) std::abort();
  for (const std::string& line : lines) check_tokens(line);
  return 0;
}
