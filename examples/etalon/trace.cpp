// etalon trace: every intermediate tensor of a run, as a safetensors file.
#include <memory>

#include <CLI/CLI.hpp>
#include <etalon/io/trace_file.hpp>

#include "commands.hpp"
#include "run_flags.hpp"

namespace etalon::command {

namespace {

struct TraceFlags {
  RunFlags run;
  std::string tokens, out;
};

void write_trace(const TraceFlags& flags) {
  const std::vector<int> tokens = parse_tokens(flags.tokens);
  check_output(flags.out, flags.run.model);
  io::TraceRecorder recorder;
  const auto engine = open_model(flags.run, std::ref(recorder));
  run_tokens(*engine, tokens, flags.run, [](auto) {});
  io::SafetensorsWriter writer;
  io::describe_run(writer, *engine, flags.run.model, tokens);
  writer.add_borrowed("tokens", io::Dtype::I32, {static_cast<std::int64_t>(tokens.size())},
                      std::as_bytes(std::span(tokens)));
  recorder.write_to(writer);
  writer.write(flags.out);
}

}  // namespace

void add_trace(CLI::App& app) {
  auto* sub = app.add_subcommand("trace", "Write every intermediate tensor of a run to a safetensors file");
  auto flags = std::make_shared<TraceFlags>();
  add_run_flags(*sub, flags->run);
  sub->add_option("--tokens", flags->tokens, tokens_help)->required();
  sub->add_option("--out", flags->out, "file to write")->required();
  sub->add_flag("--decode", flags->run.decode, "token by token; the bits do not change");
  sub->callback([flags] { write_trace(*flags); });
}

}  // namespace etalon::command
