#pragma once
// From text to tokens and back, as a model's tokenizer.json says.
//
//   encode: added tokens are cut out → the rest is normalized → cut into words → each word's bytes or characters are
//           merged (bpe.hpp) → special tokens are put around
//   decode: ids → tokens → text
//
// The ids equal those of Hugging Face `tokenizers` 0.23.3. A Tokenizer is read-only: threads may share one.
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etalon/error.hpp"
#include "etalon/io/mapped_file.hpp"
#include "etalon/text/added_vocabulary.hpp"
#include "etalon/text/bpe.hpp"
#include "etalon/text/bpe_fast.hpp"
#include "etalon/text/tokenizer_json.hpp"
#include "etalon/text/word_cache.hpp"

namespace etalon::text {

// What is done with input that is not UTF-8: an Error that names the byte, or U+FFFD for each maximal ill-formed part.
enum class InvalidUtf8 { refuse, replace };

struct EncodeOptions {
  bool add_special_tokens = false;
  InvalidUtf8 invalid_utf8 = InvalidUtf8::refuse;
};
struct DecodeOptions {
  bool skip_special_tokens = false;
};

class Tokenizer {
 public:
  // A model's folder, or its tokenizer.json. Throws Error.
  static Tokenizer load(const std::filesystem::path& folder_or_tokenizer_json) {
    std::filesystem::path path = folder_or_tokenizer_json;
    if (std::filesystem::is_directory(path)) path /= "tokenizer.json";
    const io::MappedFile file = io::MappedFile::open(path);
    return parse(file.text(), path.string());
  }
  // The text of a tokenizer.json. where: its name in messages.
  static Tokenizer parse(std::string_view tokenizer_json, const std::string& where = "tokenizer.json") {
    return Tokenizer(read_tokenizer_json(tokenizer_json, where), where);
  }

  // Throws Error for text that is not UTF-8 (unless told to replace), and for an unknown character where the model
  // has no token for that.
  std::vector<TokenId> encode(std::string_view utf8, EncodeOptions options = {}) const {
    const std::string repaired = checked(utf8, options);
    const Lease lease(*workspaces_);
    std::vector<TokenId> ids;
    cut(repaired.empty() ? utf8 : std::string_view(repaired), lease->cut,
        [&](TokenId id) { ids.push_back(id); },
        [&](std::string_view word) { encode_word(word, *lease, ids); });
    return postprocess(std::move(ids), parts_.postprocessor, options.add_special_tokens);
  }

  // Ids that no token has are skipped. The result is valid UTF-8.
  std::string decode(std::span<const TokenId> ids, DecodeOptions options = {}) const {
    if (bytes_only_) return decode_bytes(ids, options);
    Strings tokens;
    for (TokenId id : ids) {
      if (const auto token = shown(id, options)) tokens.emplace_back(*token);
    }
    const Lease lease(*workspaces_);
    return parts_.decoder.text(std::move(tokens), lease->cut.words.regex);
  }

  // Of an added token or one of the vocabulary.
  std::optional<TokenId> id_of(std::string_view token) const {
    const auto added = added_.find(token);
    return added ? added : parts_.model.vocabulary.find(token);
  }
  // As the file spells it; empty for an id that no token has.
  std::string_view token(TokenId id) const {
    if (const AddedToken* added = added_.token(id)) return added->content;
    return parts_.model.vocabulary.token(id).value_or(std::string_view{});
  }
  // Tokens of the vocabulary and added ones.
  std::size_t vocab_size() const { return parts_.model.vocabulary.size() + added_.outside(parts_.model.vocabulary); }

  bool is_added(TokenId id) const { return added_.token(id) != nullptr; }
  const BpeModel& model() const { return parts_.model; }
  Alphabet alphabet() const { return alphabet_; }
  const Decoder& decoder() const { return parts_.decoder; }

  // What decoding starts from for this id; nothing if it is skipped.
  std::optional<std::string_view> shown(TokenId id, DecodeOptions options) const {
    const std::string* added = added_.decoded(id);
    const auto text = added != nullptr ? std::optional<std::string_view>(*added) : parts_.model.vocabulary.token(id);
    if (text && options.skip_special_tokens && added_.is_special(*text)) return std::nullopt;
    return text;
  }

  struct CutScratch {
    PretokenizeScratch words;
    Pieces pieces;
  };
  // Everything up to the words: calls on_added(id) and on_word(bytes) from left to right. The words are raw bytes where
  // alphabet() is bytes.
  template <class OnAdded, class OnWord>
  void cut(std::string_view text, CutScratch& scratch, OnAdded on_added, OnWord on_word) const {
    const auto words = [&](std::string_view part, std::size_t origin) {
      scratch.pieces.text = part;
      scratch.pieces.origin = origin;
      scratch.pieces.cuts.assign(1, {0, part.size()});
      pretokenize(scratch.pieces, parts_.pretokenizer, scratch.words);
      for (const Pieces::Cut& cut : scratch.pieces.cuts) on_word(scratch.pieces.piece(cut));
    };
    const auto section = [&](std::size_t begin, std::size_t end) {
      const std::size_t first = begin == 0 ? utf8_length(static_cast<unsigned char>(text[0])) : 0;
      Section normal{std::string(text.substr(begin, end - begin)), first, begin == 0};
      normalize(normal, parts_.normalizer, scratch.words.regex);
      added_.split_normalized(normal.text, [&](std::size_t from, std::size_t to) {
        words(std::string_view(normal.text).substr(from, to - from), normal.origin > from ? normal.origin - from : 0);
      }, on_added);
    };
    added_.split_raw(text, section, on_added);
  }

 private:
  // What one encode or decode needs at a time; kept for the next.
  struct Workspace {
    CutScratch cut;
    BpeScratch bpe;
    WordCache cache;
    std::vector<TokenId> symbols;
  };
  struct Workspaces {
    std::mutex mutex;
    std::vector<std::unique_ptr<Workspace>> free;
  };
  class Lease {
   public:
    explicit Lease(Workspaces& all) : all_(all) {
      const std::lock_guard lock(all_.mutex);
      if (all_.free.empty()) {
        mine_ = std::make_unique<Workspace>();
      } else {
        mine_ = std::move(all_.free.back());
        all_.free.pop_back();
      }
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      const std::lock_guard lock(all_.mutex);
      all_.free.push_back(std::move(mine_));
    }
    Workspace* operator->() const { return mine_.get(); }
    Workspace& operator*() const { return *mine_; }

   private:
    Workspaces& all_;
    std::unique_ptr<Workspace> mine_;
  };

  Tokenizer(TokenizerParts parts, const std::string& where)
      : parts_(std::move(parts)), added_(parts_.added_tokens, parts_.model.vocabulary, parts_.normalizer, where),
        workspaces_(std::make_unique<Workspaces>()) {
    // Bytes can stay bytes where ByteLevel comes last: no pre-tokenizer sees its characters.
    if (!parts_.pretokenizer.empty()) {
      if (auto* last = std::get_if<ByteLevel>(&parts_.pretokenizer.back())) {
        bool earlier = false;
        for (std::size_t i = 0; i + 1 < parts_.pretokenizer.size(); ++i) {
          earlier = earlier || std::holds_alternative<ByteLevel>(parts_.pretokenizer[i]);
        }
        last->keep_bytes = !earlier;
        if (!earlier) alphabet_ = Alphabet::bytes;
      }
    }
    bytes_only_ = parts_.decoder.steps.size() == 1 && std::holds_alternative<ByteLevelDecoder>(parts_.decoder.steps[0]);
    if (bytes_only_) tabulate_bytes();
  }

  // Empty unless something had to be replaced.
  static std::string checked(std::string_view text, EncodeOptions options) {
    const std::size_t at = first_ill_formed(text);
    if (at == std::string_view::npos) return {};
    if (options.invalid_utf8 == InvalidUtf8::replace) return replace_ill_formed(text);
    throw Error("text to encode, byte " + std::to_string(at), "UTF-8", "bytes that are not",
                "convert the text, or ask for invalid bytes to be replaced");
  }

  void encode_word(std::string_view word, Workspace& work, std::vector<TokenId>& out) const {
    if (const auto known = work.cache.find(word)) {
      out.insert(out.end(), known->begin(), known->end());
      return;
    }
    encode_new_word(word, work);
    out.insert(out.end(), work.symbols.begin(), work.symbols.end());
    work.cache.insert(word, work.symbols);
  }
  void encode_new_word(std::string_view word, Workspace& work) const {
    if (word.size() >= longest_word) {
      throw Error("text to encode", "words below 4 GiB", "one of " + std::to_string(word.size()) + " bytes", "cut it");
    }
    if (parts_.model.ignore_merges) {
      if (const auto id = parts_.model.whole(word, alphabet_)) {
        work.symbols.assign(1, *id);
        return;
      }
    }
    work.symbols = parts_.model.symbols(word, alphabet_);
    work.bpe.merge(work.symbols, parts_.model.merges);
  }

  // The byte-level decoder does one thing to each token, which can be done beforehand.
  void tabulate_bytes() {
    const auto add = [&](TokenId id, std::string_view text, bool special) {
      const std::string bytes = bytes_of_characters(text).value_or(std::string(text));
      if (id >= byte_spans_.size()) byte_spans_.resize(std::size_t{id} + 1);
      byte_spans_[id] = {static_cast<std::uint32_t>(byte_text_.size()), static_cast<std::uint32_t>(bytes.size()),
                         special};
      byte_text_ += bytes;
    };
    TokenId most = 0;
    parts_.model.vocabulary.for_each([&](std::string_view, TokenId id) { most = std::max(most, id); });
    bytes_only_ = most <= 4 * parts_.model.vocabulary.size() + 1024;
    if (!bytes_only_) return;
    const auto add_shown = [&](TokenId id) { add(id, *shown(id, {}), !shown(id, {.skip_special_tokens = true})); };
    parts_.model.vocabulary.for_each([&](std::string_view, TokenId id) { add_shown(id); });
    added_.for_each_id(add_shown);
  }
  std::string decode_bytes(std::span<const TokenId> ids, DecodeOptions options) const {
    std::string out;
    out.reserve(ids.size() * 5);
    for (TokenId id : ids) {
      if (id >= byte_spans_.size()) continue;
      const ByteSpan& span = byte_spans_[id];
      if (!(span.special && options.skip_special_tokens)) out.append(byte_text_, span.start, span.length);
    }
    return well_formed(out) ? out : replace_ill_formed(out);
  }

  static constexpr std::size_t longest_word = 0xFFFFFFF0;
  struct ByteSpan {
    std::uint32_t start = 0, length = 0;
    bool special = false;
  };

  TokenizerParts parts_;
  AddedVocabulary added_;
  Alphabet alphabet_ = Alphabet::characters;
  bool bytes_only_ = false;
  std::string byte_text_;
  std::vector<ByteSpan> byte_spans_;
  std::unique_ptr<Workspaces> workspaces_;
};

}  // namespace etalon::text
