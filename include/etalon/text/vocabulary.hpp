#pragma once
// The vocabulary: tokens and their ids, both ways.
//
// All tokens lie in one string; a hash table with open addressing finds one by its text, an array (a sorted list where
// ids are far apart) by its id. Memory is a small multiple of the tokens' text, whatever ids a file claims.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etalon::text {

using TokenId = std::uint32_t;

// Mixes eight bytes at a time by multiplication; good enough for tables, useless against an adversary.
inline std::uint64_t hash_bytes(std::string_view text) {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15;
  std::uint64_t hash = text.size() * factor;
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * factor;
    hash ^= hash >> 32;
  };
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    mix(word);
  }
  if (i < text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, text.size() - i);
    mix(word);
  }
  return hash * factor >> 7;
}

class Vocabulary {
 public:
  Vocabulary() : table_(16, empty) {}

  // False, and nothing added, if the token is there already.
  bool add(std::string_view token, TokenId id) {
    if ((entries_.size() + 1) * 2 > table_.size()) grow();
    const std::size_t slot = slot_of(token);
    if (table_[slot] != empty) return false;
    table_[slot] = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({text_.size(), static_cast<std::uint32_t>(token.size()), id});
    text_ += token;
    return true;
  }

  // To be called once after the last add. An id that two tokens have, if there is one.
  std::optional<TokenId> index_ids() {
    const auto count = entries_.size();
    std::vector<std::uint32_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = static_cast<std::uint32_t>(i);
    const auto by_id = [&](std::uint32_t a, std::uint32_t b) { return entries_[a].id < entries_[b].id; };
    if (!std::is_sorted(order.begin(), order.end(), by_id)) std::sort(order.begin(), order.end(), by_id);
    for (std::size_t i = 1; i < count; ++i) {
      if (entries_[order[i - 1]].id == entries_[order[i]].id) return entries_[order[i]].id;
    }
    const std::size_t ids = count == 0 ? 0 : std::size_t{entries_[order.back()].id} + 1;
    dense_ = ids <= 2 * count + 1024;
    if (!dense_) return by_id_ = std::move(order), std::nullopt;
    by_id_.assign(ids, empty);
    for (std::uint32_t entry : order) by_id_[entries_[entry].id] = entry;
    return std::nullopt;
  }

  std::size_t size() const { return entries_.size(); }

  std::optional<TokenId> find(std::string_view token) const {
    const std::uint32_t entry = table_[slot_of(token)];
    if (entry == empty) return std::nullopt;
    return entries_[entry].id;
  }

  std::optional<std::string_view> token(TokenId id) const {
    std::uint32_t entry = empty;
    if (dense_) {
      if (id < by_id_.size()) entry = by_id_[id];
    } else {
      const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), id,
                                       [&](std::uint32_t e, TokenId wanted) { return entries_[e].id < wanted; });
      if (at != by_id_.end() && entries_[*at].id == id) entry = *at;
    }
    if (entry == empty) return std::nullopt;
    return view(entries_[entry]);
  }

  // Calls visit(token, id) for every token in the order they were added.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Entry& entry : entries_) visit(view(entry), entry.id);
  }

 private:
  struct Entry {
    std::size_t start;
    std::uint32_t length;
    TokenId id;
  };
  static constexpr std::uint32_t empty = std::numeric_limits<std::uint32_t>::max();

  std::string_view view(const Entry& entry) const {
    return std::string_view(text_).substr(entry.start, entry.length);
  }
  // Where the token is in the table, or the free place where it would go.
  std::size_t slot_of(std::string_view token) const {
    std::size_t slot = hash_bytes(token) & (table_.size() - 1);
    while (table_[slot] != empty && view(entries_[table_[slot]]) != token) slot = (slot + 1) & (table_.size() - 1);
    return slot;
  }
  void grow() {
    table_.assign(table_.size() * 4, empty);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      table_[slot_of(view(entries_[i]))] = static_cast<std::uint32_t>(i);
    }
  }

  std::string text_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> table_;   // numbers of entries; a power of two places
  std::vector<std::uint32_t> by_id_;   // dense: entry of each id; else: entries sorted by id
  bool dense_ = true;
};

}  // namespace etalon::text
