#pragma once
// Pre-tokenizers: how a text is cut into the words that byte-pair encoding then works on, each by itself.
//
// Most only cut; Metaspace and ByteLevel also rewrite (a blank becomes ▁, a byte becomes a character).
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "etalon/text/bytes.hpp"
#include "etalon/text/regex.hpp"
#include "etalon/text/unicode.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text {

// A text and where it is cut: pieces in order, none empty, not necessarily touching (what lies between was removed).
struct Pieces {
  struct Cut {
    std::size_t begin, end;
  };
  std::string_view text;    // either the caller's or `own`
  std::string own;
  std::size_t origin = 0;   // leading bytes that come from the input's first character
  std::vector<Cut> cuts;

  std::string_view piece(const Cut& cut) const { return text.substr(cut.begin, cut.end - cut.begin); }

  // Replaces every cut by what cut_piece(cut, emit) emits for it.
  template <class CutPiece>
  void refine(std::vector<Cut>& spare, CutPiece cut_piece) {
    spare.clear();
    const auto emit = [&](std::size_t begin, std::size_t end) {
      if (begin < end) spare.push_back({begin, end});
    };
    for (const Cut& cut : cuts) cut_piece(cut, emit);
    cuts.swap(spare);
  }

  // Replaces every piece by what write(piece, out, at_origin) appends to `out`.
  template <class Write>
  void rewrite(Write write) {
    std::string out;
    out.reserve(text.size() + text.size() / 4);
    std::size_t new_origin = 0;
    for (Cut& cut : cuts) {
      const std::size_t begin = out.size();
      const std::size_t origin_here = origin > cut.begin ? std::min(origin, cut.end) - cut.begin : 0;
      const std::size_t kept = write(piece(cut), out, origin_here);
      if (origin_here > 0) new_origin = begin + kept;
      cut = {begin, out.size()};
    }
    own = std::move(out);
    text = own;
    origin = new_origin;
  }
};

struct PretokenizeScratch {
  RegexScratch regex;
  std::vector<Pieces::Cut> cuts;
};

// What becomes of the matches of a pattern and of the gaps between them.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// Takes alternating matches and gaps from left to right and emits pieces.
template <class Emit>
class Splitter {
 public:
  Splitter(SplitBehavior behavior, bool invert, Emit& emit) : behavior_(behavior), invert_(invert), emit_(emit) {}

  void segment(std::size_t begin, std::size_t end, bool is_match) {
    is_match = is_match != invert_;
    switch (behavior_) {
      case SplitBehavior::removed:
        if (!is_match) emit_(begin, end);
        break;
      case SplitBehavior::isolated: emit_(begin, end); break;
      case SplitBehavior::contiguous: join_if(any_ && is_match == previous_match_, begin, end); break;
      case SplitBehavior::merged_with_previous: join_if(any_ && is_match && !previous_match_, begin, end); break;
      case SplitBehavior::merged_with_next: join_if(any_ && !is_match && previous_match_, begin, end); break;
    }
    previous_match_ = is_match;
    any_ = true;
  }
  void finish() {
    if (begin_ < end_) emit_(begin_, end_);
  }

 private:
  void join_if(bool join, std::size_t begin, std::size_t end) {
    if (!join) {
      finish();
      begin_ = begin;
    }
    end_ = end;
  }

  SplitBehavior behavior_;
  bool invert_, any_ = false, previous_match_ = false;
  Emit& emit_;
  std::size_t begin_ = 0, end_ = 0;  // the piece that may still grow
};

// Cuts each piece at the matches find_all(piece, on_match) reports.
template <class FindAll>
void split_pieces(Pieces& pieces, SplitBehavior behavior, bool invert, PretokenizeScratch& scratch, FindAll find_all) {
  pieces.refine(scratch.cuts, [&](const Pieces::Cut& cut, auto& emit) {
    Splitter splitter(behavior, invert, emit);
    std::size_t done = cut.begin;
    find_all(pieces.piece(cut), [&](std::size_t begin, std::size_t end) {
      if (done != cut.begin + begin) splitter.segment(done, cut.begin + begin, false);
      splitter.segment(cut.begin + begin, cut.begin + end, true);
      done = cut.begin + end;
    });
    if (done != cut.end) splitter.segment(done, cut.end, false);
    splitter.finish();
  });
}

// Matches of a set: every character by itself.
template <class OnMatch>
void find_characters(std::string_view text, const CharClass& set, OnMatch on_match) {
  for (std::size_t i = 0; i < text.size();) {
    const auto [code, length] = decode_utf8(text, i);
    if (set.contains(code)) on_match(i, i + length);
    i += length;
  }
}

// By a regular expression of the file.
struct Split {
  Regex pattern;
  SplitBehavior behavior;
  bool invert;

  void apply(Pieces& pieces, PretokenizeScratch& scratch) const {
    split_pieces(pieces, behavior, invert, scratch, [&](std::string_view text, auto on_match) {
      pattern.find_all(text, scratch.regex, on_match);
    });
  }
};

// Numbers (all of \p{N}): apart from the rest, and with `individual` from each other.
struct Digits {
  bool individual;

  void apply(Pieces& pieces, PretokenizeScratch& scratch) const {
    static const CharClass numeric(CodePointSet::from_pairs(unicode::numeric));
    const auto behavior = individual ? SplitBehavior::isolated : SplitBehavior::contiguous;
    split_pieces(pieces, behavior, false, scratch,
                 [](std::string_view text, auto on_match) { find_characters(text, numeric, on_match); });
  }
};

struct Punctuation {
  SplitBehavior behavior;

  void apply(Pieces& pieces, PretokenizeScratch& scratch) const {
    static const CharClass punctuation(CodePointSet::from_pairs(unicode::punctuation));
    split_pieces(pieces, behavior, false, scratch,
                 [](std::string_view text, auto on_match) { find_characters(text, punctuation, on_match); });
  }
};

// Runs of word characters, and runs of what is neither those nor white space.
struct WhitespaceWords {
  void apply(Pieces& pieces, PretokenizeScratch& scratch) const {
    static const CharClass word(CodePointSet::from_pairs(unicode::whitespace_word));
    static const CharClass space(CodePointSet::from_pairs(unicode::whitespace_space));
    pieces.refine(scratch.cuts, [&](const Pieces::Cut& cut, auto& emit) {
      std::size_t begin = cut.begin;
      int kind = 0;  // 0 white space, 1 word, 2 other
      for (std::size_t i = cut.begin; i < cut.end;) {
        const auto [code, length] = decode_utf8(pieces.text, i);
        const int next = word.contains(code) ? 1 : space.contains(code) ? 0 : 2;
        if (next != kind) {
          if (kind != 0) emit(begin, i);
          begin = i;
          kind = next;
        }
        i += length;
      }
      if (kind != 0) emit(begin, cut.end);
    });
  }
};

// Blanks become a visible character, pieces begin with one (`prepend`), and are cut before each (`split`).
struct Metaspace {
  enum class PrependScheme { first, never, always };
  std::string replacement;  // one character
  PrependScheme prepend;
  bool split;

  void apply(Pieces& pieces, PretokenizeScratch& scratch) const {
    pieces.rewrite([&](std::string_view piece, std::string& out, std::size_t origin) {
      const std::size_t begin = out.size();
      const bool has_one = piece[0] == ' ' || piece.starts_with(replacement);
      const bool wanted = prepend == PrependScheme::always || (prepend == PrependScheme::first && origin > 0);
      if (!has_one && wanted) out += replacement;
      std::size_t kept = out.size() - begin;
      for (std::size_t i = 0; i < piece.size(); ++i) {
        piece[i] == ' ' ? out += replacement : out += piece[i];
        if (i < origin) kept = out.size() - begin;
      }
      return kept;
    });
    if (!split) return;
    split_pieces(pieces, SplitBehavior::merged_with_next, false, scratch, [&](std::string_view text, auto on_match) {
      const std::size_t length = replacement.size();
      for (std::size_t at = text.find(replacement); at != text.npos; at = text.find(replacement, at + length)) {
        on_match(at, at + length);
      }
    });
  }
};

// GPT-2's cuts, and bytes as characters. keep_bytes: leave the bytes as they are (the model then reads them so).
struct ByteLevel {
  bool add_prefix_space, use_regex, keep_bytes;

  void apply(Pieces& pieces, PretokenizeScratch& scratch) const {
    if (add_prefix_space) {
      pieces.rewrite([](std::string_view piece, std::string& out, std::size_t origin) {
        const bool add = piece[0] != ' ';
        if (add) out += ' ';
        out += piece;
        return origin == 0 ? 0 : origin + add;
      });
    }
    if (use_regex) {
      static const Regex pattern =
          Regex::compile(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)");
      split_pieces(pieces, SplitBehavior::isolated, false, scratch, [&](std::string_view text, auto on_match) {
        pattern.find_all(text, scratch.regex, on_match);
      });
    }
    if (keep_bytes) return;
    pieces.rewrite([](std::string_view piece, std::string& out, std::size_t origin) {
      const std::size_t begin = out.size();
      append_byte_characters(out, piece.substr(0, origin));
      const std::size_t kept = out.size() - begin;
      append_byte_characters(out, piece.substr(origin));
      return kept;
    });
  }
};

using PretokenizerStep = std::variant<Split, Digits, Punctuation, WhitespaceWords, Metaspace, ByteLevel>;

inline void pretokenize(Pieces& pieces, const std::vector<PretokenizerStep>& steps, PretokenizeScratch& scratch) {
  for (const PretokenizerStep& step : steps) {
    std::visit([&](const auto& one) { one.apply(pieces, scratch); }, step);
  }
}

}  // namespace etalon::text
