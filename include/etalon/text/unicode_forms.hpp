#pragma once
// Unicode normalization forms NFC, NFD, NFKC, NFKD (Unicode Standard Annex #15), with the data of Unicode 9.0, because
// that is what the tokenizers of today's models were made with: marks that came later stay where they are.
//
//   decompose every character; sort each run of marks by combining class, stably;
//   for NFC and NFKC: join a mark to the last starter before it where a composite exists and nothing blocks it.
//
// Text is often ASCII or has no character that takes part in any of this; runs of those are copied.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "etalon/text/char_class.hpp"
#include "etalon/text/unicode.hpp"
#include "etalon/text/unicode_normalization.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text {

enum class NormalizationForm { nfc, nfd, nfkc, nfkd };

namespace detail {

class NormalizationTables {
 public:
  static const NormalizationTables& get() {
    static const NormalizationTables tables;
    return tables;
  }

  // May change, reorder or be composed with a neighbour.
  bool active(char32_t code) const { return active_.contains(code); }

  std::uint8_t combining_class(char32_t code) const {
    if (!marks_.contains(code)) return 0;
    const auto at = std::upper_bound(ranges_.begin(), ranges_.end(), code,
                                     [](char32_t c, const MarkRange& range) { return c < range.first; });
    return std::prev(at)->combining_class;
  }

  std::span<const std::uint32_t> decomposition(char32_t code, bool compatible) const {
    if (compatible) {
      if (const auto found = compatible_.find(code); !found.empty()) return found;
    }
    return canonical_.find(code);
  }

  // The primary composite of two code points, or 0.
  char32_t composite(char32_t first, char32_t second) const {
    if (first - hangul_l < l_count && second - hangul_v < v_count) {
      return hangul_s + ((first - hangul_l) * v_count + (second - hangul_v)) * t_count;
    }
    if (is_syllable(first) && (first - hangul_s) % t_count == 0 && second - hangul_t - 1 < t_count - 1) {
      return first + (second - hangul_t);
    }
    const auto at = composites_.find(std::uint64_t{first} << 32 | second);
    return at == composites_.end() ? 0 : at->second;
  }

  static constexpr bool is_syllable(char32_t code) { return code - hangul_s < l_count * v_count * t_count; }

  template <class Put>
  static void decompose_syllable(char32_t code, Put put) {
    const char32_t index = code - hangul_s, tail = index % t_count;
    put(hangul_l + index / (v_count * t_count));
    put(hangul_v + index % (v_count * t_count) / t_count);
    if (tail != 0) put(hangul_t + tail);
  }

 private:
  // Hangul syllables are composed by a formula (Unicode standard, 3.12).
  static constexpr char32_t hangul_s = 0xAC00, hangul_l = 0x1100, hangul_v = 0x1161, hangul_t = 0x11A7;
  static constexpr char32_t l_count = 19, v_count = 21, t_count = 28;
  struct MarkRange {
    char32_t first;
    std::uint8_t combining_class;
  };

  NormalizationTables()
      : canonical_(unicode::canonical_decompositions), compatible_(unicode::compatibility_decompositions),
        marks_(CodePointSet{}), active_(CodePointSet{}) {
    std::vector<CodePointSet::Range> marks, active{{hangul_s, hangul_s + l_count * v_count * t_count - 1},
                                                   {hangul_v, hangul_v + v_count - 1},
                                                   {hangul_t, hangul_t + t_count - 1}};
    const std::span<const std::uint32_t> classes = unicode::combining_classes, pairs = unicode::compositions;
    for (std::size_t i = 0; i < classes.size(); i += 3) {
      marks.push_back({classes[i], classes[i + 1]});
      ranges_.push_back({classes[i], static_cast<std::uint8_t>(classes[i + 2])});
    }
    for (std::size_t i = 0; i < pairs.size(); i += 3) {
      composites_.emplace(std::uint64_t{pairs[i]} << 32 | pairs[i + 1], pairs[i + 2]);
      active.push_back({pairs[i + 1], pairs[i + 1]});
    }
    for (const auto* table : {&canonical_, &compatible_}) {
      for (const auto& [code, parts] : table->all()) active.push_back({code, code});
    }
    active.insert(active.end(), marks.begin(), marks.end());
    marks_ = CharClass(CodePointSet(std::move(marks)));
    active_ = CharClass(CodePointSet(std::move(active)));
  }

  unicode::SequenceTable canonical_, compatible_;
  std::unordered_map<std::uint64_t, char32_t> composites_;
  std::vector<MarkRange> ranges_;
  CharClass marks_, active_;
};

// A stretch of text between two characters that nothing can reach across.
class Normalizer {
 public:
  Normalizer(NormalizationForm form, std::size_t leading)
      : compose_(form == NormalizationForm::nfc || form == NormalizationForm::nfkc),
        compatible_(form == NormalizationForm::nfkc || form == NormalizationForm::nfkd), leading_(leading) {}

  std::string run(std::string_view text) {
    out_.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
      const auto [code, length] = decode_utf8(text, i);
      if (!tables_.active(code)) flush();
      add(code, i < leading_);
      i += length;
    }
    flush();
    return std::move(out_);
  }
  // How many bytes of the result come from the first `leading` bytes of the text.
  std::size_t leading_result() const { return leading_out_; }

 private:
  struct Item {
    char32_t code;
    std::uint8_t combining_class;
    bool leading;
  };

  void add(char32_t code, bool leading) {
    const auto put = [&](char32_t c) { items_.push_back({c, tables_.combining_class(c), leading}); };
    if (NormalizationTables::is_syllable(code)) return NormalizationTables::decompose_syllable(code, put);
    const auto parts = tables_.decomposition(code, compatible_);
    if (parts.empty()) return put(code);
    for (std::uint32_t part : parts) put(part);
  }

  void flush() {
    for (auto from = items_.begin(); from != items_.end();) {
      if (from->combining_class == 0) {
        ++from;
        continue;
      }
      const auto to = std::find_if(from, items_.end(), [](const Item& item) { return item.combining_class == 0; });
      std::stable_sort(from, to, [](const Item& a, const Item& b) { return a.combining_class < b.combining_class; });
      from = to;
    }
    if (compose_) compose();
    for (const Item& item : items_) {
      append_utf8(out_, item.code);
      if (item.leading) leading_out_ = out_.size();
    }
    items_.clear();
  }

  // A character is blocked from the last starter by anything between them of class 0 or not below its own.
  void compose() {
    std::size_t kept = 0, starter = 0;
    bool has_starter = false;
    for (const Item item : items_) {
      const bool adjacent = has_starter && kept == starter + 1;
      const bool blocked = !has_starter || (!adjacent && items_[kept - 1].combining_class >= item.combining_class);
      const char32_t composite = blocked ? 0 : tables_.composite(items_[starter].code, item.code);
      if (composite != 0) {
        items_[starter].code = composite;
        continue;
      }
      if (item.combining_class == 0) {
        starter = kept;
        has_starter = true;
      }
      items_[kept++] = item;
    }
    items_.resize(kept);
  }

  const NormalizationTables& tables_ = NormalizationTables::get();
  bool compose_, compatible_;
  std::size_t leading_, leading_out_ = 0;
  std::vector<Item> items_;
  std::string out_;
};

}  // namespace detail

// The text in that form. `leading` in: the length of some beginning of the text; out: of what became of it.
inline std::string normalize(std::string_view text, NormalizationForm form, std::size_t& leading) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), ascii)) return std::string(text);
  detail::Normalizer normalizer(form, leading);
  std::string out = normalizer.run(text);
  leading = normalizer.leading_result();
  return out;
}
inline std::string normalize(std::string_view text, NormalizationForm form) {
  std::size_t leading = 0;
  return normalize(text, form, leading);
}

}  // namespace etalon::text
