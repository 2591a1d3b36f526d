#pragma once
// The added tokens of a tokenizer.json, with the ids they get and the two sets they are searched in.
//
// As Hugging Face does it: a token that the model's vocabulary has keeps its id there; the others are numbered on from
// the vocabulary's size, in the file's order, whatever ids the file gives them.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "etalon/error.hpp"
#include "etalon/text/added_tokens.hpp"
#include "etalon/text/normalizer.hpp"
#include "etalon/text/vocabulary.hpp"

namespace etalon::text {

class AddedVocabulary {
 public:
  AddedVocabulary() = default;
  // Of several tokens with the same normalized text the first is found. Throws Error if the next free id is not free,
  // or if normalization leaves nothing of a token.
  AddedVocabulary(const std::vector<AddedToken>& tokens, const Vocabulary& vocabulary,
                  const std::vector<NormalizerStep>& normalizer, const std::string& where)
      : where_(where) {
    auto next_id = static_cast<TokenId>(vocabulary.size());
    for (const AddedToken& token : tokens) add(token, vocabulary, normalizer, next_id);
    for (std::uint32_t number = 0; number < tokens_.size(); ++number) {
      const AddedToken& token = tokens_[number];
      if (by_id_.at(token.id) != number) continue;  // said again, differently, further down in the file
      const std::string& pattern = token.normalized ? decoded_.at(token.id) : token.content;
      if (pattern.empty()) refuse(token.content, "something to look for", "nothing left of it after normalization");
      (token.normalized ? in_normalized_ : in_raw_).add(pattern, number);
    }
  }

  std::size_t size() const { return by_content_.size(); }
  std::optional<TokenId> find(std::string_view content) const {
    const auto at = by_content_.find(std::string(content));
    return at == by_content_.end() ? std::nullopt : std::optional(at->second);
  }
  const AddedToken* token(TokenId id) const {
    const auto at = by_id_.find(id);
    return at == by_id_.end() ? nullptr : &tokens_[at->second];
  }
  // What decoding starts from: the normalized text of a token that is looked for normalized, else the token.
  const std::string* decoded(TokenId id) const {
    const auto at = decoded_.find(id);
    return at == decoded_.end() ? nullptr : &at->second;
  }
  bool is_special(std::string_view text) const { return special_.contains(std::string(text)); }
  std::size_t outside(const Vocabulary& vocabulary) const {
    std::size_t count = 0;
    for (const auto& [content, id] : by_content_) count += !vocabulary.find(content);
    return count;
  }

  // Cuts the text of the input (raw) or of a section behind the normalizers at the tokens looked for there.
  template <class OnText, class OnToken>
  void split_raw(std::string_view text, OnText on_text, OnToken on_token) const {
    in_raw_.split(text, tokens_, on_text, on_token);
  }
  template <class OnText, class OnToken>
  void split_normalized(std::string_view text, OnText on_text, OnToken on_token) const {
    in_normalized_.split(text, tokens_, on_text, on_token);
  }
  template <class Visit>
  void for_each_id(Visit visit) const {
    for (const auto& [id, text] : decoded_) visit(id);
  }

 private:
  void add(AddedToken token, const Vocabulary& vocabulary, const std::vector<NormalizerStep>& normalizer,
           TokenId& next_id) {
    if (token.content.empty()) return;
    const auto known = find(token.content);
    const auto in_vocabulary = vocabulary.find(token.content);
    token.id = known ? *known : in_vocabulary ? *in_vocabulary : next_id++;
    if (!known && !in_vocabulary && vocabulary.token(token.id)) {
      refuse(token.content, "the id " + std::to_string(token.id) + ", the next one, to be free",
             etalon::quoted(*vocabulary.token(token.id)));
    }
    Section section{token.content};
    if (token.normalized) normalize(section, normalizer, scratch_);
    if (!known || section.text != token.content) decoded_[token.id] = section.text;
    if (token.special) special_.insert(token.content);
    by_content_[token.content] = token.id;
    by_id_[token.id] = static_cast<std::uint32_t>(tokens_.size());
    tokens_.push_back(std::move(token));
  }

  [[noreturn]] void refuse(const std::string& content, std::string expected, std::string found) const {
    throw Error(where_ + ": added token " + etalon::quoted(content), std::move(expected), std::move(found),
                "correct added_tokens");
  }

  std::string where_;
  std::vector<AddedToken> tokens_;
  std::unordered_map<std::string, TokenId> by_content_;
  std::unordered_map<TokenId, std::uint32_t> by_id_;   // place in tokens_
  std::unordered_map<TokenId, std::string> decoded_;
  std::unordered_set<std::string> special_;
  AddedTokenSplitter in_raw_, in_normalized_;
  RegexScratch scratch_;
};

}  // namespace etalon::text
