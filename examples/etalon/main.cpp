// The program `etalon`: signals first, then the command line.
//
// Left out: what a subcommand does (the file of its name beside this one), how failures are told (command_line.cpp).
#include <CLI/CLI.hpp>
#include <etalon/io/process_faults.hpp>

#include "command_line.hpp"

int main(int count, char** arguments) {
  etalon::io::handle_process_faults("etalon");
  return etalon::command::run_command_line(*etalon::command::make_command_line(), count, arguments);
}
