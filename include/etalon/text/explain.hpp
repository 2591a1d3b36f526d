#pragma once
// How a text becomes tokens, step by step, for a reader.
//
// The first line shows the words the text is cut into; then, for a short text, every word with its merges, each with
// the rank that made it the next; last the ids.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "etalon/text/bpe.hpp"
#include "etalon/text/tokenizer.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text {

struct ExplainOptions {
  bool colour = false;              // ANSI colours, for a terminal
  std::size_t merges_up_to = 400;   // bytes of text for which merges are shown
};

namespace detail {

class Explanation {
 public:
  Explanation(const Tokenizer& tokenizer, ExplainOptions options) : tokenizer_(tokenizer), options_(options) {}

  std::string write(std::string_view text, EncodeOptions encoding) {
    Tokenizer::CutScratch scratch;
    const bool in_full = text.size() <= options_.merges_up_to;
    std::string cuts, merges;
    tokenizer_.cut(text, scratch,
        [&](TokenId id) {
          cuts += painted(visible(tokenizer_.token(id)), special_colour) + "|";
          if (in_full) merges += line(visible(tokenizer_.token(id)), "added token " + std::to_string(id));
        },
        [&](std::string_view word) {
          cuts += painted(visible(word), next_colour()) + "|";
          if (in_full) merges += word_lines(word);
        });
    const std::vector<TokenId> ids = tokenizer_.encode(text, encoding);
    std::string out = "cut into words\n  |" + cuts + "\n";
    if (in_full) out += "merged\n" + merges;
    out += std::to_string(ids.size()) + " tokens\n  ";
    for (TokenId id : ids) out += painted(visible(spelled(id)), next_colour()) + " " + std::to_string(id) + "  ";
    return out + "\n";
  }

 private:
  static constexpr int special_colour = 35;

  std::string word_lines(std::string_view word) {
    const BpeModel& model = tokenizer_.model();
    if (model.ignore_merges) {
      if (const auto id = model.whole(word, tokenizer_.alphabet())) {
        return line(visible(word), "a token of its own, " + std::to_string(*id));
      }
    }
    std::vector<TokenId> symbols = model.symbols(word, tokenizer_.alphabet());
    std::string out = line(split(symbols, symbols.size()), symbols.size() == 1 ? "one symbol" : "start");
    merge_pairs(symbols, model.merges, [&](const std::vector<TokenId>& now, std::size_t at, Merge merge) {
      std::vector<TokenId> after = now;
      after[at] = merge.result;
      after.erase(after.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      out += line(split(after, at), "rank " + std::to_string(merge.rank) + ": " + visible(spelled(now[at])) + " + " +
                                        visible(spelled(now[at + 1])));
    });
    return out;
  }

  // Symbols with blanks between; the one at `marked` in colour.
  std::string split(const std::vector<TokenId>& symbols, std::size_t marked) {
    std::string out;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      if (i > 0) out += ' ';
      const std::string one = visible(spelled(symbols[i]));
      out += i == marked ? painted(one, 32) : one;
    }
    return out;
  }

  static std::string line(const std::string& shown, const std::string& note) {
    std::size_t width = 0;
    bool escape = false;
    for (char c : shown) {
      escape = escape ? c != 'm' : c == '\x1b';
      width += !escape && c != 'm' && (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }
    return "  " + shown + std::string(width < 40 ? 40 - width : 1, ' ') + note + "\n";
  }

  // A token's own bytes where they are text, else as the vocabulary spells them.
  std::string spelled(TokenId id) const {
    const std::string token(tokenizer_.token(id));
    if (tokenizer_.alphabet() == Alphabet::characters || tokenizer_.is_added(id)) return token;
    const auto bytes = bytes_of_characters(token);
    return bytes && well_formed(*bytes) ? *bytes : token;
  }

  // Blanks and control characters made visible.
  static std::string visible(std::string_view text) {
    std::string out;
    const std::string valid = replace_ill_formed(text);
    for (std::size_t i = 0; i < valid.size();) {
      const auto [code, length] = decode_utf8(valid, i);
      if (code == ' ') {
        out += "·";
      } else if (code < 0x20) {
        append_utf8(out, 0x2400 + code);
      } else if (code == 0x7F || (code >= 0x80 && code < 0xA0)) {
        out += "␡";
      } else {
        out += valid.substr(i, length);
      }
      i += length;
    }
    return out;
  }

  int next_colour() { return 31 + static_cast<int>(count_++ % 2) * 5; }  // red and cyan in turn
  std::string painted(const std::string& text, int colour) const {
    return options_.colour ? "\x1b[" + std::to_string(colour) + "m" + text + "\x1b[0m" : text;
  }

  const Tokenizer& tokenizer_;
  ExplainOptions options_;
  std::size_t count_ = 0;
};

}  // namespace detail

// Several lines, each ended by a line feed. Throws Error as Tokenizer::encode does.
inline std::string explain(const Tokenizer& tokenizer, std::string_view text, EncodeOptions encoding = {},
                           ExplainOptions options = {}) {
  if (encoding.invalid_utf8 == InvalidUtf8::refuse) static_cast<void>(tokenizer.encode(text, encoding));
  return detail::Explanation(tokenizer, options).write(replace_ill_formed(text), encoding);
}

}  // namespace etalon::text
