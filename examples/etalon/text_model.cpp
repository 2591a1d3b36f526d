// What a model folder says about text.
#include "text_model.hpp"

#include <algorithm>

#include <etalon/io/config.hpp>
#include <etalon/text/chat.hpp>

namespace etalon::command {

namespace {

// bos_token of tokenizer_config.json: a text, or an object with `content`.
std::optional<std::string> begin_text(const io::Config& config) {
  if (!config.has("bos_token")) return std::nullopt;
  if (config.is_object("bos_token")) return config.object("bos_token").text("content");
  return config.text("bos_token");
}

// Does the folder's chat template begin a conversation with this text?
bool template_begins_with(const std::filesystem::path& folder, const std::string& begin) {
  try {
    const text::ChatTemplate chat = text::ChatTemplate::load(folder);
    const io::OrderedJson conversation = {{"messages", {{{"role", "user"}, {"content", "x"}}}}};
    return chat.render(conversation).starts_with(begin);
  } catch (const Error&) {
    return false;   // no template, or one that wants more than a message
  }
}

// The begin token that the folder wants before a plain text.
std::optional<std::string> wanted_begin(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "tokenizer_config.json";
  if (!io::is_file(file)) return std::nullopt;
  const io::Config config = io::Config::load(file);
  const auto begin = begin_text(config);
  if (!begin) return std::nullopt;
  if (config.has("add_bos_token") ? config.boolean("add_bos_token") : template_begins_with(folder, *begin))
    return begin;
  return std::nullopt;
}

std::vector<int> as_ints(const std::vector<text::TokenId>& ids) { return {ids.begin(), ids.end()}; }

void add_stop_tokens(const io::Config& config, std::vector<int>& stop) {
  if (!config.has("eos_token_id")) return;
  const auto ids = config.is_list("eos_token_id") ? config.integers("eos_token_id", {0, 1 << 30})
                                                  : std::vector<int>{config.integer("eos_token_id", {0, 1 << 30})};
  stop.insert(stop.end(), ids.begin(), ids.end());
}

}  // namespace

TextModel TextModel::load(const std::filesystem::path& folder) {
  TextModel model(text::Tokenizer::load(folder));
  if (const auto begin = wanted_begin(folder)) {
    if (const auto id = model.tokenizer_.id_of(*begin)) model.begin_ = static_cast<int>(*id);
  }
  return model;
}

std::vector<int> TextModel::prompt(std::string_view text) const {
  std::vector<int> ids = as_ints(tokenizer_.encode(text, {.add_special_tokens = true}));
  if (begin_ && (ids.empty() || ids.front() != *begin_)) ids.insert(ids.begin(), *begin_);
  return ids;
}

std::vector<int> TextModel::rendered(std::string_view text) const { return as_ints(tokenizer_.encode(text)); }

std::string TextModel::text(const std::vector<int>& tokens) const {
  const std::vector<text::TokenId> ids(tokens.begin(), tokens.end());
  return tokenizer_.decode(ids);
}

bool TextModel::is_special(int token) const {
  const std::vector<text::TokenId> one{static_cast<text::TokenId>(token)};
  return tokenizer_.decode(one, {.skip_special_tokens = true}).empty() && !tokenizer_.decode(one).empty();
}

bool has_tokenizer(const std::filesystem::path& folder) { return io::is_file(folder / "tokenizer.json"); }

std::vector<int> stop_tokens(const std::filesystem::path& folder) {
  std::vector<int> stop;
  for (const char* name : {"generation_config.json", "config.json"})
    if (io::is_file(folder / name)) add_stop_tokens(io::Config::load(folder / name), stop);
  std::sort(stop.begin(), stop.end());
  stop.erase(std::unique(stop.begin(), stop.end()), stop.end());
  return stop;
}

}  // namespace etalon::command
