#pragma once
// Words met before and their tokens: in text, most words are repetitions.
//
// Full or too large, the cache is emptied and starts anew; so its memory is bounded and every operation is constant
// time. Long words are not kept: they rarely come again.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "etalon/text/vocabulary.hpp"

namespace etalon::text {

class WordCache {
 public:
  static constexpr std::size_t longest_word = 64;

  // The tokens are valid until the next insert.
  std::optional<std::span<const TokenId>> find(std::string_view word) {
    if (word.size() > longest_word) return std::nullopt;
    if (places_.empty()) places_.resize(place_count);
    hash_ = hash_bytes(word);
    for (place_ = hash_ & (place_count - 1); places_[place_].length != 0; place_ = (place_ + 1) & (place_count - 1)) {
      const Place& place = places_[place_];
      if (place.hash != hash_ || std::string_view(text_).substr(place.text, place.length) != word) continue;
      return std::span(ids_).subspan(place.ids, place.count);
    }
    return std::nullopt;
  }

  // Only right after find(word) found nothing. The word must not be empty.
  void insert(std::string_view word, std::span<const TokenId> ids) {
    if (word.size() > longest_word) return;
    if (used_ * 2 >= place_count) {
      places_.assign(place_count, Place{});
      text_.clear();
      ids_.clear();
      used_ = 0;
      place_ = hash_ & (place_count - 1);
    }
    places_[place_] = {hash_, static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(ids_.size()),
                       static_cast<std::uint32_t>(ids.size()), static_cast<std::uint32_t>(word.size())};
    ++used_;
    text_ += word;
    ids_.insert(ids_.end(), ids.begin(), ids.end());
  }

 private:
  static constexpr std::size_t place_count = std::size_t{1} << 17;
  struct Place {
    std::uint64_t hash = 0;
    std::uint32_t text = 0, ids = 0, count = 0, length = 0;  // length 0: free
  };

  std::vector<Place> places_;
  std::string text_;
  std::vector<TokenId> ids_;
  std::size_t used_ = 0, place_ = 0;
  std::uint64_t hash_ = 0;
};

}  // namespace etalon::text
