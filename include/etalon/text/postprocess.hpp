#pragma once
// Post-processors: special tokens around the encoded text, such as a begin token.
//
// A template is a list of special tokens and places for the text. In a sequence of templates the second sees the
// pieces of the first as separate texts; with two pieces its template for pairs applies.
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "etalon/error.hpp"
#include "etalon/text/vocabulary.hpp"

namespace etalon::text {

struct TemplateProcessing {
  // A text (0 or 1) or the ids of a special token.
  using Part = std::variant<std::size_t, std::vector<TokenId>>;
  std::vector<Part> single, pair;

  using Texts = std::vector<std::vector<TokenId>>;

  // Special tokens are left out unless add_special_tokens is set.
  Texts apply(Texts texts, bool add_special_tokens) const {
    if (texts.empty() || texts.size() > 2) {
      throw Error("tokenizer: post_processor", "one or two pieces for a template", std::to_string(texts.size()),
                  "put a single template into the sequence");
    }
    Texts out;
    for (const Part& part : texts.size() == 1 ? single : pair) {
      if (const auto* which = std::get_if<std::size_t>(&part)) {
        out.push_back(texts[*which]);
      } else if (add_special_tokens) {
        out.push_back(std::get<std::vector<TokenId>>(part));
      }
    }
    return out;
  }
};

inline std::vector<TokenId> postprocess(std::vector<TokenId> ids, const std::vector<TemplateProcessing>& steps,
                                        bool add_special_tokens) {
  if (steps.empty()) return ids;
  TemplateProcessing::Texts texts;
  texts.push_back(std::move(ids));
  for (const TemplateProcessing& step : steps) texts = step.apply(std::move(texts), add_special_tokens);
  std::vector<TokenId> out;
  for (const auto& text : texts) out.insert(out.end(), text.begin(), text.end());
  return out;
}

}  // namespace etalon::text
