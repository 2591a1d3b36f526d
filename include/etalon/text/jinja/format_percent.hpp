#pragma once
// "…%s…" % values: Python's printf-style formatting, also the filter `format`.
//
//   % [(key)] [#0- +] [width or *] [.precision or *] type       types: s r a d i u o x X e E f F g G c %
//
// Source: docs.python.org/3/library/stdtypes.html#printf-style-string-formatting.
#include <string>
#include <string_view>
#include <vector>

#include "etalon/text/jinja/format_number.hpp"

namespace etalon::text::jinja {

class PercentFormatter {
 public:
  PercentFormatter(Runtime& runtime, const Text& pattern, const Value& values)
      : runtime_(runtime), pattern_(pattern.utf8), is_safe_(pattern.safe), values_(values) {
    const Sequence* tuple = values.as_sequence();
    if (tuple != nullptr && tuple->kind == SequenceKind::tuple) queue_ = tuple->items;
    else queue_ = {values};
  }

  std::string formatted_text() {
    std::string out;
    while (at_ < pattern_.size()) {
      runtime_.budget.step();
      const std::size_t percent = std::min(pattern_.find('%', at_), pattern_.size());
      out += pattern_.substr(at_, percent - at_);
      at_ = percent + 1;
      if (percent < pattern_.size()) out += conversion();
    }
    const bool takes_any =
        values_.is_undefined() || values_.as_mapping() != nullptr || (values_.as_sequence() != nullptr && !is_tuple());
    if (next_ < queue_.size() && !takes_any) fail("as many values as conversions", "more values");
    runtime_.budget.make(out.size());
    return out;
  }

 private:
  bool is_tuple() const { return values_.as_sequence()->kind == SequenceKind::tuple; }

  char peek() const { return at_ < pattern_.size() ? pattern_[at_] : '\0'; }

  const Value& take() {
    if (next_ >= queue_.size()) fail("as many values as conversions", "too few values");
    return queue_[next_++];
  }

  Integer count() {
    if (peek() == '*') {
      ++at_;
      const std::optional<Integer> number = integer_of(take());
      if (!number) fail("an integer for *", "another value");
      return *number;
    }
    Integer out = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) out = std::min(out * 10 + (peek() - '0'), max_width * 10);
    return out;
  }

  // (key): the value under that key; it stays for this conversion alone.
  std::optional<Value> keyed() {
    if (peek() != '(') return std::nullopt;
    const std::size_t end = pattern_.find(')', at_);
    if (end == pattern_.npos) fail("\")\" behind the key", "the end of the format");
    const Mapping* mapping = values_.as_mapping();
    const Value* value = mapping == nullptr ? nullptr : find(*mapping, pattern_.substr(at_ + 1, end - at_ - 1));
    if (value == nullptr)
      fail("a mapping with the key " + etalon::quoted(pattern_.substr(at_ + 1, end - at_ - 1)), "none");
    at_ = end + 1;
    next_ = queue_.size();
    return *value;
  }

  std::string conversion() {
    const std::optional<Value> by_key = keyed();
    FormatSpec spec;
    bool is_left = false;
    for (; std::string_view("#0- +").find(peek()) != std::string_view::npos && peek() != 0; ++at_) {
      if (peek() == '#') spec.alternate = true;
      else if (peek() == '0') spec.zero = true;
      else if (peek() == '-') is_left = true;
      else if (spec.sign != '+') spec.sign = peek();
    }
    spec.width = count();
    if (spec.width < 0) is_left = true, spec.width = -spec.width;
    if (peek() == '.') {
      ++at_;
      spec.precision = std::max(count(), Integer(0));
    }
    while (peek() == 'l' || peek() == 'h' || peek() == 'L') ++at_;
    spec.type = peek();
    if (spec.type == 0) fail("a conversion behind %", "the end of the format");
    ++at_;
    if (spec.type == '%') return "%";
    spec.align = is_left ? '<' : '>';
    check(spec);
    return convert(by_key ? *by_key : take(), spec);
  }

  std::string convert(const Value& value, FormatSpec spec) {
    if (spec.type == 's' || spec.type == 'r' || spec.type == 'a') return text(value, spec);
    if (spec.type == 'c') return character(value, spec);
    const bool is_integer_type = std::string_view("diuoxX").find(spec.type) != std::string_view::npos;
    const bool is_real_type = std::string_view("eEfFgG").find(spec.type) != std::string_view::npos;
    if (!is_integer_type && !is_real_type)
      fail("a conversion that Python knows", etalon::quoted(std::string(1, spec.type)));
    if (!is_number(value)) fail("a number for %" + std::string(1, spec.type), "a value of type " + type_name(value));
    if (spec.zero && spec.align != '<') spec.fill = "0", spec.align = '=';
    if (is_real_type) return formatted(runtime_, real_of(value), spec);
    std::optional<Integer> whole = integer_of(value);
    if (!whole && (spec.type == 'o' || spec.type == 'x' || spec.type == 'X'))
      fail("an integer for %" + std::string(1, spec.type), "a float");
    if (!whole) whole = truncated(real_of(value));
    if (!whole) fail("a number that has an integer part", "another");
    return integer(*whole, spec);
  }

  // A precision asks for at least so many digits.
  std::string integer(Integer whole, FormatSpec spec) {
    if (spec.precision < 0) return formatted(runtime_, whole, spec);
    std::string digits = integer_digits(whole, spec);
    const std::size_t least = static_cast<std::size_t>(spec.precision);
    if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
    std::string head = sign_of(whole < 0, spec);
    if (spec.alternate && (spec.type == 'x' || spec.type == 'X' || spec.type == 'o')) (head += '0') += spec.type;
    return aligned(runtime_, head, digits, spec, '>');
  }

  std::string text(const Value& value, const FormatSpec& spec) {
    std::string shown = spec.type == 's' ? str(runtime_.budget, value) : repr(runtime_.budget, value);
    const bool is_safe_value = spec.type == 's' && value.as_text() != nullptr && value.as_text()->safe;
    if (is_safe_ && !is_safe_value) shown = escaped(runtime_, shown);
    return formatted(runtime_, *Value::text(std::move(shown)).as_text(), spec);
  }

  std::string character(const Value& value, FormatSpec spec) {
    std::string shown;
    if (value.as_text() != nullptr && value.as_text()->length == 1) shown = value.as_text()->utf8;
    else if (const auto code = integer_of(value);
             code && *code >= 0 && *code <= 0x10FFFF && (*code < 0xD800 || *code > 0xDFFF))
      append_character(shown, static_cast<char32_t>(*code));
    else fail("a character for %c", "another value");
    spec.precision = -1;
    return formatted(runtime_, *Value::text(std::move(shown)).as_text(), spec);
  }

  Runtime& runtime_;
  std::string_view pattern_;
  bool is_safe_;
  const Value& values_;
  std::vector<Value> queue_;
  std::size_t at_ = 0, next_ = 0;
};

inline Value percent_format(Runtime& runtime, const Text& pattern, const Value& values) {
  return runtime.text_like(pattern, PercentFormatter(runtime, pattern, values).formatted_text());
}

}  // namespace etalon::text::jinja
