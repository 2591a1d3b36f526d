#pragma once
// A model folder's chat template: from a conversation to the text the model reads.
//
// The template is chat_template.jinja, or "chat_template" of tokenizer_config.json: a text, or a list of named
// templates of which "tool_use" serves conversations with tools and "default" the others. Special tokens (bos_token, …)
// come from tokenizer_config.json, else special_tokens_map.json; variables that are given go before them. Source:
// apply_chat_template of transformers 5. Leaves out: images and other media; a message is passed as it is, with its
// null fields.
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/io/ordered_json.hpp"
#include "etalon/io/mapped_file.hpp"
#include "etalon/text/jinja/template.hpp"

namespace etalon::text {

using Json = io::OrderedJson;

// Conversations nest deeper than configurations: schemas of tools, arguments.
inline constexpr io::JsonLimits conversation_limits{.depth = 200};

// What strftime_now shows: SOURCE_DATE_EPOCH in UTC where that is set (https://reproducible-builds.org), else local
// time.
inline std::tm template_clock() {
  std::tm out = {};
  const char* fixed = std::getenv("SOURCE_DATE_EPOCH");
  if (fixed == nullptr || *fixed == '\0') {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    localtime_r(&now, &out);
    return out;
  }
  char* end = nullptr;
  const long long seconds = std::strtoll(fixed, &end, 10);
  const std::time_t moment = static_cast<std::time_t>(seconds);
  if (*end != '\0' || seconds < 0 || seconds > 253402300799LL || gmtime_r(&moment, &out) == nullptr) {
    throw Error("SOURCE_DATE_EPOCH", "seconds since 1970, up to the year 9999", etalon::quoted(std::string(fixed)),
                "unset it or give a number");
  }
  return out;
}

class ChatTemplate {
 public:
  // folder: of a model. Throws Error where there is no template, or it cannot be read.
  static ChatTemplate load(const std::filesystem::path& folder) {
    ChatTemplate out;
    const auto template_file = folder / "chat_template.jinja", config_file = folder / "tokenizer_config.json";
    Json config = Json::object();
    if (std::filesystem::is_regular_file(config_file)) config = io::read_ordered_json(config_file, conversation_limits);
    out.read_special_tokens(folder, config);
    if (std::filesystem::is_regular_file(template_file)) {
      out.add_file("default", template_file);
      const auto tool_file = folder / "additional_chat_templates" / "tool_use.jinja";
      if (std::filesystem::is_regular_file(tool_file)) out.add_file("tool_use", tool_file);
    } else if (config.is_object() && config.contains("chat_template")) {
      out.add_configured(config["chat_template"], config_file.string() + " chat_template");
    } else {
      throw Error(folder.string(), "chat_template.jinja, or tokenizer_config.json with \"chat_template\"", "neither",
                  "a base model has no chat template; use one that was tuned for chat, or give --template");
    }
    return out;
  }

  // One template file, without special tokens.
  static ChatTemplate from_file(const std::filesystem::path& path) {
    ChatTemplate out;
    out.add_file("default", path);
    return out;
  }

  // variables: an object with "messages" and what else the template asks for. Missing ones that transformers always
  // gives are none (tools, documents) or false (add_generation_prompt).
  // Throws jinja::Raised where the template refuses the conversation, Error otherwise.
  std::string render(const Json& variables, const std::tm& now = template_clock()) const {
    if (!variables.is_object()) throw Error("conversation", "an object with \"messages\"", io::described(variables));
    Json all = special_tokens_;
    all["tools"] = nullptr;
    all["documents"] = nullptr;
    all["add_generation_prompt"] = false;
    for (const auto& [name, value] : variables.items()) all[name] = value;
    return chosen(!all["tools"].is_null()).render(all, {.now = now});
  }

  const Json& special_tokens() const { return special_tokens_; }

 private:
  void add_file(const std::string& name, const std::filesystem::path& path) {
    const io::MappedFile file = io::MappedFile::open(path);
    templates_.emplace_back(name, jinja::Template(file.text(), path.string()));
  }

  void add_configured(const Json& configured, const std::string& where) {
    if (configured.is_string())
      return static_cast<void>(
          templates_.emplace_back("default", jinja::Template(configured.get<std::string>(), where)));
    if (!configured.is_array())
      throw Error(where, "a template, or a list of named templates", io::described(configured));
    for (const Json& one : configured) {
      const bool is_named = one.is_object() && one.contains("name") && one["name"].is_string() &&
                            one.contains("template") && one["template"].is_string();
      if (!is_named) throw Error(where, "objects with \"name\" and \"template\"", io::described(one));
      const std::string name = one["name"].get<std::string>();
      if (name == "default" || name == "tool_use") {
        templates_.emplace_back(
            name, jinja::Template(one["template"].get<std::string>(), where + " " + etalon::quoted(name)));
      }
    }
    if (templates_.empty()) throw Error(where, "a template named \"default\" or \"tool_use\"", "none of these names");
  }

  // A token is a text or an object with "content"; null and other settings (add_bos_token) are none.
  void add_tokens(const Json& config) {
    if (!config.is_object()) return;
    for (const auto& [name, value] : config.items()) {
      if (!name.ends_with("_token") || special_tokens_.contains(name)) continue;
      if (value.is_string()) special_tokens_[name] = value;
      else if (value.is_object() && value.contains("content") && value["content"].is_string())
        special_tokens_[name] = value["content"];
    }
  }
  void read_special_tokens(const std::filesystem::path& folder, const Json& config) {
    add_tokens(config);
    const auto map_file = folder / "special_tokens_map.json";
    if (std::filesystem::is_regular_file(map_file)) add_tokens(io::read_ordered_json(map_file, conversation_limits));
  }

  const jinja::Template& chosen(bool has_tools) const {
    const auto named = [&](std::string_view wanted) -> const jinja::Template* {
      for (const auto& [name, one] : templates_) if (name == wanted) return &one;
      return nullptr;
    };
    const jinja::Template* for_tools = has_tools ? named("tool_use") : nullptr;
    const jinja::Template* usual = named("default");
    return for_tools != nullptr ? *for_tools : usual != nullptr ? *usual : templates_.front().second;
  }

  std::vector<std::pair<std::string, jinja::Template>> templates_;
  Json special_tokens_ = Json::object();
};

}  // namespace etalon::text
