#pragma once
// Training byte-level byte-pair encoding (Sennrich, Haddow, Birch 2016): from a text to a vocabulary and its merges.
//
//   every byte is a token; then, until the vocabulary is as large as wanted:
//     the most frequent pair of neighbours in the words of the text becomes a token.
//
// Of pairs equally frequent the one with the lower left id, then the lower right id is taken, so the same text gives
// the same tokenizer everywhere. Counts are kept up to date where a merge changes them; a heap holds the pairs, and a
// pair whose count has changed since is pushed again when it is met.
// Left out: sampling, alphabets other than bytes, limits on token length.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "etalon/io/ordered_json.hpp"
#include "etalon/text/bytes.hpp"
#include "etalon/text/pretokenize.hpp"
#include "etalon/text/vocabulary.hpp"

namespace etalon::text {

// A vocabulary of byte strings; the first 256 are the bytes. merges[i] made token 256 + i.
struct TrainedBpe {
  std::vector<std::string> tokens;
  std::vector<std::pair<TokenId, TokenId>> merges;
};

class BpeTrainer {
 public:
  // Counts the words of well-formed text; may be called for several texts.
  void add(std::string_view text) {
    Pieces pieces{.text = text, .own = {}, .origin = 0, .cuts = {{0, text.size()}}};
    cutter_.apply(pieces, scratch_);
    for (const Pieces::Cut& cut : pieces.cuts) ++counts_[std::string(pieces.piece(cut))];
  }

  // vocabulary_size: at least 256; fewer tokens come out if the text has no more pairs that occur twice.
  TrainedBpe train(std::size_t vocabulary_size) {
    TrainedBpe out;
    for (int byte = 0; byte < 256; ++byte) out.tokens.emplace_back(1, static_cast<char>(byte));
    collect_words();
    count_pairs();
    while (out.tokens.size() < vocabulary_size && !queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      const std::int64_t now = pairs_[key(best.pair)].count;
      if (now != best.count) {
        push(best.pair, now);
        continue;
      }
      const auto id = static_cast<TokenId>(out.tokens.size());
      out.tokens.push_back(out.tokens[best.pair.first] + out.tokens[best.pair.second]);
      out.merges.push_back(best.pair);
      merge(best.pair, id);
    }
    return out;
  }

 private:
  using Pair = std::pair<TokenId, TokenId>;
  struct Word {
    std::vector<TokenId> symbols;
    std::int64_t count;
  };
  struct PairCount {
    std::int64_t count = 0;
    std::vector<std::uint32_t> words;  // where it was seen; some may have lost it since
  };
  struct Candidate {
    std::int64_t count;
    Pair pair;
    bool operator<(const Candidate& other) const {  // the queue's top is the largest
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  static std::uint64_t key(Pair pair) { return std::uint64_t{pair.first} << 32 | pair.second; }

  // In the order of their text, so that nothing depends on the hash table's.
  void collect_words() {
    std::vector<std::pair<std::string, std::int64_t>> sorted(counts_.begin(), counts_.end());
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [text, count] : sorted) {
      Word word{{}, count};
      for (char c : text) word.symbols.push_back(static_cast<unsigned char>(c));
      words_.push_back(std::move(word));
    }
  }

  void count_pairs() {
    for (std::uint32_t w = 0; w < words_.size(); ++w) {
      const Word& word = words_[w];
      for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i) {
        note({word.symbols[i], word.symbols[i + 1]}, w, word.count);
      }
    }
    for (const auto& [pair, seen] : pairs_) {
      push({static_cast<TokenId>(pair >> 32), static_cast<TokenId>(pair)}, seen.count);
    }
  }

  void note(Pair pair, std::uint32_t word, std::int64_t change) {
    PairCount& seen = pairs_[key(pair)];
    seen.count += change;
    if (change > 0 && (seen.words.empty() || seen.words.back() != word)) seen.words.push_back(word);
  }

  void push(Pair pair, std::int64_t count) {
    if (count > 1) queue_.push({count, pair});
  }

  void merge(Pair pair, TokenId id) {
    const std::vector<std::uint32_t> words = std::move(pairs_[key(pair)].words);
    std::vector<Pair> born;
    for (std::uint32_t w : words) merge_in_word(w, pair, id, born);
    pairs_.erase(key(pair));
    std::sort(born.begin(), born.end());
    born.erase(std::unique(born.begin(), born.end()), born.end());
    for (const Pair& next : born) push(next, pairs_[key(next)].count);
  }

  // Rewrites one word from left to right. Takes its old pairs out of the counts, and puts the new ones in.
  void merge_in_word(std::uint32_t w, Pair pair, TokenId id, std::vector<Pair>& born) {
    std::vector<TokenId>& symbols = words_[w].symbols;
    const std::int64_t count = words_[w].count;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const bool here = i + 1 < symbols.size() && symbols[i] == pair.first && symbols[i + 1] == pair.second;
      if (!here) {
        symbols[kept++] = symbols[i];
        continue;
      }
      if (kept > 0) {
        // The symbol before may itself be new; then the pair that goes is the one counted for it.
        note({symbols[kept - 1], pair.first}, w, -count);
        note({symbols[kept - 1], id}, w, count);
        born.push_back({symbols[kept - 1], id});
      }
      if (i + 2 < symbols.size()) {
        note({pair.second, symbols[i + 2]}, w, -count);
        note({id, symbols[i + 2]}, w, count);
        born.push_back({id, symbols[i + 2]});
      }
      symbols[kept++] = id;
      ++i;
    }
    symbols.resize(kept);
  }

  ByteLevel cutter_{.add_prefix_space = false, .use_regex = true, .keep_bytes = true};
  PretokenizeScratch scratch_;
  std::unordered_map<std::string, std::int64_t> counts_;
  std::vector<Word> words_;
  std::unordered_map<std::uint64_t, PairCount> pairs_;
  std::priority_queue<Candidate> queue_;
};

// The tokenizer.json of a byte-level tokenizer; special tokens get the ids behind the vocabulary.
inline std::string tokenizer_json(const TrainedBpe& trained, const std::vector<std::string>& special_tokens = {}) {
  using Json = io::OrderedJson;
  const auto spelled = [&](TokenId id) {
    std::string out;
    append_byte_characters(out, trained.tokens[id]);
    return out;
  };
  Json vocabulary = Json::object(), merges = Json::array(), added = Json::array();
  auto& entries = vocabulary.get_ref<Json::object_t&>();
  for (TokenId id = 0; id < trained.tokens.size(); ++id) {
    static_cast<std::vector<std::pair<const std::string, Json>>&>(entries).emplace_back(spelled(id), id);
  }
  for (const auto& [left, right] : trained.merges) merges.push_back(Json::array({spelled(left), spelled(right)}));
  for (std::size_t i = 0; i < special_tokens.size(); ++i) {
    added.push_back(Json{{"id", trained.tokens.size() + i}, {"content", special_tokens[i]}, {"single_word", false},
                         {"lstrip", false}, {"rstrip", false}, {"normalized", false}, {"special", true}});
  }
  const Json byte_level{
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  const Json model{{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", nullptr},
                   {"continuing_subword_prefix", nullptr}, {"end_of_word_suffix", nullptr}, {"fuse_unk", false},
                   {"byte_fallback", false}, {"ignore_merges", false}, {"vocab", vocabulary}, {"merges", merges}};
  const Json file{{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}, {"added_tokens", added},
                  {"normalizer", nullptr}, {"pre_tokenizer", byte_level}, {"post_processor", nullptr},
                  {"decoder", byte_level}, {"model", model}};
  return file.dump(1) + "\n";
}

}  // namespace etalon::text
