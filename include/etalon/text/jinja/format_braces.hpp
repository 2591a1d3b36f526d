#pragma once
// "{} {name} {0[key]:>5}".format(…): Python's replacement fields, on the sandbox's attributes and items.
//
// Source: docs.python.org/3/library/string.html#format-string-syntax.
#include <string>
#include <string_view>
#include <utility>

#include "etalon/text/jinja/attributes.hpp"

namespace etalon::text::jinja {

// [[fill]align][sign][#][0][width][,_][.precision][type]
inline FormatSpec parse_spec(std::string_view spec) {
  FormatSpec out;
  const auto is_align = [](std::string_view at) {
    return !at.empty() && std::string_view("<>=^").find(at[0]) != std::string_view::npos;
  };
  const std::size_t first = spec.empty() ? 0 : byte_of_character(spec, 1);
  if (first > 0 && is_align(spec.substr(first))) {
    out.fill = spec.substr(0, first);
    out.align = spec[first];
    spec.remove_prefix(first + 1);
  } else if (is_align(spec)) {
    out.align = spec[0];
    spec.remove_prefix(1);
  }
  const auto take = [&](std::string_view any) {
    if (spec.empty() || any.find(spec[0]) == any.npos) return '\0';
    const char c = spec[0];
    spec.remove_prefix(1);
    return c;
  };
  const auto number = [&](Integer otherwise) {
    if (spec.empty() || spec[0] < '0' || spec[0] > '9') return otherwise;
    Integer value = 0;
    while (const char digit = take("0123456789")) value = std::min(value * 10 + (digit - '0'), max_width * 10);
    return value;
  };
  if (const char sign = take("+- ")) out.sign = sign;
  out.alternate = take("#") != 0;
  if (take("0") != 0 && out.align == 0) out.fill = "0", out.align = '=', out.zero = true;
  out.width = number(0);
  out.grouping = take(",_");
  if (take(".") != 0) {
    out.precision = number(-1);
    if (out.precision < 0) fail("a precision behind \".\"", "none");
  }
  out.type = take("bcdeEfFgGnosxX%");
  if (!spec.empty()) fail("a format specification", etalon::quoted(spec));
  check(out);
  return out;
}

inline std::string format_value(Runtime& runtime, const Value& value, std::string_view text) {
  FormatSpec spec = parse_spec(text);
  const bool is_whole_type = std::string_view("bcdoxX").find(spec.type) != std::string_view::npos && spec.type != 0;
  const bool is_real_type = std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos && spec.type != 0;
  if (text.empty()) return str(runtime.budget, value);
  if (const Text* shown = value.as_text()) {
    if ((spec.type != 0 && spec.type != 's') || spec.align == '=' || spec.sign != '-' || spec.grouping != 0) {
      if (!(spec.zero && spec.align == '=' && spec.type == 0)) fail("a format for a text", etalon::quoted(text));
      spec.align = '<';  // Python allows a bare 0 before the width
    }
    return formatted(runtime, *shown, spec);
  }
  const std::optional<Integer> whole = integer_of(value);
  if (value.as<bool>() != nullptr && spec.type == 0) return formatted(runtime, *whole, spec);
  if (whole && spec.type == 'c') {
    std::string out;
    if (*whole < 0 || *whole > 0x10FFFF) fail("a character's number", to_text(*whole));
    append_character(out, static_cast<char32_t>(*whole));
    return aligned(runtime, "", out, spec, '<');
  }
  if (whole && !is_real_type && spec.type != 's') return formatted(runtime, *whole, spec);
  if (is_number(value) && !is_whole_type && spec.type != 's') return formatted(runtime, real_of(value), spec);
  fail("a format that fits a value of type " + type_name(value), etalon::quoted(text));
}

class BraceFormatter {
 public:
  BraceFormatter(Runtime& runtime, const Text& pattern, const Arguments& arguments)
      : runtime_(runtime), is_safe_(pattern.safe), arguments_(arguments) {}

  // nested: how far format specifications may contain fields.
  std::string formatted_text(std::string_view pattern, int nested) {
    std::string out;
    std::size_t at = 0;
    while (at < pattern.size()) {
      runtime_.budget.step();
      const std::size_t brace = std::min(pattern.find_first_of("{}", at), pattern.size());
      out += pattern.substr(at, brace - at);
      at = brace;
      if (at == pattern.size()) break;
      if (at + 1 < pattern.size() && pattern[at + 1] == pattern[at]) {
        out += pattern[at];
        at += 2;
      } else if (pattern[at] == '}') {
        fail("\"{\" before \"}\"", "a single \"}\" in the format");
      } else {
        const std::size_t end = closing(pattern, at);
        out += field(pattern.substr(at + 1, end - at - 1), nested);
        at = end + 1;
      }
    }
    runtime_.budget.make(out.size());
    return out;
  }

 private:
  static std::size_t closing(std::string_view pattern, std::size_t at) {
    int depth = 0;
    for (; at < pattern.size(); ++at) {
      depth += pattern[at] == '{' ? 1 : pattern[at] == '}' ? -1 : 0;
      if (depth == 0) return at;
    }
    fail("\"}\" that ends the field", "the end of the format");
  }

  // name[.attribute or [item]]…[!conversion][:specification]
  std::string field(std::string_view text, int nested) {
    std::size_t end = 0;
    for (bool in_item = false; end < text.size() && (in_item || (text[end] != '!' && text[end] != ':')); ++end) {
      in_item = text[end] == '[' || (in_item && text[end] != ']');
    }
    Value value = looked_up(text.substr(0, end));
    std::string_view rest = text.substr(end);
    char conversion = 0;
    if (rest.starts_with('!')) {
      conversion = rest.size() > 1 ? rest[1] : ' ';
      rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
      if (!rest.empty() && rest[0] != ':') fail("\":\" behind the conversion", etalon::quoted(rest));
    }
    if (conversion != 0 && conversion != 'r' && conversion != 's') fail("!r or !s", etalon::quoted(text));
    if (rest.starts_with(':')) rest.remove_prefix(1);
    const bool is_safe_value = conversion == 0 && value.as_text() != nullptr && value.as_text()->safe;
    if (conversion != 0)
      value = runtime_.text(conversion == 'r' ? repr(runtime_.budget, value) : str(runtime_.budget, value));
    if (nested == 0 && rest.find('{') != rest.npos) fail("fields in fields once", "twice");
    const std::string spec =
        rest.find_first_of("{}") == rest.npos ? std::string(rest) : formatted_text(rest, nested - 1);
    const std::string out = format_value(runtime_, value, spec);
    return is_safe_ && !is_safe_value ? escaped(runtime_, out) : out;
  }

  Value looked_up(std::string_view name) {
    const std::size_t end = std::min(name.find_first_of(".["), name.size());
    Value value = argument(name.substr(0, end));
    for (std::string_view rest = name.substr(end); !rest.empty();) {
      const bool is_attribute = rest[0] == '.';
      const std::size_t stop = is_attribute ? std::min(rest.find_first_of(".[", 1), rest.size()) : rest.find(']');
      if (stop == rest.npos || stop == 1) fail("a name in the field", etalon::quoted(name));
      const std::string_view part = rest.substr(1, stop - 1);
      const bool is_index = part.find_first_not_of("0123456789") == part.npos;
      if (is_attribute) value = attribute(runtime_, value, part);
      else
        value = item(runtime_, value, is_index ? Value::integer(*parse_integer(part)) : Value::text(std::string(part)));
      rest.remove_prefix(is_attribute ? stop : stop + 1);
    }
    return value;
  }

  Value argument(std::string_view name) {
    const bool is_index = name.find_first_not_of("0123456789") == name.npos;
    is_counted_ = is_counted_ || name.empty();
    is_numbered_ = is_numbered_ || (is_index && !name.empty());
    if (is_counted_ && is_numbered_) fail("fields with numbers or without", "both");
    if (!is_index) {
      for (const auto& [key, value] : arguments_.named) if (key == name) return value;
      fail("the argument " + etalon::quoted(name), "none of that name");
    }
    const Integer i = name.empty() ? next_++ : *parse_integer(name);
    if (i >= static_cast<Integer>(arguments_.positional.size())) fail("an argument for every field", "too few");
    return arguments_.positional[static_cast<std::size_t>(i)];
  }

  Runtime& runtime_;
  bool is_safe_;
  const Arguments& arguments_;
  Integer next_ = 0;
  bool is_counted_ = false, is_numbered_ = false;
};

inline Value format_braces(Runtime& runtime, const Text& pattern, const Arguments& arguments) {
  return runtime.text_like(pattern, BraceFormatter(runtime, pattern, arguments).formatted_text(pattern.utf8, 1));
}

}  // namespace etalon::text::jinja
