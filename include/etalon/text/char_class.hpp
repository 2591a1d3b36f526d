#pragma once
// Sets of code points: as sorted ranges while they are put together, as a two-level bitmap for asking.
//
// A bitmap of all 0x110000 code points would be 136 KiB a set; cut into blocks of 256 code points of which equal ones
// are kept once, most sets take a few KiB, and a question is two loads.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace etalon::text {

inline constexpr char32_t last_code_point = 0x10FFFF;

// Sorted, disjoint, non-adjacent ranges [first, last].
class CodePointSet {
 public:
  struct Range {
    char32_t first, last;
    bool operator==(const Range&) const = default;
  };

  CodePointSet() = default;
  explicit CodePointSet(std::vector<Range> ranges) : ranges_(std::move(ranges)) { tidy(); }

  // Pairs first, last as the generated tables hold them.
  static CodePointSet from_pairs(std::span<const std::uint32_t> pairs) {
    std::vector<Range> ranges;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) ranges.push_back({pairs[i], pairs[i + 1]});
    return CodePointSet(std::move(ranges));
  }

  const std::vector<Range>& ranges() const { return ranges_; }
  bool contains(char32_t code) const {
    auto after = std::upper_bound(ranges_.begin(), ranges_.end(), code,
                                  [](char32_t c, const Range& range) { return c < range.first; });
    return after != ranges_.begin() && code <= std::prev(after)->last;
  }
  bool operator==(const CodePointSet&) const = default;

  CodePointSet united(const CodePointSet& other) const {
    std::vector<Range> all = ranges_;
    all.insert(all.end(), other.ranges_.begin(), other.ranges_.end());
    return CodePointSet(std::move(all));
  }
  CodePointSet complement() const {
    std::vector<Range> gaps;
    char32_t next = 0;
    for (const Range& range : ranges_) {
      if (range.first > next) gaps.push_back({next, range.first - 1});
      next = range.last + 1;
    }
    if (next <= last_code_point) gaps.push_back({next, last_code_point});
    return CodePointSet(std::move(gaps));
  }
  // De Morgan: what is in neither complement.
  CodePointSet intersected(const CodePointSet& other) const {
    return complement().united(other.complement()).complement();
  }

 private:
  void tidy() {
    std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    std::size_t kept = 0;
    for (const Range& range : ranges_) {
      if (kept > 0 && range.first <= ranges_[kept - 1].last + 1) {
        ranges_[kept - 1].last = std::max(ranges_[kept - 1].last, range.last);
      } else {
        ranges_[kept++] = range;
      }
    }
    ranges_.resize(kept);
  }

  std::vector<Range> ranges_;
};

class CharClass {
 public:
  explicit CharClass(const CodePointSet& set) {
    std::vector<Block> all(block_count, Block{});
    for (const auto& [first, last] : set.ranges()) mark(all, first, last);
    for (std::size_t i = 0; i < block_count; ++i) {
      const auto same = std::find(blocks_.begin(), blocks_.end(), all[i]);
      index_[i] = static_cast<std::uint16_t>(same - blocks_.begin());
      if (same == blocks_.end()) blocks_.push_back(all[i]);
    }
    for (char32_t c = 0; c < 128; ++c) ascii_[c] = contains(c);
  }

  bool contains(char32_t code) const {
    return blocks_[index_[code >> 8]][code >> 6 & 3] >> (code & 63) & 1;
  }
  bool contains_ascii(unsigned char byte) const { return ascii_[byte]; }

 private:
  using Block = std::array<std::uint64_t, 4>;
  static constexpr std::size_t block_count = (last_code_point + 1) / 256;

  static void mark(std::vector<Block>& all, char32_t first, char32_t last) {
    for (char32_t c = first; c <= last; ++c) {
      if ((c & 255) == 0 && last - c >= 255) {  // a whole block at once
        all[c >> 8].fill(~std::uint64_t{0});
        c += 255;
        continue;
      }
      all[c >> 8][c >> 6 & 3] |= std::uint64_t{1} << (c & 63);
    }
  }

  std::array<bool, 128> ascii_{};
  std::array<std::uint16_t, block_count> index_{};
  std::vector<Block> blocks_;
};

}  // namespace etalon::text
