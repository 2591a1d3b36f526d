#pragma once
// Named sets of code points for regular expressions and pre-tokenizers, and simple case relations.
//
// Names as Oniguruma has them: general categories short and long (Lu, Uppercase_Letter), scripts (Han), some binary
// properties and the POSIX names. Case, blanks, '-' and '_' in a name do not matter.
// Left out: blocks (In_Basic_Latin), Age=…, script abbreviations (Hira), Grapheme_Cluster_Break=….
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "etalon/text/char_class.hpp"
#include "etalon/text/unicode_classes.hpp"

namespace etalon::text::unicode {

namespace detail {

// "Uppercase_Letter" and "uppercase letter" → "uppercaseletter".
inline std::string bare_name(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == ' ' || c == '_' || c == '-') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

// Code points whose kind (the low byte of a run) is wanted.
template <class Wanted>
CodePointSet of_runs(std::span<const std::uint32_t> runs, Wanted wanted) {
  std::vector<CodePointSet::Range> ranges;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const char32_t end = i + 1 < runs.size() ? runs[i + 1] >> 8 : last_code_point + 1;
    if (wanted(runs[i] & 255)) ranges.push_back({runs[i] >> 8, end - 1});
  }
  return CodePointSet(std::move(ranges));
}

inline constexpr std::pair<std::string_view, std::string_view> long_category_names[] = {
    {"letter", "l"},           {"casedletter", "lc"},      {"uppercaseletter", "lu"},   {"lowercaseletter", "ll"},
    {"titlecaseletter", "lt"}, {"modifierletter", "lm"},   {"otherletter", "lo"},       {"mark", "m"},
    {"combiningmark", "m"},    {"nonspacingmark", "mn"},   {"spacingmark", "mc"},       {"enclosingmark", "me"},
    {"number", "n"},           {"decimalnumber", "nd"},    {"digit", "nd"},             {"letternumber", "nl"},
    {"othernumber", "no"},     {"punctuation", "p"},       {"punct", "p"},              {"connectorpunctuation", "pc"},
    {"dashpunctuation", "pd"}, {"openpunctuation", "ps"},  {"closepunctuation", "pe"},  {"initialpunctuation", "pi"},
    {"finalpunctuation", "pf"}, {"otherpunctuation", "po"}, {"symbol", "s"},            {"mathsymbol", "sm"},
    {"currencysymbol", "sc"},  {"modifiersymbol", "sk"},   {"othersymbol", "so"},       {"separator", "z"},
    {"spaceseparator", "zs"},  {"lineseparator", "zl"},    {"paragraphseparator", "zp"}, {"other", "c"},
    {"control", "cc"},         {"cntrl", "cc"},            {"format", "cf"},            {"surrogate", "cs"},
    {"privateuse", "co"},      {"unassigned", "cn"}};

// A general category by its one or two letters; "lc" is Lu, Ll and Lt.
inline std::optional<CodePointSet> category(std::string_view bare) {
  bool known = bare == "lc";
  std::array<bool, 256> wanted{};
  for (std::size_t i = 0; i < std::size(general_categories); ++i) {
    const std::string name = bare_name(general_categories[i]);
    wanted[i] = bare == name || bare == name.substr(0, 1) || (bare == "lc" && i < 3);
    known = known || wanted[i];
  }
  if (!known) return std::nullopt;
  return of_runs(general_category_runs, [&](std::uint32_t kind) { return wanted[kind]; });
}

inline std::optional<CodePointSet> script(std::string_view bare) {
  for (std::size_t i = 0; i < std::size(scripts); ++i) {
    if (bare == bare_name(scripts[i])) return of_runs(script_runs, [&](std::uint32_t kind) { return kind == i; });
  }
  return std::nullopt;
}

inline std::optional<CodePointSet> binary_property(std::string_view bare) {
  const std::pair<std::string_view, std::span<const std::uint32_t>> properties[] = {
      {"alphabetic", alphabetic}, {"alpha", alphabetic}, {"uppercase", uppercase}, {"upper", uppercase},
      {"lowercase", lowercase}, {"lower", lowercase}, {"whitespace", white_space}, {"space", regex_space},
      {"word", regex_word}, {"emoji", emoji}, {"ideographic", ideographic}, {"hexdigit", hex_digit},
      {"asciihexdigit", ascii_hex_digit}, {"xdigit", ascii_hex_digit}, {"extendedpictographic", extended_pictographic},
      {"diacritic", diacritic}, {"defaultignorablecodepoint", default_ignorable_code_point}, {"dash", dash},
      {"math", math}, {"cased", cased}, {"caseignorable", case_ignorable}, {"idstart", id_start},
      {"idcontinue", id_continue}, {"xidstart", xid_start}, {"xidcontinue", xid_continue},
      {"joincontrol", join_control}, {"variationselector", variation_selector}};
  for (const auto& [name, pairs] : properties) {
    if (bare == name) return CodePointSet::from_pairs(pairs);
  }
  return std::nullopt;
}

}  // namespace detail

// The set a property name stands for; nothing for a name that is not known.
inline std::optional<CodePointSet> property(std::string_view name) {
  std::string bare = detail::bare_name(name);
  for (const auto& [long_name, letters] : detail::long_category_names) {
    if (bare == long_name) bare = letters;
  }
  const auto known = [](std::string_view other) { return *property(other); };
  if (bare == "any") return CodePointSet({{0, last_code_point}});
  if (bare == "ascii") return CodePointSet({{0, 0x7F}});
  if (bare == "assigned") return known("cn").complement();
  if (bare == "alnum") return known("alphabetic").united(known("nd"));
  if (bare == "blank") return known("zs").united(CodePointSet({{'\t', '\t'}}));
  if (bare == "graph") return known("space").united(known("cc")).united(known("cn")).united(known("cs")).complement();
  if (bare == "print") return known("graph").united(known("zs"));
  if (auto set = detail::category(bare)) return set;
  if (auto set = detail::binary_property(bare)) return set;
  return detail::script(bare);
}

// Sequences as the generated tables hold them (code point, length, code points …), by their first code point.
class SequenceTable {
 public:
  explicit SequenceTable(std::span<const std::uint32_t> table) {
    for (std::size_t i = 0; i + 1 < table.size(); i += 2 + table[i + 1]) {
      sequences_.emplace(table[i], table.subspan(i + 2, table[i + 1]));
    }
  }
  // Empty for a code point that the table does not hold.
  std::span<const std::uint32_t> find(char32_t code) const {
    auto at = sequences_.find(code);
    return at == sequences_.end() ? std::span<const std::uint32_t>{} : at->second;
  }
  const auto& all() const { return sequences_; }

 private:
  std::unordered_map<char32_t, std::span<const std::uint32_t>> sequences_;
};

// The code points that match `code` when case is ignored, itself included; empty where there is no other.
inline std::span<const std::uint32_t> case_variants(char32_t code) {
  static const auto groups = [] {
    std::unordered_map<char32_t, std::span<const std::uint32_t>> by_code;
    const std::span<const std::uint32_t> table = case_groups;
    for (std::size_t i = 0; i < table.size(); i += 1 + table[i]) {
      const auto group = table.subspan(i + 1, table[i]);
      for (std::uint32_t member : group) by_code.emplace(member, group);
    }
    return by_code;
  }();
  auto at = groups.find(code);
  return at == groups.end() ? std::span<const std::uint32_t>{} : at->second;
}

inline const SequenceTable& case_expansion_table() {
  static const SequenceTable table(case_expansions);
  return table;
}

}  // namespace etalon::text::unicode
