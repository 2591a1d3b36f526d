// Setting up the command line, running one subcommand, and turning every failure into one line and an exit status.
#include "command_line.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <etalon/error.hpp>
#include <etalon/version.hpp>

#include "commands.hpp"

namespace etalon::command {

namespace {

constexpr int exit_failure = 2;

int fail(std::string message) {
  std::cout.exceptions(std::ios::goodbit);  // cerr flushes cout first, and that must not throw here
  for (char& c : message) if (c == '\n') c = ' ';
  std::cerr << "etalon: " << message << '\n';
  return exit_failure;
}

// Wrong flags: what was wrong, and where the right ones are listed.
int fail_usage(const CLI::App& app, const CLI::ParseError& error) {
  std::string command = "etalon";
  for (const CLI::App* chosen : app.get_subcommands()) command += " " + chosen->get_name();
  const std::vector<std::string> unknown = app.remaining();
  const std::string what = command == "etalon" && !unknown.empty()
                               ? "expected a subcommand, found " + etalon::quoted(unknown.front())
                               : error.what();
  return fail(what + "; see " + command + " --help");
}

// Standard output could not be written. A reader that has gone away (a pipe into `head`) needs no message.
int fail_output(int reason) {
  if (reason == EPIPE) return exit_failure;
  return fail("standard output: expected room to write, found " +
              (reason != 0 ? std::string(std::strerror(reason)) : std::string("a write error")));
}

void add_commands(CLI::App& app) {
  add_generate(app);
  add_chat(app);
  add_tokenize(app);
  add_render(app);
  add_logits(app);
  add_trace(app);
  add_compare(app);
  add_inspect(app);
  add_selftest(app);
  add_bench(app);
}

int parse_and_run(CLI::App& app, int count, const char* const* arguments) {
  try {
    app.parse(count, arguments);
    std::cout.flush();
    return 0;
  } catch (const CLI::RuntimeError& error) {
    std::cout.flush();
    return error.get_exit_code();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return fail_usage(app, error);
    const int status = app.exit(error, std::cout, std::cerr);  // --help and --version
    std::cout.flush();
    return status;
  }
}

int out_of_memory() {
  return fail("memory: expected room for the model and its work, found none left; use a smaller model or prompt");
}

}  // namespace

std::unique_ptr<CLI::App> make_command_line() {
  auto app =
      std::make_unique<CLI::App>("Reference implementation of open Mixture-of-Experts language models", "etalon");
  app->set_version_flag("--version", std::string("etalon ") + etalon::version);
  app->require_subcommand(1);
  add_commands(*app);
  return app;
}

int run_command_line(CLI::App& app, int count, const char* const* arguments) {
  try {
    std::cout.exceptions(std::ios::badbit);  // the first failed write ends the run
    return parse_and_run(app, count, arguments);
  } catch (const std::ios_base::failure& error) {
    return std::cout.bad() ? fail_output(errno) : fail(error.what());
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::length_error&) {   // more than any memory holds
    return out_of_memory();
  } catch (const std::exception& error) {
    return fail(error.what());
  } catch (...) {
    return fail("an unknown failure");
  }
}

}  // namespace etalon::command
