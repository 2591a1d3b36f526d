#pragma once
// tokenizer.json: its components one by one, by the names the file gives them.
//
// What is not read here (BertNormalizer, WordPiece, Unigram, …) is refused by name: no language model of the families
// in this library uses it.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "etalon/error.hpp"
#include "etalon/io/json.hpp"
#include "etalon/text/decoder.hpp"
#include "etalon/text/normalizer.hpp"
#include "etalon/text/postprocess.hpp"
#include "etalon/text/pretokenize.hpp"
#include "etalon/text/regex.hpp"

namespace etalon::text {

// A value of the file and the way to it, for messages: "tokenizer.json: pre_tokenizer.pretokenizers[1].pattern".
class JsonField {
 public:
  JsonField(const io::Json& value, const std::string& file, std::string path)
      : value_(value), file_(file), path_(std::move(path)) {}

  // A field that must be there.
  JsonField at(const std::string& name) const {
    const auto found = object().find(name);
    if (found == object().end()) refuse("the field " + etalon::quoted(name), "none");
    return {*found, file_, path_.empty() ? name : path_ + "." + name};
  }
  // A field that may be missing or null.
  std::optional<JsonField> optional(const std::string& name) const {
    const auto found = object().find(name);
    if (found == object().end() || found->is_null()) return std::nullopt;
    return at(name);
  }
  JsonField at(std::size_t i) const { return {array()[i], file_, path_ + "[" + std::to_string(i) + "]"}; }

  const io::Json& object() const { return checked(value_.is_object(), "an object"); }
  const io::Json& array() const { return checked(value_.is_array(), "a list"); }
  std::string string() const { return checked(value_.is_string(), "a text").get<std::string>(); }
  bool boolean() const { return checked(value_.is_boolean(), "true or false").get<bool>(); }
  double number() const { return checked(value_.is_number(), "a number").get<double>(); }
  std::uint64_t whole_number(std::uint64_t most) const {
    checked(value_.is_number_unsigned(), "a whole number");
    const auto value = value_.get<std::uint64_t>();
    if (value > most) refuse("at most " + std::to_string(most), std::to_string(value));
    return value;
  }
  // A text of one character.
  std::string character() const {
    const std::string text = string();
    const bool one = !text.empty() && utf8_length(static_cast<unsigned char>(text[0])) == text.size();
    if (!one) refuse("one character", described());
    return text;
  }
  // The one key of an object like {"Regex": "…"}.
  std::string only_key() const {
    if (object().size() != 1) refuse("an object of one field", described());
    return object().begin().key();
  }
  std::string type() const { return at("type").string(); }
  std::string place() const { return path_.empty() ? file_ : file_ + ": " + path_; }
  std::string described() const { return io::described(value_); }

  [[noreturn]] void refuse(std::string expected, std::string found) const {
    throw Error(place(), std::move(expected), std::move(found), "only what language models use is read");
  }
  [[noreturn]] void refuse_type(const std::string& what) const {
    refuse(what + " that is supported", etalon::quoted(type()));
  }

 private:
  const io::Json& checked(bool fits, const char* wanted) const {
    if (!fits) refuse(wanted, described());
    return value_;
  }
  const io::Json& value_;
  const std::string& file_;
  std::string path_;
};

// {"String": "…"} is looked for as it stands, {"Regex": "…"} as an expression.
inline Regex read_pattern(const JsonField& pattern) {
  const std::string kind = pattern.only_key();
  if (kind != "String" && kind != "Regex") pattern.refuse("a String or a Regex", etalon::quoted(kind));
  const std::string text = pattern.at(kind).string();
  return kind == "Regex" ? Regex::compile(text, pattern.place()) : Regex::literal(text, pattern.place());
}

inline void read_normalizer(const JsonField& json, std::vector<NormalizerStep>& out) {
  const std::string type = json.type();
  if (type == "Sequence") {
    const JsonField list = json.at("normalizers");
    for (std::size_t i = 0; i < list.array().size(); ++i) read_normalizer(list.at(i), out);
  } else if (type == "NFC") {
    out.push_back(UnicodeForm{NormalizationForm::nfc});
  } else if (type == "NFD") {
    out.push_back(UnicodeForm{NormalizationForm::nfd});
  } else if (type == "NFKC") {
    out.push_back(UnicodeForm{NormalizationForm::nfkc});
  } else if (type == "NFKD") {
    out.push_back(UnicodeForm{NormalizationForm::nfkd});
  } else if (type == "Lowercase") {
    out.push_back(Lowercase{});
  } else if (type == "Prepend") {
    out.push_back(Prepend{json.at("prepend").string()});
  } else if (type == "Replace") {
    out.push_back(Replace{read_pattern(json.at("pattern")), json.at("content").string()});
  } else if (type == "Strip") {
    out.push_back(StripEnds{json.at("strip_left").boolean(), json.at("strip_right").boolean()});
  } else {
    json.refuse_type("a normalizer");
  }
}

inline SplitBehavior read_behavior(const JsonField& json) {
  const std::string name = json.string();
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  json.refuse("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous", etalon::quoted(name));
}

// Older files say add_prefix_space instead of prepend_scheme.
inline Metaspace::PrependScheme read_prepend_scheme(const JsonField& json) {
  using Scheme = Metaspace::PrependScheme;
  const auto field = json.optional("prepend_scheme");
  const std::string name = field ? field->string() : "always";
  if (name != "first" && name != "never" && name != "always") {
    field->refuse("first, never or always", etalon::quoted(name));
  }
  if (const auto add = json.optional("add_prefix_space"); add && !add->boolean()) {
    if (field && name != "never") field->refuse("never, for add_prefix_space is false", etalon::quoted(name));
    return Scheme::never;
  }
  return name == "first" ? Scheme::first : name == "never" ? Scheme::never : Scheme::always;
}

inline void read_pretokenizer(const JsonField& json, std::vector<PretokenizerStep>& out) {
  const std::string type = json.type();
  const auto flag = [&](const char* name, bool otherwise) {
    const auto field = json.optional(name);
    return field ? field->boolean() : otherwise;
  };
  if (type == "Sequence") {
    const JsonField list = json.at("pretokenizers");
    for (std::size_t i = 0; i < list.array().size(); ++i) read_pretokenizer(list.at(i), out);
  } else if (type == "Split") {
    const SplitBehavior behavior = read_behavior(json.at("behavior"));
    out.push_back(Split{read_pattern(json.at("pattern")), behavior, json.at("invert").boolean()});
  } else if (type == "ByteLevel") {
    out.push_back(ByteLevel{json.at("add_prefix_space").boolean(), flag("use_regex", true), false});
  } else if (type == "Digits") {
    out.push_back(Digits{json.at("individual_digits").boolean()});
  } else if (type == "Punctuation") {
    const auto behavior = json.optional("behavior");
    out.push_back(Punctuation{behavior ? read_behavior(*behavior) : SplitBehavior::isolated});
  } else if (type == "Metaspace") {
    out.push_back(Metaspace{json.at("replacement").character(), read_prepend_scheme(json), flag("split", true)});
  } else if (type == "Whitespace") {
    out.push_back(WhitespaceWords{});
  } else {
    json.refuse_type("a pre-tokenizer");
  }
}

inline std::vector<TemplateProcessing::Part> read_template(const JsonField& list, const JsonField& specials,
                                                           bool pair) {
  std::vector<TemplateProcessing::Part> out;
  for (std::size_t i = 0; i < list.array().size(); ++i) {
    const std::string kind = list.at(i).only_key();
    const JsonField id = list.at(i).at(kind).at("id");
    const std::string name = id.string();
    if (kind == "Sequence") {
      if (name != "A" && !(name == "B" && pair)) id.refuse(pair ? "A or B" : "A", etalon::quoted(name));
      out.emplace_back(std::size_t{name == "B"});
    } else if (kind == "SpecialToken") {
      const JsonField ids = specials.at(name).at("ids");
      std::vector<TokenId> tokens;
      for (std::size_t k = 0; k < ids.array().size(); ++k) {
        tokens.push_back(static_cast<TokenId>(ids.at(k).whole_number(0xFFFFFFFF)));
      }
      out.push_back(std::move(tokens));
    } else {
      list.at(i).refuse("a Sequence or a SpecialToken", etalon::quoted(kind));
    }
  }
  return out;
}

inline void read_postprocessor(const JsonField& json, std::vector<TemplateProcessing>& out) {
  const std::string type = json.type();
  if (type == "Sequence") {
    const JsonField list = json.at("processors");
    for (std::size_t i = 0; i < list.array().size(); ++i) read_postprocessor(list.at(i), out);
  } else if (type == "TemplateProcessing") {
    const JsonField specials = json.at("special_tokens");
    out.push_back({read_template(json.at("single"), specials, false), read_template(json.at("pair"), specials, true)});
  } else if (type != "ByteLevel") {  // which concerns offsets only
    json.refuse_type("a post-processor");
  }
}

inline void read_decoder(const JsonField& json, std::vector<DecoderStep>& out) {
  const std::string type = json.type();
  if (type == "Sequence") {
    const JsonField list = json.at("decoders");
    for (std::size_t i = 0; i < list.array().size(); ++i) read_decoder(list.at(i), out);
  } else if (type == "ByteLevel") {
    out.push_back(ByteLevelDecoder{});
  } else if (type == "Replace") {
    out.push_back(ReplaceDecoder{{read_pattern(json.at("pattern")), json.at("content").string()}});
  } else if (type == "ByteFallback") {
    out.push_back(ByteFallbackDecoder{});
  } else if (type == "Fuse") {
    out.push_back(FuseDecoder{});
  } else if (type == "Strip") {
    const std::uint64_t most = ~std::uint64_t{0};
    out.push_back(StripDecoder{json.at("content").character(), json.at("start").whole_number(most),
                               json.at("stop").whole_number(most)});
  } else if (type == "Metaspace") {
    const bool prepends = read_prepend_scheme(json) != Metaspace::PrependScheme::never;
    out.push_back(MetaspaceDecoder{json.at("replacement").character(), prepends});
  } else {
    json.refuse_type("a decoder");
  }
}

}  // namespace etalon::text
