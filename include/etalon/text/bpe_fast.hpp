#pragma once
// Byte-pair encoding, fast: the same tokens as bpe.hpp's loop.
//
// Short words are scanned as the loop does, but with the ranks kept. Long ones keep their tokens in a linked list, and
// for each rank the places where a pair of that rank begins; the ranks that have places are in a heap. All places of
// the lowest rank are merged at once, from left to right: n log n. A place whose pair has changed since it was noted is
// known by the rank, and passed over.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <string_view>
#include <vector>

#include "etalon/text/bpe.hpp"
#include "etalon/text/vocabulary.hpp"

namespace etalon::text {

// Memory that merging reuses from word to word. Not for two threads at once.
class BpeScratch {
 public:
  // symbols: a word's tokens, replaced by the merged ones.
  void merge(std::vector<TokenId>& symbols, const MergeTable& merges) {
    symbols.size() <= short_word ? merge_short(symbols, merges) : merge_long(symbols, merges);
  }

 private:
  static constexpr std::size_t short_word = 24;

  void merge_short(std::vector<TokenId>& symbols, const MergeTable& merges) {
    Merge pair[short_word];  // pair[i]: of symbols i and i + 1
    std::size_t count = symbols.size();
    for (std::size_t i = 0; i + 1 < count; ++i) pair[i] = merges.find(symbols[i], symbols[i + 1]);
    while (count > 1) {
      const auto lower = [](const Merge& a, const Merge& b) { return a.rank < b.rank; };
      const auto best = static_cast<std::size_t>(std::min_element(pair, pair + count - 1, lower) - pair);
      if (pair[best].rank == Merge::none) break;
      symbols[best] = pair[best].result;
      std::copy(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 2,
                symbols.begin() + static_cast<std::ptrdiff_t>(count),
                symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
      std::copy(pair + best + 1, pair + count - 1, pair + best);
      --count;
      if (best > 0) pair[best - 1] = merges.find(symbols[best - 1], symbols[best]);
      if (best + 1 < count) pair[best] = merges.find(symbols[best], symbols[best + 1]);
    }
    symbols.resize(count);
  }

  // Positions are places in the word as it was at first; each token stays at the place of its first symbol.
  void merge_long(std::vector<TokenId>& symbols, const MergeTable& merges) {
    const auto count = static_cast<std::uint32_t>(symbols.size());
    if (by_rank_.size() < merges.ranks()) by_rank_.resize(merges.ranks());
    links_.resize(count);
    for (std::uint32_t i = 0; i < count; ++i) links_[i] = {i == 0 ? end : i - 1, i + 1 == count ? end : i + 1};
    for (std::uint32_t i = 0; i < count; ++i) remember(i, symbols, merges);
    while (!ranks_.empty()) merge_rank(ranks_.top(), symbols, merges);
    std::size_t kept = 0;
    for (std::uint32_t i = 0; i != end; i = links_[i].next) symbols[kept++] = symbols[i];
    symbols.resize(kept);
  }

  // Merges the pairs of the lowest rank from left to right, until done or until a merge makes a pair of no higher rank
  // (which no trained model has), which has to come first.
  void merge_rank(std::uint32_t rank, std::vector<TokenId>& symbols, const MergeTable& merges) {
    Places& places = by_rank_[rank];
    if (!std::is_sorted(places.left.begin() + places.done, places.left.end())) {
      std::sort(places.left.begin() + places.done, places.left.end());
    }
    while (static_cast<std::size_t>(places.done) < places.left.size()) {
      const std::uint32_t left = places.left[static_cast<std::size_t>(places.done++)], right = links_[left].next;
      if (links_[left].previous == removed || right == end) continue;
      const Merge merge = merges.find(symbols[left], symbols[right]);
      if (merge.rank != rank) continue;  // one of the two has been merged since
      symbols[left] = merge.result;
      links_[left].next = links_[right].next;
      if (links_[right].next != end) links_[links_[right].next].previous = left;
      links_[right].previous = removed;
      const std::uint32_t before = remember(links_[left].previous, symbols, merges);
      const std::uint32_t behind = remember(left, symbols, merges);
      if (std::min(before, behind) <= rank) return;
    }
    places.left.clear();
    places.done = 0;
    if (places.left.capacity() > roomy) places.left.shrink_to_fit();
    ranks_.pop();
  }

  // Notes the pair that begins at `left`, if it merges; its rank, or Merge::none.
  std::uint32_t remember(std::uint32_t left, const std::vector<TokenId>& symbols, const MergeTable& merges) {
    if (left == end || links_[left].next == end) return Merge::none;
    const std::uint32_t rank = merges.find(symbols[left], symbols[links_[left].next]).rank;
    if (rank == Merge::none) return rank;
    if (by_rank_[rank].left.empty()) ranks_.push(rank);
    by_rank_[rank].left.push_back(left);
    return rank;
  }

  static constexpr std::uint32_t end = 0xFFFFFFFF;
  static constexpr std::size_t roomy = 4096;
  struct Link {
    std::uint32_t previous, next;
  };
  // Where pairs of one rank begin; those before `done` are dealt with.
  struct Places {
    std::vector<std::uint32_t> left;
    std::ptrdiff_t done = 0;
  };

  static constexpr std::uint32_t removed = 0xFFFFFFFE;
  std::vector<Link> links_;
  std::vector<Places> by_rank_;
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ranks_;  // those with places
};

}  // namespace etalon::text
