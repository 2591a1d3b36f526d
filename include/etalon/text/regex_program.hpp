#pragma once
// Regular expressions: from the tree to a program for the matcher in regex.hpp.
//
// A program is a list of instructions that try to match from one position on; `split` tries one way and remembers the
// other. Counted repetitions are copied out, repetitions of one set are a single instruction.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/error.hpp"
#include "etalon/text/char_class.hpp"
#include "etalon/text/regex_syntax.hpp"

namespace etalon::text::regex {

enum class Op : std::uint8_t {
  set,         // one character of classes[a]
  set_loop,    // min to max characters of classes[a]: as many as possible first; possessive: only as many as possible
  split,       // try a, then b
  jump,        // go to a
  loop_enter,  // remember the position in slot a
  loop_check,  // if nothing was matched since slot a was set, go to b
  look,        // the program behind this instruction must match (negated: must not); go on at a
  atomic,      // match the program behind this instruction as a whole; go on at a behind it
  anchor,
  accept
};

inline constexpr std::uint32_t no_memo = unlimited;

struct Instruction {
  Op op;
  bool negated = false, behind = false, possessive = false;
  Anchor anchor = Anchor::line_start;
  std::uint32_t a = 0, b = 0;
  std::uint32_t min = 0, max = 0;     // set_loop; look behind: its length in characters
  std::uint32_t memo = no_memo;       // number of this choice among those whose outcome can be remembered
};

// Where a match can begin: an alternative of the outermost level and the characters it can start with.
struct Entry {
  std::uint32_t pc;
  bool anywhere;       // may match without reading a character
  std::uint32_t first; // class of first characters
};

struct Program {
  std::vector<Instruction> code;
  std::vector<CharClass> classes;
  std::vector<Entry> entries;
  std::array<std::uint64_t, 128> ascii_entries{};  // bit i: entry i can start with this byte
  std::uint32_t slots = 0, memos = 0;
};

namespace detail {

struct First {
  CodePointSet set;
  bool empty;  // can match without reading a character
};

inline First first_of(const Node& node) {
  switch (node.kind) {
    case Kind::set: return {node.set, false};
    case Kind::sequence: {
      First out{{}, true};
      for (const Node& child : node.children) {
        const First next = first_of(child);
        out.set = out.set.united(next.set);
        if (!next.empty) return out.empty = false, out;
      }
      return out;
    }
    case Kind::alternation: {
      First out{{}, false};
      for (const Node& child : node.children) {
        const First next = first_of(child);
        out = {out.set.united(next.set), out.empty || next.empty};
      }
      return out;
    }
    case Kind::repeat: {
      First out = first_of(node.children[0]);
      return out.empty = out.empty || node.min == 0, out;
    }
    case Kind::atomic: return first_of(node.children[0]);
    default: return {{}, true};
  }
}

struct Width {
  std::uint64_t min, max;  // in characters; max may be `unlimited` or more
};

inline Width width_of(const Node& node) {
  Width out{0, 0};
  switch (node.kind) {
    case Kind::set: return {1, 1};
    case Kind::sequence:
    case Kind::atomic:
      for (const Node& child : node.children) {
        const Width next = width_of(child);
        out = {out.min + next.min, std::min<std::uint64_t>(out.max + next.max, unlimited)};
      }
      return out;
    case Kind::alternation:
      out = width_of(node.children[0]);
      for (const Node& child : node.children) {
        const Width next = width_of(child);
        out = {std::min(out.min, next.min), std::max(out.max, next.max)};
      }
      return out;
    case Kind::repeat: {
      const Width once = width_of(node.children[0]);
      const bool endless = node.max == unlimited && once.max > 0;
      const std::uint64_t most = node.max == unlimited ? 0 : std::min<std::uint64_t>(once.max * node.max, unlimited);
      return {std::min<std::uint64_t>(once.min * node.min, unlimited), endless ? unlimited : most};
    }
    default: return out;
  }
}

}  // namespace detail

class Compiler {
 public:
  explicit Compiler(std::string where) : where_(std::move(where)) {}

  Program compile(const Node& tree) {
    const bool choice = tree.kind == Kind::alternation && tree.children.size() <= 64;
    for (std::size_t i = 0; i < (choice ? tree.children.size() : 1); ++i) {
      const Node& way = choice ? tree.children[i] : tree;
      const detail::First first = detail::first_of(way);
      out_.entries.push_back({here(), first.empty, class_number(first.set)});
      for (unsigned char c = 0; c < 128; ++c) {
        if (first.empty || first.set.contains(c)) out_.ascii_entries[c] |= std::uint64_t{1} << i;
      }
      emit(way);
      add({.op = Op::accept});
    }
    return std::move(out_);
  }

 private:
  static constexpr std::size_t most_instructions = 100000;
  static constexpr std::uint32_t longest_look_behind = 255;

  std::uint32_t here() const { return static_cast<std::uint32_t>(out_.code.size()); }

  std::uint32_t add(Instruction instruction) {
    if (out_.code.size() == most_instructions) {
      throw Error(where_, "a regular expression that fits 100000 steps when its repetitions are written out", "more",
                  "repeat less");
    }
    const bool choice = instruction.op == Op::split || (instruction.op == Op::set_loop && instruction.max == unlimited);
    if (choice && !in_look_behind_) instruction.memo = out_.memos++;
    out_.code.push_back(instruction);
    return here() - 1;
  }

  std::uint32_t class_number(const CodePointSet& set) {
    const auto same = std::find(sets_.begin(), sets_.end(), set);
    if (same == sets_.end()) {
      sets_.push_back(set);
      out_.classes.emplace_back(set);
      return static_cast<std::uint32_t>(sets_.size() - 1);
    }
    return static_cast<std::uint32_t>(same - sets_.begin());
  }

  void emit(const Node& node) {
    switch (node.kind) {
      case Kind::empty: return;
      case Kind::set: add({.op = Op::set, .a = class_number(node.set)}); return;
      case Kind::sequence:
        for (const Node& child : node.children) emit(child);
        return;
      case Kind::alternation: return emit_alternation(node);
      case Kind::repeat: return emit_repeat(node);
      case Kind::atomic: return emit_enclosed({.op = Op::atomic}, node.children[0]);
      case Kind::look_ahead: return emit_enclosed({.op = Op::look, .negated = node.negated}, node.children[0]);
      case Kind::look_behind: return emit_look_behind(node);
      case Kind::anchor: add({.op = Op::anchor, .anchor = node.anchor}); return;
    }
  }

  void emit_alternation(const Node& node) {
    std::vector<std::uint32_t> exits;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const bool last = i + 1 == node.children.size();
      const std::uint32_t split = last ? 0 : add({.op = Op::split, .a = here() + 1});
      emit(node.children[i]);
      if (last) break;
      exits.push_back(add({.op = Op::jump}));
      out_.code[split].b = here();
    }
    for (std::uint32_t exit : exits) out_.code[exit].a = here();
  }

  void emit_repeat(const Node& node) {
    const Node& body = node.children[0];
    const bool one_set = body.kind == Kind::set;
    if (one_set && node.greed != Greed::lazy) {
      add({.op = Op::set_loop, .possessive = node.greed == Greed::possessive, .a = class_number(body.set),
           .min = node.min, .max = node.max});
    } else if (node.greed == Greed::possessive) {
      Node greedy = node;
      greedy.greed = Greed::greedy;
      emit_enclosed({.op = Op::atomic}, greedy);
    } else {
      for (std::uint32_t i = 0, before = no_memo; i < node.min && here() != before; ++i) {
        before = here();  // a body of no instructions is written once
        emit(body);
      }
      node.max == unlimited ? emit_endless(node) : emit_optional_copies(node);
    }
  }

  // L: split body, out;  body;  jump L;  out:    with a check that the body matched something where it may not.
  void emit_endless(const Node& node) {
    const Node& body = node.children[0];
    const bool lazy = node.greed == Greed::lazy;
    const bool may_be_empty = detail::width_of(body).min == 0;
    const std::uint32_t split = add({.op = Op::split}), slot = out_.slots;
    if (may_be_empty) {
      add({.op = Op::loop_enter, .a = slot});
      ++out_.slots;
    }
    emit(body);
    const std::uint32_t check = may_be_empty ? add({.op = Op::loop_check, .a = slot}) : 0;
    add({.op = Op::jump, .a = split});
    set_ways(split, split + 1, here(), lazy);
    if (may_be_empty) out_.code[check].b = here();
  }

  void emit_optional_copies(const Node& node) {
    std::vector<std::uint32_t> splits;
    for (std::uint32_t i = node.min; i < node.max; ++i) {
      splits.push_back(add({.op = Op::split}));
      emit(node.children[0]);
    }
    for (std::uint32_t split : splits) set_ways(split, split + 1, here(), node.greed == Greed::lazy);
  }

  void set_ways(std::uint32_t split, std::uint32_t body, std::uint32_t out, bool lazy) {
    out_.code[split].a = lazy ? out : body;
    out_.code[split].b = lazy ? body : out;
  }

  void emit_enclosed(Instruction opening, const Node& inner) {
    const Node* only = &inner;
    while (only->kind == Kind::sequence && only->children.size() == 1) only = &only->children[0];
    if (opening.op == Op::atomic && only->kind == Kind::repeat && only->children[0].kind == Kind::set &&
        only->greed == Greed::greedy) {
      Node possessive = *only;
      possessive.greed = Greed::possessive;
      return emit_repeat(possessive);
    }
    const std::uint32_t start = add(opening);
    emit(inner);
    add({.op = Op::accept});
    out_.code[start].a = here();
  }

  void emit_look_behind(const Node& node) {
    const detail::Width width = detail::width_of(node.children[0]);
    if (width.max > longest_look_behind) {
      throw Error(where_, "a look-behind of at most 255 characters", "a longer one", "bound its repetitions");
    }
    const bool outer = std::exchange(in_look_behind_, true);
    emit_enclosed({.op = Op::look, .negated = node.negated, .behind = true,
                   .min = static_cast<std::uint32_t>(width.min), .max = static_cast<std::uint32_t>(width.max)},
                  node.children[0]);
    in_look_behind_ = outer;
  }

  std::string where_;
  Program out_;
  std::vector<CodePointSet> sets_;
  bool in_look_behind_ = false;
};

}  // namespace etalon::text::regex
