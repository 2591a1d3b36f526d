#pragma once
// Decoding token by token: what a chat shows while the model still writes.
//
// Everything pushed out, put together, equals the batch decode of all ids, and only whole characters come out: an
// unfinished one waits, and so does a run of <0xNN> tokens (one bad byte makes all of them U+FFFD), and blanks that a
// Strip decoder would remove if they turn out to be the last. Decoders of which nothing can be said before the end (a
// Replace behind a Fuse) come out whole with finish().
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "etalon/text/decoder.hpp"
#include "etalon/text/tokenizer.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text {

class StreamDecoder {
 public:
  // The tokenizer must outlive the decoder.
  explicit StreamDecoder(const Tokenizer& tokenizer, DecodeOptions options = {})
      : tokenizer_(tokenizer), options_(options), steps_(tokenizer.decoder().steps), states_(steps_.size()) {
    while (fused_ < steps_.size() && !fuses(steps_[fused_])) ++fused_;
    for (std::size_t i = fused_ + 1; i < steps_.size(); ++i) {
      whole_ = whole_ || !(std::holds_alternative<FuseDecoder>(steps_[i]) ||
                           std::holds_alternative<StripDecoder>(steps_[i]) ||
                           std::holds_alternative<MetaspaceDecoder>(steps_[i]));
      if (const auto* strip = std::get_if<StripDecoder>(&steps_[i])) states_[i].start = strip->start;
    }
  }

  // The text that is certain now and was not before; may be empty.
  std::string push(TokenId id) {
    if (whole_) return ids_.push_back(id), std::string{};
    const auto token = tokenizer_.shown(id, options_);
    return token ? through_tokens(0, Strings{std::string(*token)}) : std::string{};
  }

  // What is left. The decoder is done then.
  std::string finish() {
    if (whole_) return tokenizer_.decode(ids_, options_);
    std::string out;
    for (std::size_t i = 0; i < fused_; ++i) {
      if (!std::holds_alternative<ByteFallbackDecoder>(steps_[i])) continue;
      Strings rest;
      decode::append_fallback_run(states_[i].bytes, rest);
      out += through_tokens(i + 1, std::move(rest));
    }
    if (fused_ < steps_.size() && !states_[fused_].bytes.empty()) {
      out += through_text(fused_ + 1, to_utf8(replacement_character));
    }
    return out;
  }

 private:
  // What a step remembers between tokens.
  struct State {
    std::string bytes;         // ByteFallback: the run so far; ByteLevel: an unfinished character
    std::uint64_t count = 0;   // Metaspace: tokens seen; Strip behind a fuse: characters held back
    std::uint64_t start = 0;   // Strip behind a fuse: characters that may still be removed at the start
  };

  static bool fuses(const DecoderStep& step) {
    return std::holds_alternative<FuseDecoder>(step) || std::holds_alternative<ByteLevelDecoder>(step);
  }

  // Steps that see tokens, from step i on.
  std::string through_tokens(std::size_t i, Strings tokens) {
    for (; i < fused_; ++i) tokens = next_tokens(steps_[i], states_[i], std::move(tokens));
    std::string text;
    for (const std::string& token : tokens) {
      if (!tokenizer_.decoder().present && std::exchange(started_, true)) text += ' ';
      text += fused_ < steps_.size() ? fused_text(token) : token;
    }
    return through_text(fused_ + 1, std::move(text));
  }

  Strings next_tokens(const DecoderStep& step, State& state, Strings tokens) {
    if (const auto* metaspace = std::get_if<MetaspaceDecoder>(&step)) {
      for (std::string& token : tokens) token = metaspace->one(token, state.count++ == 0);
      return tokens;
    }
    if (!std::holds_alternative<ByteFallbackDecoder>(step)) {
      return std::visit([&](const auto& one) { return one.apply(std::move(tokens), scratch_); }, step);
    }
    Strings out;
    for (std::string& token : tokens) {
      if (const auto byte = decode::fallback_byte(token)) {
        state.bytes += *byte;
        continue;
      }
      decode::append_fallback_run(state.bytes, out);
      out.push_back(std::move(token));
    }
    return out;
  }

  // The fusing step itself: whole characters of the bytes so far.
  std::string fused_text(const std::string& token) {
    if (std::holds_alternative<FuseDecoder>(steps_[fused_])) return token;
    std::string& bytes = states_[fused_].bytes;
    bytes += bytes_of_characters(token).value_or(token);
    std::string out;
    std::size_t at = 0;
    while (at < bytes.size()) {
      const Utf8Prefix next = utf8_prefix(std::string_view(bytes).substr(at));
      if (next.kind == Utf8Kind::cut_short) break;
      next.kind == Utf8Kind::whole ? out.append(bytes, at, next.length) : out += to_utf8(replacement_character);
      at += next.length;
    }
    bytes.erase(0, at);
    return out;
  }

  // Steps that see one growing text.
  std::string through_text(std::size_t i, std::string text) {
    for (; i < steps_.size(); ++i) {
      if (const auto* metaspace = std::get_if<MetaspaceDecoder>(&steps_[i])) text = metaspace->one(text, true);
      if (const auto* strip = std::get_if<StripDecoder>(&steps_[i])) text = stripped(*strip, states_[i], text);
    }
    return text;
  }

  static std::string stripped(const StripDecoder& strip, State& state, std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t length = utf8_length(static_cast<unsigned char>(text[i]));
      const std::string_view character = text.substr(i, length);
      i += length;
      if (character != strip.content) {
        for (state.start = 0; state.count > 0; --state.count) out += strip.content;
        out += character;
      } else if (state.start > 0) {
        --state.start;
      } else if (state.count < strip.stop) {
        ++state.count;
      } else {
        out += character;
      }
    }
    return out;
  }

  const Tokenizer& tokenizer_;
  DecodeOptions options_;
  const std::vector<DecoderStep>& steps_;
  std::vector<State> states_;
  std::size_t fused_ = 0;     // the first step that makes one text of the tokens
  bool whole_ = false;        // nothing is certain before the end
  bool started_ = false;
  std::vector<TokenId> ids_;  // with whole_
  RegexScratch scratch_;
};

}  // namespace etalon::text
