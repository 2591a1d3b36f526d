#pragma once
// A Jinja template: parsed once, rendered with variables. The language is what published chat templates use, as
// jinja2 3.1 and transformers define it:
//
//   ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
//   tojson without HTML escaping, raise_exception, strftime_now, {% generation %}; autoescape is off
//
// A construct that is left out (extends, include, import, …) is named when the template is read or reaches it.
// Sources: https://jinja.palletsprojects.com/en/3.1.x/templates/ and transformers/utils/chat_template_utils.py.
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "etalon/error.hpp"
#include "etalon/text/jinja/known_names.hpp"
#include "etalon/text/jinja/parse.hpp"
#include "etalon/text/jinja/render.hpp"

namespace etalon::text::jinja {

inline constexpr std::size_t max_template_bytes = std::size_t{4} << 20;

// now: what strftime_now shows.
struct RenderOptions {
  std::tm now = {};
  Limits limits = {};
};

class Template {
 public:
  // name: of the template, for messages. Throws Error for what is not a template of this language.
  Template(std::string_view source, std::string name)
      : syntax_(std::make_shared<Syntax>(parsed(source, std::move(name)))) {}

  // variables: a JSON object. Throws Raised for raise_exception, Error for everything else that stops the template.
  std::string render(const io::OrderedJson& variables, const RenderOptions& options = {}) const {
    Runtime runtime{Budget(options.limits), options.now, {}};
    int line = 1;
    try {
      Variables values;
      for (const auto& [name, value] : variables.items()) values.emplace(name, from_json(runtime, value));
      return render(values, runtime, line);
    } catch (const Failure& failure) {
      throw Error(place(syntax_->name, line), failure.expected, failure.found, failure.next);
    } catch (const TemplateException& exception) {
      throw Raised(place(syntax_->name, line), exception.message);
    }
  }
  const std::string& name() const { return syntax_->name; }

 private:
  static std::string place(const std::string& name, int line) { return name + " line " + std::to_string(line); }

  std::string render(const Variables& values, Runtime& runtime, int& line) const {
    Renderer renderer(*syntax_, runtime, values);
    try {
      return renderer.render();
    } catch (...) {
      line = renderer.line();
      throw;
    }
  }

  template <class Worker, class Work>
  static auto on_failure_keep(int& line, const Worker& worker, Work work) {
    try {
      return work();
    } catch (const Failure&) {
      line = worker.line();
      throw;
    }
  }

  static Syntax parsed(std::string_view source, std::string name) {
    if (source.size() > max_template_bytes) {
      throw Error(name, "a template of at most " + std::to_string(max_template_bytes) + " bytes",
                  std::to_string(source.size()));
    }
    if (!is_utf8(source)) throw Error(name, "a template in UTF-8", "other bytes");
    Lexer lexer(source);
    int line = 1;
    try {
      std::vector<Token> tokens = on_failure_keep(line, lexer, [&] { return lexer.tokens(); });
      Parser parser(std::move(tokens), name);
      Syntax syntax = on_failure_keep(line, parser, [&] { return parser.parse(); });
      check_known_names(syntax, line);
      return syntax;
    } catch (const Failure& failure) {
      throw Error(place(name, line), failure.expected, failure.found, failure.next);
    }
  }
  std::shared_ptr<const Syntax> syntax_;
};

}  // namespace etalon::text::jinja
