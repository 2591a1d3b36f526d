#pragma once
// What a model folder says about text: the tokenizer, the begin token, the tokens that end an answer.
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <etalon/text/stream_decoder.hpp>
#include <etalon/text/tokenizer.hpp>

namespace etalon::command {

class TextModel {
 public:
  // Throws Error where tokenizer.json is missing or unsound.
  static TextModel load(const std::filesystem::path& folder);

  // Ids of a plain text, the begin token first where the folder asks for one: by the tokenizer's post-processor, by
  // add_bos_token, or because the chat template writes it. A begin token the text already starts with is not doubled.
  std::vector<int> prompt(std::string_view text) const;
  // Ids of a text in which a template has already written all special tokens.
  std::vector<int> rendered(std::string_view text) const;

  std::string text(const std::vector<int>& tokens) const;
  bool is_special(int token) const;
  const text::Tokenizer& tokenizer() const { return tokenizer_; }

 private:
  TextModel(text::Tokenizer tokenizer) : tokenizer_(std::move(tokenizer)) {}
  text::Tokenizer tokenizer_;
  std::optional<int> begin_;   // to be put first
};

bool has_tokenizer(const std::filesystem::path& folder);

// eos_token_id of generation_config.json and config.json, one or several.
std::vector<int> stop_tokens(const std::filesystem::path& folder);

}  // namespace etalon::command
