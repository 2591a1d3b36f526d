#pragma once
// Normalizers: what a tokenizer does to a text before it is cut.
//
// Each rewrites the text between added tokens. Beside the text goes `origin`: how many of its leading bytes come from
// the very first character of the whole input, which one pre-tokenizer (Metaspace "first") asks for.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "etalon/text/regex.hpp"
#include "etalon/text/unicode.hpp"
#include "etalon/text/unicode_forms.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text {

// A stretch of the input on its way through the normalizers. at_start: it begins where the input begins.
struct Section {
  std::string text;
  std::size_t origin = 0;
  bool at_start = false;
};

struct UnicodeForm {
  NormalizationForm form;

  void apply(Section& section, RegexScratch&) const { section.text = normalize(section.text, form, section.origin); }
};

// Puts a string before text that is not empty.
struct Prepend {
  std::string prefix;

  void apply(Section& section, RegexScratch&) const {
    if (section.text.empty()) return;
    const std::size_t first = utf8_length(static_cast<unsigned char>(section.text[0]));
    if (section.origin > 0) section.origin += prefix.size();
    if (prefix.empty() && section.at_start) section.origin = std::max(section.origin, first);
    section.text.insert(0, prefix);
  }
};

// Replaces every match.
struct Replace {
  Regex pattern;
  std::string content;

  // An empty text stays as it is, even where the pattern matches nothing at all.
  void apply(Section& section, RegexScratch& scratch) const {
    if (section.text.empty()) return;
    std::string out;
    std::size_t done = 0, origin = 0;
    const auto copy_to = [&](std::size_t end) {
      out.append(section.text, done, end - done);
      if (done < section.origin) origin = out.size() - (end > section.origin ? end - section.origin : 0);
    };
    pattern.find_all(section.text, scratch, [&](std::size_t begin, std::size_t end) {
      copy_to(begin);
      out += content;
      if (end == 0 ? section.at_start : end <= section.origin) origin = out.size();
      done = end;
    });
    copy_to(section.text.size());
    section = {std::move(out), origin, section.at_start};
  }
  // The same for a string that is on its way out, in a decoder.
  std::string replaced(std::string_view text, RegexScratch& scratch) const {
    Section section{std::string(text)};
    apply(section, scratch);
    return std::move(section.text);
  }
};

// Removes white space at the ends.
struct StripEnds {
  bool left, right;

  void apply(Section& section, RegexScratch&) const {
    static const CharClass space(*unicode::property("white_space"));
    std::string_view text = section.text;
    std::size_t begin = 0, end = text.size();
    while (left && begin < end && space.contains(decode_utf8(text, begin).code)) {
      begin += decode_utf8(text, begin).length;
    }
    while (right && begin < end && space.contains(decode_utf8_before(text, end).code)) {
      end -= decode_utf8_before(text, end).length;
    }
    section.origin = std::min(section.origin > begin ? section.origin - begin : 0, end - begin);
    section.text = section.text.substr(begin, end - begin);
  }
};

// Every character by itself: no final sigma, no language.
struct Lowercase {
  void apply(Section& section, RegexScratch&) const {
    static const unicode::SequenceTable lower(unicode::lower_case);
    std::string out;
    out.reserve(section.text.size());
    std::size_t origin = 0;
    for (std::size_t i = 0; i < section.text.size();) {
      const auto [code, length] = decode_utf8(section.text, i);
      if (code < 0x80) {
        out += static_cast<char>(code >= 'A' && code <= 'Z' ? code + 32 : code);
      } else if (const auto mapped = lower.find(code); mapped.empty()) {
        append_utf8(out, code);
      } else {
        for (std::uint32_t part : mapped) append_utf8(out, part);
      }
      if (i < section.origin) origin = out.size();
      i += length;
    }
    section = {std::move(out), origin, section.at_start};
  }
};

using NormalizerStep = std::variant<UnicodeForm, Prepend, Replace, StripEnds, Lowercase>;

// In sequence.
inline void normalize(Section& section, const std::vector<NormalizerStep>& steps, RegexScratch& scratch) {
  for (const NormalizerStep& step : steps) {
    std::visit([&](const auto& one) { one.apply(section, scratch); }, step);
  }
}

}  // namespace etalon::text
