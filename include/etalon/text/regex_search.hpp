#pragma once
// Regular expressions: the matcher.
//
// It backtracks, in the order that Oniguruma does, so the match found is the same. Backtracking alone takes quadratic
// or exponential time on hostile text; so once a search has taken many more steps than the text is long, it remembers
// the outcome of every choice at every position (regex_memory.hpp) and never explores one twice. From then on the work
// is linear in the text.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/text/regex_memory.hpp"
#include "etalon/text/regex_program.hpp"
#include "etalon/text/regex_syntax.hpp"
#include "etalon/text/unicode.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text {

// Memory that searches share, so that a search in a short text allocates nothing. Not for two threads at once.
class RegexScratch {
 public:
  RegexScratch() = default;

 private:
  friend class RegexSearch;
  enum class FrameKind : std::uint8_t { other_way, range, slot, choice };
  struct Frame {
    FrameKind kind;
    std::uint32_t pc;        // where to go on; for slot: its number
    std::size_t low, at;     // range: from low to at; others: at
  };
  std::vector<Frame> frames_;
  std::vector<std::size_t> slots_;
  RegexMemory memory_;
};

// One text under search.
class RegexSearch {
 public:
  static constexpr std::size_t no_match = static_cast<std::size_t>(-1);

  RegexSearch(const regex::Program& program, std::string_view text, RegexScratch& scratch)
      : program_(program), text_(text), scratch_(scratch), frames_(scratch.frames_), memory_(scratch.memory_),
        allowance_(32 * text.size() + 1000) {
    frames_.clear();
    memory_.stop();
    scratch_.slots_.assign(program.slots, 0);
  }

  // The first match that begins at `from` or behind it; {no_match, no_match} if there is none.
  std::pair<std::size_t, std::size_t> find(std::size_t from) {
    for (std::size_t start = from; start <= text_.size(); start += start < text_.size() ? length_at(start) : 1) {
      std::uint64_t ways = ~std::uint64_t{0};
      if (start < text_.size() && byte(start) < 0x80) {
        ways = program_.ascii_entries[byte(start)];
        if (ways == 0) continue;
      }
      if (const std::size_t end = match_at(start, ways); end != no_match) return {start, end};
    }
    return {no_match, no_match};
  }

 private:
  using Frame = RegexScratch::Frame;
  using FrameKind = RegexScratch::FrameKind;

  unsigned char byte(std::size_t at) const { return static_cast<unsigned char>(text_[at]); }
  std::size_t length_at(std::size_t at) const { return utf8_length(byte(at)); }
  std::size_t before(std::size_t at) const {
    do --at;
    while ((byte(at) & 0xC0) == 0x80);
    return at;
  }

  // The length of the character at `at` if it is in the class, else 0.
  std::size_t in_class(const CharClass& set, std::size_t at) const {
    if (at == text_.size()) return 0;
    if (byte(at) < 0x80) return set.contains_ascii(byte(at));
    const auto [code, length] = decode_utf8(text_, at);
    return set.contains(code) ? length : 0;
  }

  std::size_t match_at(std::size_t start, std::uint64_t ways) {
    const bool ascii = start < text_.size() && byte(start) < 0x80;
    for (std::size_t i = 0; i < program_.entries.size(); ++i) {
      const regex::Entry& entry = program_.entries[i];
      if ((ways >> i & 1) == 0) continue;
      if (!ascii && !entry.anywhere && in_class(program_.classes[entry.first], start) == 0) continue;
      if (const std::size_t end = run(entry.pc, start, {}); end != no_match) return end;
    }
    return no_match;
  }

  struct Within {
    bool look_ahead = false;              // only whether it matches is wanted
    std::size_t must_end = no_match;      // look-behind: where the match has to end
  };

  // The end of the match of the program at pc from position `at`, or no_match. Leaves the frames as it found them.
  std::size_t run(std::uint32_t pc, std::size_t at, Within within) {
    const std::size_t base = frames_.size();
    if (!memory_.active() && steps_ > allowance_) memory_.start(program_.memos, text_.size());
    for (;;) {
      bool alive = step(pc, at);
      if (accepted_) {
        accepted_ = false;
        if (within.must_end == no_match || within.must_end == at) {
          if (within.look_ahead) remember_success(base);
          frames_.resize(base);
          return at;
        }
        alive = false;
      }
      if (!alive && !back_up(base, pc, at)) return no_match;
    }
  }

  // One instruction; false if it does not match. Sets accepted_ at the program's end.
  bool step(std::uint32_t& pc, std::size_t& at) {
    const regex::Instruction& now = program_.code[pc];
    switch (now.op) {
      case regex::Op::set: {
        const std::size_t length = in_class(program_.classes[now.a], at);
        at += length;
        ++pc;
        return length != 0;
      }
      case regex::Op::set_loop: return set_loop(now, pc, at);
      case regex::Op::split: return split(now, pc, at);
      case regex::Op::jump: pc = now.a; return true;
      case regex::Op::loop_enter:
        frames_.push_back({FrameKind::slot, now.a, 0, scratch_.slots_[now.a]});
        scratch_.slots_[now.a] = at;
        ++pc;
        return true;
      case regex::Op::loop_check: pc = scratch_.slots_[now.a] == at ? now.b : pc + 1; return true;
      case regex::Op::look: {
        const bool found = now.behind ? look_behind(now, pc + 1, at)
                                      : run(pc + 1, at, {.look_ahead = true}) != no_match;
        pc = now.a;
        return found != now.negated;
      }
      case regex::Op::atomic: {
        at = run(pc + 1, at, {});
        pc = now.a;
        return at != no_match;
      }
      case regex::Op::anchor: return anchor(now.anchor, at) && (++pc, true);
      case regex::Op::accept: accepted_ = true; return true;
    }
    return false;
  }

  bool split(const regex::Instruction& now, std::uint32_t& pc, std::size_t at) {
    ++steps_;
    if (memory_.active() && now.memo != regex::no_memo) {
      if (memory_.failed(now.memo, at)) return false;
      if (memory_.succeeded(now.memo, at)) return accepted_ = true;
      frames_.push_back({FrameKind::choice, pc, 0, at});
    }
    frames_.push_back({FrameKind::other_way, now.b, 0, at});
    pc = now.a;
    return true;
  }

  bool set_loop(const regex::Instruction& now, std::uint32_t& pc, std::size_t& at) {
    const CharClass& set = program_.classes[now.a];
    std::uint32_t count = 0;
    const auto read_one = [&] {
      const std::size_t length = in_class(set, at);
      at += length;
      count += length != 0;
      return length != 0;
    };
    while (count < now.min) {
      if (!read_one()) return false;
    }
    const std::size_t low = at;
    const bool memo = memory_.active() && now.memo != regex::no_memo;
    std::size_t failed_from = no_match;
    while (count < now.max) {
      if (memo && memory_.failed(now.memo, at)) {
        failed_from = at;
        break;
      }
      if (memo && memory_.succeeded(now.memo, at)) return accepted_ = true;
      if (!read_one()) break;
    }
    steps_ += 1 + (at - low);
    if (failed_from != no_match) {
      if (failed_from == low || now.possessive) return false;
      at = before(at);
    }
    const bool last = program_.code[pc + 1].op == regex::Op::accept && now.memo != regex::no_memo && !memo;
    const std::size_t lowest = now.possessive ? at : low;
    if ((at != lowest && !last) || memo) {
      frames_.push_back({FrameKind::range, pc, now.possessive && memo ? low : lowest, at});
    }
    ++pc;
    return true;
  }

  // Goes back to the latest choice that has another way; false if there is none above `base`.
  bool back_up(std::size_t base, std::uint32_t& pc, std::size_t& at) {
    if (!memory_.active() && ++steps_ > allowance_) memory_.start(program_.memos, text_.size());
    while (frames_.size() > base) {
      Frame& frame = frames_.back();
      switch (frame.kind) {
        case FrameKind::slot: scratch_.slots_[frame.pc] = frame.at; break;
        case FrameKind::choice: memory_.mark_failed(program_.code[frame.pc].memo, frame.at); break;
        case FrameKind::other_way:
          pc = frame.pc;
          at = frame.at;
          frames_.pop_back();
          return true;
        case FrameKind::range:
          if (shrink(frame, pc, at)) return true;
          break;
      }
      frames_.pop_back();
    }
    return false;
  }

  // A repetition of one set failed with `frame.at` as its end: one character less, if there is one.
  bool shrink(Frame& frame, std::uint32_t& pc, std::size_t& at) {
    const regex::Instruction& loop = program_.code[frame.pc];
    const bool memo = memory_.active() && loop.memo != regex::no_memo;
    if (memo && loop.possessive) {  // wherever it starts in the range, it ends at the same place
      for (std::size_t i = frame.low; i <= frame.at; ++i) memory_.mark_failed(loop.memo, i);
      return false;
    }
    if (memo) memory_.mark_failed(loop.memo, frame.at);
    if (frame.at == frame.low) return false;
    at = frame.at = before(frame.at);
    pc = frame.pc + 1;
    return true;
  }

  bool look_behind(const regex::Instruction& now, std::uint32_t inner, std::size_t at) {
    std::size_t start = at;
    for (std::uint32_t length = 0; length <= now.max; ++length) {
      if (length >= now.min && run(inner, start, {.must_end = at}) != no_match) return true;
      if (start == 0) return false;
      start = before(start);
    }
    return false;
  }

  bool anchor(regex::Anchor which, std::size_t at) const {
    const std::size_t end = text_.size();
    switch (which) {
      case regex::Anchor::line_start: return at == 0 || (at < end && text_[at - 1] == '\n');
      case regex::Anchor::line_end: return at == end || text_[at] == '\n';
      case regex::Anchor::text_start: return at == 0;
      case regex::Anchor::text_end: return at == end;
      case regex::Anchor::text_end_or_newline: return at == end || (at + 1 == end && text_[at] == '\n');
      case regex::Anchor::word_boundary: return word_before(at) != word_at(at);
      case regex::Anchor::not_word_boundary: return word_before(at) == word_at(at);
    }
    return false;
  }
  static const CharClass& word() {
    static const CharClass set(*unicode::property("word"));
    return set;
  }
  bool word_at(std::size_t at) const { return in_class(word(), at) != 0; }
  bool word_before(std::size_t at) const { return at > 0 && in_class(word(), before(at)) != 0; }

  // Every choice still open lies on the way to the match.
  void remember_success(std::size_t base) {
    if (!memory_.active()) return;
    for (std::size_t i = base; i < frames_.size(); ++i) {
      const Frame& frame = frames_[i];
      if (frame.kind != FrameKind::choice && frame.kind != FrameKind::range) continue;
      const std::uint32_t memo = program_.code[frame.pc].memo;
      if (memo == regex::no_memo) continue;
      if (frame.kind == FrameKind::choice) {
        memory_.mark_succeeded(memo, frame.at);
        continue;
      }
      for (std::size_t k = frame.low; k <= frame.at; ++k) memory_.mark_succeeded(memo, k);
    }
  }

  const regex::Program& program_;
  std::string_view text_;
  RegexScratch& scratch_;
  std::vector<Frame>& frames_;
  RegexMemory& memory_;
  std::size_t steps_ = 0, allowance_;
  bool accepted_ = false;
};

}  // namespace etalon::text
