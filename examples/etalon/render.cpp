// etalon render: what a model's chat template makes of a conversation.
//
//   etalon render --model DIR | --template FILE.jinja [--jsonl]
//
// Standard input is one JSON object {"messages": […], "tools": […], …}; the text goes to standard output as it is. With
// --jsonl every line is such an object and gives one JSON string, or {"error": message} where the template refuses it.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <etalon/error.hpp>
#include <etalon/text/chat.hpp>

#include "commands.hpp"
#include "standard_input.hpp"

namespace {

struct RenderOptions {
  std::string model, template_file;
  bool jsonl = false;
};

etalon::text::ChatTemplate load(const RenderOptions& options) {
  if (options.model.empty() == options.template_file.empty()) {
    throw etalon::Error("render", "one of --model and --template", options.model.empty() ? "neither" : "both");
  }
  if (!options.model.empty()) return etalon::text::ChatTemplate::load(options.model);
  return etalon::text::ChatTemplate::from_file(options.template_file);
}

// One line of --jsonl; a line that fails does not end the run.
etalon::text::Json rendered_line(const etalon::text::ChatTemplate& chat, const std::string& line, std::size_t number) {
  try {
    const std::string where = "standard input line " + std::to_string(number);
    return chat.render(etalon::io::parse_ordered_json(line, where, etalon::text::conversation_limits));
  } catch (const etalon::text::jinja::Raised& raised) {
    return {{"error", raised.message()}};
  } catch (const etalon::Error& error) {
    return {{"error", error.what()}};
  }
}

void render_lines(const etalon::text::ChatTemplate& chat) {
  std::string line;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    std::cout << rendered_line(chat, line, number).dump() << '\n' << std::flush;
  }
  etalon::command::check_standard_input();
}

void render(const RenderOptions& options) {
  const etalon::text::ChatTemplate chat = load(options);
  if (options.jsonl) return render_lines(chat);
  const std::string input = etalon::command::read_standard_input();
  std::cout << chat.render(etalon::io::parse_ordered_json(input, "standard input", etalon::text::conversation_limits));
}

}  // namespace

void etalon::command::add_render(CLI::App& app) {
  auto options = std::make_shared<RenderOptions>();
  CLI::App* sub =
      app.add_subcommand("render", "The text a model's chat template makes of a conversation (JSON on standard input)");
  sub->add_option("--model", options->model, "Folder of a model")->type_name("DIR");
  sub->add_option("--template", options->template_file, "A template file in place of the model's")
      ->type_name("FILE.jinja");
  sub->add_flag("--jsonl", options->jsonl,
                "One object a line in, one JSON string (or {\"error\": message}) a line out");
  sub->callback([options] { render(*options); });
}
