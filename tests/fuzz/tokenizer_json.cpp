// libFuzzer: any bytes as a tokenizer.json. Either an Error, or a tokenizer that encodes and decodes without harm.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <etalon/text/stream_decoder.hpp>
#include <etalon/text/tokenizer.hpp>

using namespace etalon::text;

namespace {

void use(const Tokenizer& tokenizer, std::string_view text) {
  for (const bool special : {false, true}) {
    const std::vector<TokenId> ids = tokenizer.encode(text, {.add_special_tokens = special});
    const std::string decoded = tokenizer.decode(ids);
    if (!well_formed(decoded)) std::abort();
    StreamDecoder stream(tokenizer);
    std::string streamed;
    for (TokenId id : ids) streamed += stream.push(id);
    if (streamed + stream.finish() != decoded) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const Tokenizer tokenizer = Tokenizer::parse(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
    for (const char* text : {"", " ", "The quick  brown\n\n fox's 123 <s>",
                             "e\u0301\u00E9 \u3042\u4E00\U0001F600\u2581"}) {
      try {
        use(tokenizer, text);
      } catch (const etalon::Error&) {  // e.g. an unknown token that the vocabulary lacks
      }
    }
  } catch (const etalon::Error& error) {
    if (error.expected().empty() || error.found().empty()) std::abort();
  }
  return 0;
}
