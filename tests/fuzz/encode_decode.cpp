// libFuzzer: any bytes as text. Byte-level tokenizers give every text back, the fast encoder gives what the reference
// gives, and invalid bytes are refused or replaced.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <etalon/text/bpe_train.hpp>
#include <etalon/text/stream_decoder.hpp>
#include <etalon/text/tokenizer.hpp>

using namespace etalon::text;

namespace {

// A small trained tokenizer, cut as the families of this library cut: pre_tokenizer and normalizer are put in.
Tokenizer tokenizer_with(const std::string& pattern, const std::string& normalizer) {
  BpeTrainer trainer;
  trainer.add("the cat sat on the mat, the dog's bone; 100 200 300\n\n  for (int i = 0; i < 10; ++i) { sum += a[i]; }\n"
              "der Hund und die Katze, l'\u00E9t\u00E9 \u00E9tait beau \u65E5\u672C\u8A9E\u65E5\u672C");
  std::string json = tokenizer_json(trainer.train(400), {"<s>", "<|end|>"});
  const etalon::io::Json split = {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"},
                                  {"invert", false}};
  etalon::io::Json file = etalon::io::parse_json(json, "trained");
  const etalon::io::Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
  file["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {split, bytes}}};
  if (!normalizer.empty()) file["normalizer"] = {{"type", normalizer}};
  return Tokenizer::parse(file.dump());
}

const std::vector<Tokenizer>& tokenizers() {
  static const std::vector<Tokenizer> all = [] {
    std::vector<Tokenizer> out;
    const char* words = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+"
                        "[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    out.push_back(tokenizer_with(words, ""));
    out.push_back(tokenizer_with("\\s?\\p{L}+|\\s+$|[\\p{Han}]+", ""));
    out.push_back(tokenizer_with(words, "NFC"));
    return out;
  }();
  return all;
}

void check(const Tokenizer& tokenizer, std::string_view text, bool normalizes) {
  const std::vector<TokenId> ids = tokenizer.encode(text);
  const std::string decoded = tokenizer.decode(ids);
  if (decoded != (normalizes ? normalize(text, NormalizationForm::nfc) : std::string(text))) std::abort();
  StreamDecoder stream(tokenizer);
  std::string streamed;
  for (TokenId id : ids) streamed += stream.push(id);
  if (streamed + stream.finish() != decoded) std::abort();
  std::vector<TokenId> reference;
  Tokenizer::CutScratch scratch;
  tokenizer.cut(text, scratch, [&](TokenId id) { reference.push_back(id); }, [&](std::string_view word) {
    const std::vector<TokenId> slow = tokenizer.model().encode_reference(word, tokenizer.alphabet());
    reference.insert(reference.end(), slow.begin(), slow.end());
  });
  if (reference != ids) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (std::size_t i = 0; i < tokenizers().size(); ++i) {
    const Tokenizer& tokenizer = tokenizers()[i];
    if (well_formed(bytes)) {
      check(tokenizer, bytes, i == 2);
      continue;
    }
    try {
      tokenizer.encode(bytes);
      std::abort();
    } catch (const etalon::Error&) {
    }
    const auto replaced = tokenizer.encode(bytes, {.invalid_utf8 = InvalidUtf8::replace});
    if (replaced != tokenizer.encode(replace_ill_formed(bytes))) std::abort();
  }
  return 0;
}
