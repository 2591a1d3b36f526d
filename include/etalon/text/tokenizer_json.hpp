#pragma once
// tokenizer.json, the file of Hugging Face `tokenizers`: from its text to the parts of a tokenizer.
//
// The large tables (vocabulary, merges) go straight from the JSON events to where they stay; the small rest is read as
// a value. A component that is not supported is refused by name.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/error.hpp"
#include "etalon/io/json.hpp"
#include "etalon/text/added_tokens.hpp"
#include "etalon/text/bpe.hpp"
#include "etalon/text/decoder.hpp"
#include "etalon/text/normalizer.hpp"
#include "etalon/text/postprocess.hpp"
#include "etalon/text/pretokenize.hpp"
#include "etalon/text/tokenizer_components.hpp"

namespace etalon::text {

// Everything a tokenizer.json says.
struct TokenizerParts {
  BpeModel model;
  std::vector<AddedToken> added_tokens;  // in the file's order, ids as the file gives them
  std::vector<NormalizerStep> normalizer;
  std::vector<PretokenizerStep> pretokenizer;
  std::vector<TemplateProcessing> postprocessor;
  Decoder decoder;
};

namespace detail {

// Receives the events of the whole file. Everything but the two large tables goes on to a builder of JSON values.
class TokenizerEvents final : public io::JsonHandler {
 public:
  explicit TokenizerEvents(Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // Merges as they stand in the file, one string after the other; "left right" where one string holds both.
  struct MergeText {
    std::string text;
    std::vector<std::size_t> ends;
    bool pairs = false, joined = false;
    std::string_view operator[](std::size_t i) const {
      const std::size_t begin = i == 0 ? 0 : ends[i - 1];
      return std::string_view(text).substr(begin, ends[i] - begin);
    }
  };

  void scalar(io::Json&& value) override {
    next_ = Table::none;
    if (in_ == Table::none) return rest_.scalar(std::move(value));
    if (in_ == Table::vocabulary && value.is_number_unsigned()) return add_token(value.get<std::uint64_t>());
    if (in_ == Table::merges && value.is_string()) return add_merge_text(value.get_ref<const std::string&>());
    refuse();
  }
  void key(std::string&& name) override {
    if (in_ == Table::vocabulary && depth_ == 3) {
      key_ = std::move(name);
      return;
    }
    if (in_ != Table::none) refuse();
    if (depth_ == 1) in_model_ = name == "model";
    if (depth_ == 2 && in_model_ && name == "vocab") next_ = Table::vocabulary;
    if (depth_ == 2 && in_model_ && name == "merges") next_ = Table::merges;
    rest_.key(std::move(name));
  }
  void begin(io::JsonContainer container) override {
    ++depth_;
    const Table next = std::exchange(next_, Table::none);
    if (in_ == Table::none) {
      rest_.begin(container);
      const bool fits = next == Table::vocabulary ? container == io::JsonContainer::object
                                                  : container == io::JsonContainer::array;
      if (next != Table::none && fits) in_ = next;
    } else if (in_ == Table::merges && depth_ == 4 && container == io::JsonContainer::array) {
      in_pair_ = 0;
    } else {
      refuse();
    }
  }
  void end(io::JsonContainer container) override {
    --depth_;
    if (in_ == Table::merges && depth_ == 3) {
      if (in_pair_ != 2) throw io::JsonRefusal{"two tokens in a merge", std::to_string(in_pair_), {}};
      return;
    }
    in_ = Table::none;
    rest_.end(container);
  }

  io::Json take_rest() { return rest_.take(); }
  const MergeText& merges() const { return merges_; }

 private:
  enum class Table { none, vocabulary, merges };

  void add_token(std::uint64_t id) {
    if (id > std::numeric_limits<TokenId>::max()) {
      throw io::JsonRefusal{"a token id below 4294967296", std::to_string(id), {}};
    }
    if (!vocabulary_.add(key_, static_cast<TokenId>(id))) {
      throw io::JsonRefusal{"every token once in model.vocab", etalon::quoted(key_) + " twice", "keep one of them"};
    }
  }
  void add_merge_text(const std::string& text) {
    (depth_ == 4 ? merges_.pairs : merges_.joined) = true;
    if (depth_ == 4) ++in_pair_;
    if (merges_.pairs && merges_.joined) {
      throw io::JsonRefusal{"merges of one kind, \"a b\" or [\"a\", \"b\"]", "both", {}};
    }
    merges_.text += text;
    merges_.ends.push_back(merges_.text.size());
  }
  [[noreturn]] void refuse() const {
    if (in_ == Table::vocabulary) throw io::JsonRefusal{"token ids in model.vocab", "another kind of value", {}};
    throw io::JsonRefusal{"merges \"a b\" or [\"a\", \"b\"] in model.merges", "another kind of value", {}};
  }

  Vocabulary& vocabulary_;
  io::detail::JsonBuilder<io::Json> rest_;
  MergeText merges_;
  std::string key_;
  Table in_ = Table::none, next_ = Table::none;
  bool in_model_ = false;
  int depth_ = 0, in_pair_ = 0;
};

// Resolves the file's merges into ids. The later of two merges of the same pair counts.
class MergeResolver {
 public:
  MergeResolver(const BpeModel& model, const TokenizerEvents::MergeText& texts, const std::string& where)
      : model_(model), texts_(texts), where_(where) {}

  MergeTable resolve() const {
    const std::size_t count = texts_.ends.size() / (texts_.pairs ? 2 : 1);
    MergeTable table(count);
    std::string joined;
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < count; ++i) {
      std::string_view left, right;
      if (!parts(i, left, right)) continue;
      const TokenId left_id = id_of(i, left), right_id = id_of(i, right);
      if (right.size() < model_.continuing_prefix.size()) {
        refuse(i, "a second part with the continuing prefix", right);
      }
      joined.assign(left);
      joined += right.substr(model_.continuing_prefix.size());
      table.set(left_id, right_id, {rank++, id_of(i, joined)});
    }
    return table;
  }

 private:
  // False for a comment line of a merges.txt that got into the list.
  bool parts(std::size_t i, std::string_view& left, std::string_view& right) const {
    if (texts_.pairs) {
      left = texts_[2 * i];
      right = texts_[2 * i + 1];
      return true;
    }
    const std::string_view text = texts_[i];
    if (text.starts_with("#version")) return false;
    const std::size_t blank = text.find(' ');
    if (blank == text.npos || text.find(' ', blank + 1) != text.npos) {
      refuse(i, "two tokens with a blank between", text);
    }
    left = text.substr(0, blank);
    right = text.substr(blank + 1);
    return true;
  }
  TokenId id_of(std::size_t i, std::string_view token) const {
    if (const auto id = model_.vocabulary.find(token)) return *id;
    refuse(i, "tokens that model.vocab has", token);
  }
  [[noreturn]] void refuse(std::size_t i, std::string expected, std::string_view found) const {
    throw Error(where_ + ": model.merges[" + std::to_string(i) + "]", std::move(expected), etalon::quoted(found),
                "add it to model.vocab or drop the merge");
  }

  const BpeModel& model_;
  const TokenizerEvents::MergeText& texts_;
  const std::string& where_;
};

inline void read_model(const JsonField& model, const TokenizerEvents& events, const std::string& where,
                       BpeModel& out) {
  if (const auto type = model.optional("type"); type && type->string() != "BPE") {
    type->refuse("the model BPE", etalon::quoted(type->string()));
  }
  model.at("vocab").object();
  model.at("merges").array();
  if (const auto dropout = model.optional("dropout"); dropout && dropout->number() != 0) {
    dropout->refuse("no dropout, for it makes encoding random", dropout->described());
  }
  if (const auto unknown = model.optional("unk_token")) out.unknown = unknown->string();
  if (const auto prefix = model.optional("continuing_subword_prefix")) out.continuing_prefix = prefix->string();
  if (const auto suffix = model.optional("end_of_word_suffix")) out.end_of_word_suffix = suffix->string();
  if (const auto fuse = model.optional("fuse_unk")) out.fuse_unknown = fuse->boolean();
  if (const auto fallback = model.optional("byte_fallback")) out.byte_fallback = fallback->boolean();
  if (const auto ignore = model.optional("ignore_merges")) out.ignore_merges = ignore->boolean();
  if (const auto twice = out.vocabulary.index_ids()) {
    throw Error(where + ": model.vocab", "every id once", std::to_string(*twice) + " for two tokens",
                "correct the ids");
  }
  out.merges = MergeResolver(out, events.merges(), where).resolve();
}

inline std::vector<AddedToken> read_added_tokens(const JsonField& list) {
  std::vector<AddedToken> out;
  for (std::size_t i = 0; i < list.array().size(); ++i) {
    const JsonField token = list.at(i);
    AddedToken next{.content = token.at("content").string(),
                    .id = static_cast<TokenId>(token.at("id").whole_number(0xFFFFFFFF)),
                    .single_word = token.at("single_word").boolean(),
                    .left_strip = token.at("lstrip").boolean(),
                    .right_strip = token.at("rstrip").boolean(),
                    .normalized = token.at("normalized").boolean(),
                    .special = token.at("special").boolean()};
    out.push_back(std::move(next));
  }
  return out;
}

}  // namespace detail

// where: the text's name in messages. Throws Error.
inline TokenizerParts read_tokenizer_json(std::string_view text, const std::string& where) {
  TokenizerParts out;
  detail::TokenizerEvents events(out.model.vocabulary);
  io::read_json_events(text, where, {}, events);
  const io::Json rest = events.take_rest();
  const JsonField file(rest, where, "");
  if (const auto version = file.optional("version"); version && version->string() != "1.0") {
    version->refuse("version 1.0", etalon::quoted(version->string()));
  }
  for (const char* unsupported : {"truncation", "padding"}) {
    if (const auto field = file.optional(unsupported)) field->refuse("null, for texts are encoded whole", "an object");
  }
  detail::read_model(file.at("model"), events, where, out.model);
  if (const auto added = file.optional("added_tokens")) out.added_tokens = detail::read_added_tokens(*added);
  if (const auto normalizer = file.optional("normalizer")) read_normalizer(*normalizer, out.normalizer);
  if (const auto cutter = file.optional("pre_tokenizer")) read_pretokenizer(*cutter, out.pretokenizer);
  if (const auto processor = file.optional("post_processor")) read_postprocessor(*processor, out.postprocessor);
  if (const auto decoder = file.optional("decoder")) {
    out.decoder.present = true;
    read_decoder(*decoder, out.decoder.steps);
  }
  return out;
}

}  // namespace etalon::text
