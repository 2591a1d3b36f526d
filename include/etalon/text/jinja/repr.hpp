#pragma once
// str() and repr(): how Python prints values. A template prints a list or mapping as its repr.
//
// Source: Python's documentation of repr and the source of unicode_repr: quotes are ' unless the text has ' and no ";
// what isprintable() denies is written \xNN, \uNNNN or \UNNNNNNNN.
#include <string>
#include <string_view>

#include "etalon/text/jinja/compare.hpp"

namespace etalon::text::jinja {

inline std::string hexadecimal(char32_t code, int digits) {
  std::string out(static_cast<std::size_t>(digits), '0');
  for (int i = digits - 1; i >= 0; --i, code >>= 4) out[static_cast<std::size_t>(i)] = "0123456789abcdef"[code & 15];
  return out;
}

inline std::string repr_of_text(std::string_view text) {
  const bool has_single = text.find('\'') != text.npos, has_double = text.find('"') != text.npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = next_character(text, at);
    if (c == static_cast<char32_t>(quote) || c == '\\') (out += '\\') += static_cast<char>(c);
    else if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (is_printable(c)) out += text.substr(start, at - start);
    else if (c < 0x100) out += "\\x" + hexadecimal(c, 2);
    else if (c < 0x10000) out += "\\u" + hexadecimal(c, 4);
    else out += "\\U" + hexadecimal(c, 8);
  }
  return out + quote;
}

// Appends repr(value) to out; the budget bounds values that share their parts.
class Printer {
 public:
  Printer(Budget& budget, std::string& out) : budget_(budget), out_(out) {}

  void repr(const Value& value) {
    budget_.step();
    const Budget::Level level(budget_);
    std::visit([&](const auto& content) { put(content); }, value.data());
  }

 private:
  void put(const Undefined&) { write("Undefined"); }
  void put(const None&) { write("None"); }
  void put(bool value) { write(value ? "True" : "False"); }
  void put(Integer value) { write(to_text(value)); }
  void put(double value) { write(to_text(value)); }
  void put(const std::shared_ptr<const Text>& text) {
    write(text->safe ? "Markup(" + repr_of_text(text->utf8) + ")" : repr_of_text(text->utf8));
  }
  void put(const std::shared_ptr<const Sequence>& sequence) {
    switch (sequence->kind) {
      case SequenceKind::list: return items("[", sequence->items, "]");
      case SequenceKind::tuple: return items("(", sequence->items, sequence->items.size() == 1 ? ",)" : ")");
      case SequenceKind::range: return write(sequence->shown);
      case SequenceKind::keys: return items("dict_keys([", sequence->items, "])");
      case SequenceKind::values: return items("dict_values([", sequence->items, "])");
      case SequenceKind::items: return items("dict_items([", sequence->items, "])");
    }
  }
  void put(const std::shared_ptr<const Mapping>& mapping) {
    write("{");
    for (const auto& [key, value] : mapping->entries) {
      if (&key != &mapping->entries.front().first) write(", ");
      repr(key);
      write(": ");
      repr(value);
    }
    write("}");
  }
  void put(const std::shared_ptr<Namespace>& space) {
    write("<Namespace {");
    for (std::size_t i = 0; i < space->attributes.size(); ++i) {
      if (i != 0) write(", ");
      write(repr_of_text(space->attributes[i].first) + ": ");
      repr(space->attributes[i].second);
    }
    write("}>");
  }
  // Python prints an address here, which no template can mean.
  void put(const std::shared_ptr<const Function>& function) { write("<function " + function->name + ">"); }
  void put(const std::shared_ptr<Generator>& generator) { write("<generator object " + generator->name + ">"); }
  void put(const std::shared_ptr<const Macro>&) { write("<Macro>"); }
  void put(const std::shared_ptr<LoopState>&) { write("<LoopContext>"); }

  void items(std::string_view open, const std::vector<Value>& values, std::string_view close) {
    write(open);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) write(", ");
      repr(values[i]);
    }
    write(close);
  }
  void write(std::string_view text) {
    budget_.make(text.size());
    out_ += text;
  }

  Budget& budget_;
  std::string& out_;
};

inline std::string repr(Budget& budget, const Value& value) {
  std::string out;
  Printer(budget, out).repr(value);
  return out;
}

inline std::string str(Budget& budget, const Value& value) {
  if (value.is_undefined()) return {};
  if (const Text* text = value.as_text()) {
    budget.make(text->utf8.size());
    return text->utf8;
  }
  return repr(budget, value);
}

// Appends str(value): what printing does.
inline void append_str(Budget& budget, std::string& out, const Value& value) {
  if (const Text* text = value.as_text()) {
    budget.make(text->utf8.size());
    out += text->utf8;
  } else if (!value.is_undefined()) {
    Printer(budget, out).repr(value);
  }
}

}  // namespace etalon::text::jinja
