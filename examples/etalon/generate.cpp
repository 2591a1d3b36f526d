// etalon generate: continue a text, or a sequence of token ids.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <etalon/io/folder.hpp>
#include <etalon/io/ordered_json.hpp>
#include <etalon/sample/generate.hpp>

#include "commands.hpp"
#include "experts.hpp"
#include "run_flags.hpp"
#include "sampling_flags.hpp"
#include "text_model.hpp"

namespace etalon::command {

namespace {

struct GenerateFlags {
  RunFlags run;
  SamplingFlags sampling;
  std::optional<std::string> prompt, tokens;
  bool json = false;
};

// Prints a text as its tokens come; control tokens are not shown.
class Printer {
 public:
  explicit Printer(const TextModel& text) : text_(text), decoder_(text.tokenizer()) {}
  void operator()(int token) {
    if (!text_.is_special(token)) std::cout << decoder_.push(static_cast<text::TokenId>(token)) << std::flush;
  }
  void end() { std::cout << decoder_.finish() << '\n'; }

 private:
  const TextModel& text_;
  text::StreamDecoder decoder_;
};

std::vector<std::string> words_of(const std::optional<TextModel>& text, const std::vector<int>& tokens) {
  std::vector<std::string> words;
  for (int token : tokens) words.push_back(text ? text->text({token}) : std::to_string(token));
  return words;
}

io::OrderedJson result_json(const sample::Generated& result, const std::optional<TextModel>& text,
                            const ExpertLog* log) {
  io::OrderedJson json;
  json["tokens"] = result.tokens;
  json["text"] = text ? io::OrderedJson(text->text(result.tokens)) : io::OrderedJson(nullptr);
  json["finish"] = result.stopped ? "stop" : "length";
  if (result.drafted > 0) json["drafts"] = {{"made", result.drafted}, {"accepted", result.accepted}};
  if (log) json["experts"] = log->json();
  return json;
}

void run(const GenerateFlags& flags) {
  if (flags.prompt.has_value() == flags.tokens.has_value())
    throw Error("generate", "a --prompt or --tokens", flags.prompt ? "both" : "neither", "give one of them");
  io::check_model_folder(flags.run.model);
  std::optional<TextModel> text;
  if (flags.prompt || has_tokenizer(flags.run.model)) text = TextModel::load(flags.run.model);
  std::vector<int> sequence = flags.prompt ? text->prompt(*flags.prompt) : parse_tokens(*flags.tokens);
  ExpertLog log;
  Engine* running = nullptr;
  const auto hear = [&](const Shown& tensor) { log.hear(tensor, running->length()); };
  const auto engine = flags.sampling.show_experts ? open_model(flags.run, hear) : open_model(flags.run);
  running = engine.get();
  sample::check_tokens(sequence, engine->facts());

  sample::GenerateOptions options{flags.sampling.options, flags.sampling.max_tokens, flags.run.chunk,
                                  flags.sampling.speculate, stop_tokens(flags.run.model), {}};
  std::optional<Printer> printer;
  if (!flags.json && text) {
    printer.emplace(*text);
    std::cout << (flags.prompt ? *flags.prompt : text->text(sequence)) << std::flush;
    options.on_token = [&](int token) { (*printer)(token); return true; };
  }
  const sample::Generated result = sample::generate(*engine, sequence, options);
  log.truncate(engine->length());
  if (printer) printer->end();
  else if (!flags.json) std::cout << io::OrderedJson(result.tokens).dump() << '\n';
  sequence.insert(sequence.end(), result.tokens.begin(), result.tokens.end());
  if (flags.json) std::cout << result_json(result, text, flags.sampling.show_experts ? &log : nullptr).dump() << '\n';
  else if (flags.sampling.show_experts)
    std::cout << '\n' << log.table(words_of(text, sequence), engine->facts().experts);
}

}  // namespace

void add_generate(CLI::App& app) {
  auto* sub = app.add_subcommand("generate", "Continue a text or a sequence of token ids");
  auto flags = std::make_shared<GenerateFlags>();
  add_run_flags(*sub, flags->run);
  sub->add_option("--prompt", flags->prompt, "text to continue");
  sub->add_option("--tokens", flags->tokens, tokens_help);
  add_sampling_flags(*sub, flags->sampling);
  sub->add_flag("--json", flags->json, "print one JSON object: tokens, text, finish (stop or length)");
  sub->callback([flags] { run(*flags); });
}

}  // namespace etalon::command
