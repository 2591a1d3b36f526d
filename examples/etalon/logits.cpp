// etalon logits: the logits of every token of a sequence, as a safetensors file.
#include <memory>

#include <CLI/CLI.hpp>
#include <etalon/io/trace_file.hpp>

#include "commands.hpp"
#include "run_flags.hpp"

namespace etalon::command {

namespace {

struct LogitsFlags {
  RunFlags run;
  std::string tokens, out;
};

void write_logits(const LogitsFlags& flags) {
  const std::vector<int> tokens = parse_tokens(flags.tokens);
  check_output(flags.out, flags.run.model);
  const auto engine = open_model(flags.run);
  std::vector<float> logits;   // (Token, Vocab)
  run_tokens(*engine, tokens, flags.run,
             [&](auto rows) { logits.insert(logits.end(), rows.data, rows.data + rows.size()); });
  io::SafetensorsWriter writer;
  io::describe_run(writer, *engine, flags.run.model, tokens);
  writer.add_borrowed("logits", io::Dtype::F32, {static_cast<std::int64_t>(tokens.size()), engine->facts().vocab},
                      std::as_bytes(std::span(logits)));
  writer.set_metadata("axes.logits", "token,vocab");
  writer.write(flags.out);
}

}  // namespace

void add_logits(CLI::App& app) {
  auto* sub =
      app.add_subcommand("logits", "Write the logits of every token to a safetensors file (f32, [token, vocab])");
  auto flags = std::make_shared<LogitsFlags>();
  add_run_flags(*sub, flags->run);
  sub->add_option("--tokens", flags->tokens, tokens_help)->required();
  sub->add_option("--out", flags->out, "file to write")->required();
  sub->add_flag("--decode", flags->run.decode, "token by token; the bits do not change");
  sub->callback([flags] { write_logits(*flags); });
}

}  // namespace etalon::command
