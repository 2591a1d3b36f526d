// etalon chat: a conversation on the terminal; thinking is shown apart from the answer.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <etalon/io/folder.hpp>
#include <etalon/sample/generate.hpp>
#include <etalon/text/chat.hpp>
#include <etalon/text/chat_parse.hpp>

#include "commands.hpp"
#include "experts.hpp"
#include "run_flags.hpp"
#include "sampling_flags.hpp"
#include "standard_input.hpp"
#include "text_model.hpp"

namespace etalon::command {

namespace {

struct ChatFlags {
  RunFlags run;
  SamplingFlags sampling;
  std::optional<std::string> message, system;
};

// Prints a reply while it comes: on a terminal thinking is dim, elsewhere each part has a heading.
class ReplyPrinter {
 public:
  void show(const text::ReplyEvent& event) {
    if (event.part == text::ReplyPart::tool_call) {
      begin("tool call");
      std::cout << event.call.name << ' ' << event.call.arguments << '\n';
      return;
    }
    const bool thinks = event.part == text::ReplyPart::thinking;
    std::string text = event.text;
    if (begin(thinks ? "thinking" : "answer"))
      text.erase(0, text.find_first_not_of("\n"));   // blank lines between parts
    if (thinks && terminal_) text = "\033[2m" + text + "\033[0m";
    std::cout << text << std::flush;
    ended_line_ = event.text.empty() ? ended_line_ : event.text.back() == '\n';
  }
  void end() {
    if (!ended_line_) std::cout << '\n';
    std::cout << std::flush;
  }

 private:
  // True where this piece begins a part.
  bool begin(const std::string& part) {
    if (part == part_ && part != "tool call") return false;
    if (!part_.empty() && !ended_line_) std::cout << '\n';
    part_ = part;
    ended_line_ = true;
    std::cout << (terminal_ ? "\033[1m" + part + "\033[0m\n" : "[" + part + "]\n");
    return true;
  }
  bool terminal_ = isatty(STDOUT_FILENO) != 0, ended_line_ = true;
  std::string part_;
};

class Conversation {
 public:
  explicit Conversation(const ChatFlags& flags)
      : flags_(flags), text_(TextModel::load(flags.run.model)), template_(text::ChatTemplate::load(flags.run.model)),
        stop_(stop_tokens(flags.run.model)) {
    const auto hear = [this](const Shown& tensor) { log_.hear(tensor, engine_->length()); };
    engine_ = flags.sampling.show_experts ? open_model(flags.run, hear) : open_model(flags.run);
    restart();
  }

  void restart() {
    messages_ = text::Json::array();
    if (flags_.system) messages_.push_back({{"role", "system"}, {"content", *flags_.system}});
  }

  // One turn: the user's message in, the reply printed and remembered.
  void turn(const std::string& message) {
    messages_.push_back({{"role", "user"}, {"content", message}});
    try {
      messages_.push_back(reply());
    } catch (const Error&) {
      messages_.erase(messages_.size() - 1);   // as if it had not been said
      throw;
    }
  }

 private:
  text::Json reply() {
    const std::string prompt = template_.render({{"messages", messages_}, {"add_generation_prompt", true}});
    const std::vector<int> tokens = text_.rendered(prompt);
    keep_common(tokens);
    text::ReplyParser parser(text::ReplyParser::start_of(prompt));
    text::StreamDecoder decoder(text_.tokenizer());
    ReplyPrinter printer;
    text::Json message = {{"role", "assistant"}, {"content", ""}, {"reasoning_content", ""}};
    const auto take = [&](const std::vector<text::ReplyEvent>& events) {
      for (const text::ReplyEvent& event : events) {
        printer.show(event);
        remember(message, event);
      }
    };
    sample::GenerateOptions options{flags_.sampling.options, flags_.sampling.max_tokens, flags_.run.chunk,
                                    flags_.sampling.speculate, stop_, {}};
    options.on_token = [&](int token) {
      const bool ends = std::find(stop_.begin(), stop_.end(), token) != stop_.end();
      if (!ends) take(parser.push(decoder.push(static_cast<text::TokenId>(token))));
      return true;
    };
    const sample::Generated result = sample::generate(*engine_, tokens, options);
    take(parser.push(decoder.finish()));
    take(parser.finish());
    printer.end();
    held_ = tokens;
    held_.insert(held_.end(), result.tokens.begin(), result.tokens.end());
    if (!result.stopped)
      std::cerr << "(cut off after " << result.tokens.size() << " tokens; --max-tokens allows more)\n";
    show_experts();
    return message;
  }

  // Adds a piece of the reply to the message that templates will see in later turns.
  static void remember(text::Json& message, const text::ReplyEvent& event) {
    if (event.part == text::ReplyPart::tool_call) {
      message["tool_calls"].push_back(
          {{"type", "function"},
           {"id", event.call.id},
           {"function",
            {{"name", event.call.name},
             {"arguments", io::parse_ordered_json(event.call.arguments, "tool call", {.depth = 200})}}}});
      return;
    }
    auto& field = message[event.part == text::ReplyPart::thinking ? "reasoning_content" : "content"];
    field = field.get<std::string>() + event.text;
  }

  // What the engine holds of an earlier turn is kept as far as the new prompt begins with it.
  void keep_common(const std::vector<int>& prompt) {
    const std::size_t most =
        std::min({prompt.empty() ? 0 : prompt.size() - 1, held_.size(), static_cast<std::size_t>(engine_->length())});
    std::size_t common = 0;
    while (common < most && prompt[common] == held_[common]) ++common;
    engine_->truncate(static_cast<int>(common));
    log_.truncate(static_cast<int>(common));
  }

  void show_experts() {
    if (!flags_.sampling.show_experts) return;
    log_.truncate(engine_->length());
    std::vector<std::string> words;
    for (int token : held_) words.push_back(text_.text({token}));
    std::cout << '\n' << log_.table(words, engine_->facts().experts);
  }

  const ChatFlags& flags_;
  TextModel text_;
  text::ChatTemplate template_;
  std::vector<int> stop_, held_;
  ExpertLog log_;
  std::unique_ptr<Engine> engine_;
  text::Json messages_;
};

// Reads lines until the end of input; one bad turn does not end the conversation.
void talk(Conversation& conversation) {
  const bool terminal = isatty(STDIN_FILENO) != 0;
  if (terminal) std::cerr << "Type a message; /reset begins anew, /exit (or Ctrl-D) ends.\n";
  for (std::string line; (terminal ? std::cerr << "> " << std::flush : std::cerr), std::getline(std::cin, line);) {
    if (line == "/exit") return;
    if (line == "/reset") conversation.restart();
    else if (!line.empty()) {
      try {
        conversation.turn(line);
      } catch (const Error& error) {
        if (!terminal) throw;
        std::cerr << "etalon: " << error.what() << '\n';
      }
    }
  }
  check_standard_input();
}

}  // namespace

void add_chat(CLI::App& app) {
  auto* sub = app.add_subcommand("chat", "Talk with a model; its thinking is shown apart from its answer");
  auto flags = std::make_shared<ChatFlags>();
  flags->sampling.max_tokens = 2048;
  add_run_flags(*sub, flags->run);
  sub->add_option("--message", flags->message, "say this, print the reply and end");
  sub->add_option("--system", flags->system, "a system message before the conversation");
  add_sampling_flags(*sub, flags->sampling);
  sub->callback([sub, flags] {
    io::check_model_folder(flags->run.model);
    adopt_recommended(*sub, flags->run.model, flags->sampling);
    Conversation conversation(*flags);
    if (flags->message) conversation.turn(*flags->message);
    else talk(conversation);
  });
}

}  // namespace etalon::command
