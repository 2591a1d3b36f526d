#pragma once
// Added tokens: strings like <|im_start|> that are found in the text itself, before anything else is done to it.
//
// Of the tokens that begin at the leftmost place, the longest is taken; then flags decide. A trie finds them.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "etalon/text/char_class.hpp"
#include "etalon/text/unicode.hpp"
#include "etalon/text/utf8.hpp"
#include "etalon/text/vocabulary.hpp"

namespace etalon::text {

struct AddedToken {
  std::string content;
  TokenId id = 0;
  bool single_word = false;  // not beside a word character
  bool left_strip = false;   // takes the white space before it along
  bool right_strip = false;  // and behind it
  bool normalized = false;   // looked for in the normalized text, in its own normalized form
  bool special = false;      // not shown when decoding without special tokens
};

// A set of strings, each with a number.
class Trie {
 public:
  Trie() : nodes_(1) {}

  // False if the string is there already.
  bool add(std::string_view text, std::uint32_t number) {
    std::uint32_t node = 0;
    for (char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (node == 0) starts_[byte] = true;
      const auto [at, is_new] = edges_.try_emplace(key(node, byte), static_cast<std::uint32_t>(nodes_.size()));
      if (is_new) nodes_.push_back({});
      node = at->second;
    }
    if (nodes_[node]) return false;
    nodes_[node] = number;
    return true;
  }
  bool empty() const { return nodes_.size() == 1; }

  struct Found {
    std::size_t begin, end;
    std::uint32_t number;
  };
  // The longest string at the leftmost place from `from` on where there is any.
  std::optional<Found> find(std::string_view text, std::size_t from) const {
    for (std::size_t begin = from; begin < text.size(); ++begin) {
      if (!starts_[static_cast<unsigned char>(text[begin])]) continue;
      if (const auto found = longest_at(text, begin)) return found;
    }
    return std::nullopt;
  }

 private:
  static std::uint64_t key(std::uint32_t node, unsigned char byte) { return std::uint64_t{node} << 8 | byte; }

  std::optional<Found> longest_at(std::string_view text, std::size_t begin) const {
    std::optional<Found> best;
    std::uint32_t node = 0;
    for (std::size_t i = begin; i < text.size(); ++i) {
      const auto next = edges_.find(key(node, static_cast<unsigned char>(text[i])));
      if (next == edges_.end()) break;
      node = next->second;
      if (nodes_[node]) best = Found{begin, i + 1, *nodes_[node]};
    }
    return best;
  }

  std::vector<std::optional<std::uint32_t>> nodes_;  // the number of the string that ends here
  std::unordered_map<std::uint64_t, std::uint32_t> edges_;
  std::array<bool, 256> starts_{};
};

// Cuts text at the added tokens whose patterns lie in one trie.
class AddedTokenSplitter {
 public:
  // number: the token's place in `tokens`. False, and nothing added, if the pattern is there already.
  bool add(std::string_view pattern, std::uint32_t number) { return trie_.add(pattern, number); }

  // Calls on_text(begin, end) and on_token(id) from left to right.
  template <class OnText, class OnToken>
  void split(std::string_view text, const std::vector<AddedToken>& tokens, OnText on_text, OnToken on_token) const {
    std::size_t done = 0;
    Run spaces{0, 0};
    for (std::size_t from = 0; !trie_.empty();) {
      const auto found = trie_.find(text, from);
      if (!found) break;
      from = found->end;
      const AddedToken& token = tokens[found->number];
      std::size_t begin = found->begin, end = found->end;
      if (token.single_word && (touches_word_before(text, begin) || touches_word_behind(text, end))) continue;
      if (token.left_strip) begin = spaces_before(text, begin, done);
      if (token.right_strip) end = spaces_behind(text, end, spaces);
      if (done < begin) on_text(done, begin);
      if (begin < end) on_token(token.id);  // else: its text went with the white space of the token before
      done = end;
    }
    if (done < text.size()) on_text(done, text.size());
  }

 private:
  struct Run {
    std::size_t begin, end;
  };

  static bool touches_word_before(std::string_view text, std::size_t at) {
    return at > 0 && word().contains(decode_utf8_before(text, at).code);
  }
  static bool touches_word_behind(std::string_view text, std::size_t at) {
    return at < text.size() && word().contains(decode_utf8(text, at).code);
  }
  // Not further back than `lowest`; that if it lies behind `at`.
  static std::size_t spaces_before(std::string_view text, std::size_t at, std::size_t lowest) {
    while (at > lowest) {
      const auto [code, length] = decode_utf8_before(text, at);
      if (!space().contains(code)) break;
      at -= length;
    }
    return std::max(at, lowest);
  }
  // `last`: the white space walked over before, so that tokens of white space do not walk over it again and again.
  static std::size_t spaces_behind(std::string_view text, std::size_t at, Run& last) {
    if (at >= last.begin && at < last.end) return last.end;
    last.begin = at;
    while (at < text.size() && space().contains(decode_utf8(text, at).code)) at += decode_utf8(text, at).length;
    return last.end = at;
  }
  static const CharClass& word() {
    static const CharClass set(CodePointSet::from_pairs(unicode::whitespace_word));
    return set;
  }
  static const CharClass& space() {
    static const CharClass set(CodePointSet::from_pairs(unicode::whitespace_space));
    return set;
  }

  Trie trie_;
};

}  // namespace etalon::text
