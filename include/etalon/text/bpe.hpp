#pragma once
// Byte-pair encoding (Sennrich, Haddow, Birch 2016, arXiv:1508.07909): how a word becomes tokens.
//
//   start with the word's characters (or bytes), each a token;
//   while some neighbours form a pair that the model knows how to merge:
//     merge the pair of lowest rank, the leftmost of several.
//
// This is the readable path, quadratic in the word's length; bpe_fast.hpp computes the same in n log n.
// Left out: dropout, which makes encoding random.
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/error.hpp"
#include "etalon/text/bytes.hpp"
#include "etalon/text/utf8.hpp"
#include "etalon/text/vocabulary.hpp"

namespace etalon::text {

// What a pair of neighbouring tokens becomes, and how early: the lowest rank is merged first.
struct Merge {
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t rank = none;
  TokenId result = 0;
};

// (left, right) → Merge, by hashing with open addressing.
class MergeTable {
 public:
  MergeTable() : MergeTable(0) {}
  explicit MergeTable(std::size_t expected) {
    std::size_t places = 16;
    while (places < expected * 2) places *= 2;
    places_.resize(places);
  }

  // A pair given twice keeps what was said last. `expected` pairs at most.
  void set(TokenId left, TokenId right, Merge merge) {
    Place& place = places_[find_place(left, right)];
    place = {left, right, merge};
    if (merge.rank >= ranks_) ranks_ = merge.rank + 1;
  }
  // All ranks are below this.
  std::uint32_t ranks() const { return ranks_; }
  // rank is Merge::none for a pair that does not merge.
  Merge find(TokenId left, TokenId right) const { return places_[find_place(left, right)].merge; }

 private:
  struct Place {
    TokenId left = 0, right = 0;
    Merge merge = {};
  };
  std::size_t find_place(TokenId left, TokenId right) const {
    std::uint64_t hash = (std::uint64_t{left} << 32 | right) * 0x9E3779B97F4A7C15;
    std::size_t at = (hash ^ hash >> 32) & (places_.size() - 1);
    while (places_[at].merge.rank != Merge::none && (places_[at].left != left || places_[at].right != right)) {
      at = (at + 1) & (places_.size() - 1);
    }
    return at;
  }
  std::vector<Place> places_;
  std::uint32_t ranks_ = 0;
};

// The reference: exactly the loop above. Calls on_merge(symbols, position, merge) before each merge.
template <class OnMerge>
void merge_pairs(std::vector<TokenId>& symbols, const MergeTable& merges, OnMerge on_merge) {
  for (;;) {
    Merge best;
    std::size_t position = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Merge merge = merges.find(symbols[i], symbols[i + 1]);
      if (merge.rank < best.rank) {
        best = merge;
        position = i;
      }
    }
    if (best.rank == Merge::none) return;
    on_merge(symbols, position, best);
    symbols[position] = best.result;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(position) + 1);
  }
}
inline void merge_pairs(std::vector<TokenId>& symbols, const MergeTable& merges) {
  merge_pairs(symbols, merges, [](const auto&, std::size_t, Merge) {});
}

// What a word is made of: characters, or bytes that the vocabulary spells in the byte-level alphabet (bytes.hpp).
enum class Alphabet { characters, bytes };

struct BpeModel {
  Vocabulary vocabulary;
  MergeTable merges;
  std::optional<std::string> unknown;   // the token for characters that the vocabulary does not have
  std::string continuing_prefix;        // put before every character of a word but the first
  std::string end_of_word_suffix;       // put behind the last
  bool fuse_unknown = false;            // one unknown token for a run of unknown characters
  bool byte_fallback = false;           // an unknown character becomes the tokens <0xNN> of its bytes, if all exist
  bool ignore_merges = false;           // a word that is a token is not split

  // The tokens a word starts with, before any merge. Throws Error if `unknown` is needed but not in the vocabulary.
  std::vector<TokenId> symbols(std::string_view word, Alphabet alphabet) const {
    std::vector<TokenId> out;
    std::optional<TokenId> pending;  // an unknown token that may still grow
    std::string unit;
    for (std::size_t i = 0, length; i < word.size(); i += length) {
      length = alphabet == Alphabet::bytes ? 1 : utf8_length(static_cast<unsigned char>(word[i]));
      spell(word, i, length, alphabet, unit);
      if (const auto id = vocabulary.find(unit)) {
        if (pending) out.push_back(*std::exchange(pending, std::nullopt));
        out.push_back(*id);
      } else if (!(byte_fallback && append_bytes(unit, out)) && unknown) {
        if (pending && !fuse_unknown) out.push_back(*pending);
        if (!pending || !fuse_unknown) pending = unknown_id();
      }
    }
    if (pending) out.push_back(*pending);
    return out;
  }

  // The word as a token of its own, which ignore_merges asks for.
  std::optional<TokenId> whole(std::string_view word, Alphabet alphabet) const {
    if (alphabet == Alphabet::characters) return vocabulary.find(word);
    std::string spelled;
    append_byte_characters(spelled, word);
    return vocabulary.find(spelled);
  }

  std::vector<TokenId> encode_reference(std::string_view word, Alphabet alphabet) const {
    if (ignore_merges) {
      if (const auto id = whole(word, alphabet)) return {*id};
    }
    std::vector<TokenId> out = symbols(word, alphabet);
    merge_pairs(out, merges);
    return out;
  }

 private:
  void spell(std::string_view word, std::size_t at, std::size_t length, Alphabet alphabet, std::string& unit) const {
    unit.clear();
    if (at > 0) unit += continuing_prefix;
    if (alphabet == Alphabet::bytes) {
      append_byte_characters(unit, word.substr(at, length));
    } else {
      unit += word.substr(at, length);
    }
    if (at + length == word.size()) unit += end_of_word_suffix;
  }

  // All of <0xNN> or none.
  bool append_bytes(std::string_view unit, std::vector<TokenId>& out) const {
    const std::size_t before = out.size();
    for (char byte : unit) {
      constexpr char digits[] = "0123456789ABCDEF";
      const auto value = static_cast<unsigned char>(byte);
      const char name[] = {'<', '0', 'x', digits[value >> 4], digits[value & 15], '>'};
      const auto id = vocabulary.find(std::string_view(name, sizeof name));
      if (!id) return out.resize(before), false;
      out.push_back(*id);
    }
    return true;
  }

  TokenId unknown_id() const {
    if (const auto id = vocabulary.find(*unknown)) return *id;
    throw Error("tokenizer: model.unk_token", "a token of the vocabulary, for the text has an unknown character",
                etalon::quoted(*unknown), "add it to model.vocab");
  }
};

}  // namespace etalon::text
