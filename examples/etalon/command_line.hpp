#pragma once
// The command line of `etalon`: what main() runs, apart from it so that a fuzz target can run it without the work.
#include <memory>

namespace CLI {
class App;
}

namespace etalon::command {

// Every subcommand with its flags.
std::unique_ptr<CLI::App> make_command_line();

// Parses the arguments and does what they ask for. Never throws: every failure is one line on standard error.
//   0  done        1  the answer is no (compare: the traces diverge)        2  could not do it
int run_command_line(CLI::App& app, int count, const char* const* arguments);

}  // namespace etalon::command
