#pragma once
// The subcommands of the program `etalon`: one function each, in a source file of the same name.
// add_NAME declares the subcommand's flags; its callback does the work.
//
// A callback that cannot do its work throws etalon::Error (exit 2); CLI::RuntimeError(1) is an answer of "no" (exit 1).
namespace CLI {
class App;
}

namespace etalon::command {

void add_generate(CLI::App& app);
void add_chat(CLI::App& app);
void add_tokenize(CLI::App& app);
void add_render(CLI::App& app);
void add_logits(CLI::App& app);
void add_trace(CLI::App& app);
void add_compare(CLI::App& app);
void add_inspect(CLI::App& app);
void add_selftest(CLI::App& app);
void add_bench(CLI::App& app);

}  // namespace etalon::command
