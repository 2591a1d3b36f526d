#pragma once
// Decoders: from tokens back to text. Each step takes a list of strings and gives a list of strings; at the end the
// list is put together.
//
// Decoding is not the inverse of encoding: what normalizers changed stays changed, and ids may spell invalid UTF-8,
// for which U+FFFD is written.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "etalon/text/bytes.hpp"
#include "etalon/text/normalizer.hpp"
#include "etalon/text/utf8.hpp"

namespace etalon::text {

using Strings = std::vector<std::string>;

namespace decode {

// <0x41> → the byte 0x41.
inline std::optional<char> fallback_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  const int high = token[3] == '+' ? 0 : digit(token[3]), low = digit(token[4]);  // Rust's number parser takes a +
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

// A run of byte tokens is a text if it is well-formed as a whole; otherwise each byte is a U+FFFD.
inline void append_fallback_run(std::string& bytes, Strings& out) {
  if (bytes.empty()) return;
  if (well_formed(bytes)) {
    out.push_back(bytes);
  } else {
    out.insert(out.end(), bytes.size(), to_utf8(replacement_character));
  }
  bytes.clear();
}

}  // namespace decode

// The bytes of all tokens, put together; a token with a character outside the byte-level alphabet gives its own bytes.
struct ByteLevelDecoder {
  Strings apply(Strings tokens, RegexScratch&) const {
    std::string bytes;
    for (const std::string& token : tokens) bytes += bytes_of_characters(token).value_or(token);
    return {replace_ill_formed(bytes)};
  }
};

struct ReplaceDecoder {
  Replace replace;

  std::string one(std::string_view token, RegexScratch& scratch) const { return replace.replaced(token, scratch); }
  Strings apply(Strings tokens, RegexScratch& scratch) const {
    for (std::string& token : tokens) token = one(token, scratch);
    return tokens;
  }
};

// <0xNN> tokens become the bytes they name.
struct ByteFallbackDecoder {
  Strings apply(Strings tokens, RegexScratch&) const {
    Strings out;
    std::string run;
    for (std::string& token : tokens) {
      if (const auto byte = decode::fallback_byte(token)) {
        run += *byte;
        continue;
      }
      decode::append_fallback_run(run, out);
      out.push_back(std::move(token));
    }
    decode::append_fallback_run(run, out);
    return out;
  }
};

// All tokens become one.
struct FuseDecoder {
  Strings apply(Strings tokens, RegexScratch&) const {
    std::string all;
    for (const std::string& token : tokens) all += token;
    return {std::move(all)};
  }
};

// Removes up to `start` times a character from the start of each token, and up to `stop` times from its end.
struct StripDecoder {
  std::string content;  // one character
  std::uint64_t start, stop;

  std::string one(std::string_view token) const {
    for (std::uint64_t i = 0; i < start && token.starts_with(content); ++i) token.remove_prefix(content.size());
    for (std::uint64_t i = 0; i < stop && token.ends_with(content); ++i) token.remove_suffix(content.size());
    return std::string(token);
  }
  Strings apply(Strings tokens, RegexScratch&) const {
    for (std::string& token : tokens) token = one(token);
    return tokens;
  }
};

// ▁ becomes a blank; in the first token it vanishes, unless nothing is ever prepended.
struct MetaspaceDecoder {
  std::string replacement;  // one character
  bool prepends;

  std::string one(std::string_view token, bool first) const {
    std::string out;
    for (std::size_t i = 0; i < token.size();) {
      if (token.substr(i).starts_with(replacement)) {
        if (!(first && prepends)) out += ' ';
        i += replacement.size();
      } else {
        out += token[i++];
      }
    }
    return out;
  }
  Strings apply(Strings tokens, RegexScratch&) const {
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = one(tokens[i], i == 0);
    return tokens;
  }
};

using DecoderStep =
    std::variant<ByteLevelDecoder, ReplaceDecoder, ByteFallbackDecoder, FuseDecoder, StripDecoder, MetaspaceDecoder>;

// The text of a list of tokens. Without any decoder tokens are put together with blanks between them.
struct Decoder {
  bool present = false;
  std::vector<DecoderStep> steps;

  std::string text(Strings tokens, RegexScratch& scratch) const {
    for (const DecoderStep& step : steps) {
      tokens = std::visit([&](const auto& one) { return one.apply(std::move(tokens), scratch); }, step);
    }
    std::string out;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (i > 0 && !present) out += ' ';
      out += tokens[i];
    }
    return out;
  }
};

}  // namespace etalon::text
