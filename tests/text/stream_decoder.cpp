// Tests of include/etalon/text/stream_decoder.hpp: pieces put together are the batch decode, and all are whole.
#include <etalon/text/stream_decoder.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <random>

#include "small_tokenizer.hpp"

using namespace etalon::text;

namespace {

void compare(const Tokenizer& tokenizer, std::mt19937& random) {
  const auto ids_in_use = static_cast<TokenId>(tokenizer.vocab_size() + 3);
  for (int round = 0; round < 500; ++round) {
    std::vector<TokenId> ids(random() % 30);
    for (TokenId& id : ids) id = random() % 4 == 0 ? random() % 300 : random() % ids_in_use;
    for (const DecodeOptions options : {DecodeOptions{false}, DecodeOptions{true}}) {
      StreamDecoder stream(tokenizer, options);
      std::string text;
      for (TokenId id : ids) {
        const std::string piece = stream.push(id);
        REQUIRE(well_formed(piece));
        text += piece;
      }
      REQUIRE(text + stream.finish() == tokenizer.decode(ids, options));
    }
  }
}

Tokenizer with_decoder(const std::string& decoder) {
  return Tokenizer::parse(R"({"model":{"vocab":{"a":0," ":1,"<0xC3>":2,"<0xA9>":3,"_":4,"x":5,"b ":6},"merges":[]},)"
                          R"("decoder":)" + decoder + "}");
}

}  // namespace

TEST_CASE("by hand: a character of two bytes comes with its second byte") {
  const Tokenizer tokenizer = Tokenizer::parse(test::small_tokenizer_json());
  StreamDecoder stream(tokenizer);
  CHECK(stream.push(*tokenizer.id_of("Ã")) == "");
  CHECK(stream.push(*tokenizer.id_of("©")) == "é");
  CHECK(stream.push(*tokenizer.id_of("Ã")) == "");
  CHECK(stream.push(260) == "\uFFFDin");
  CHECK(stream.push(*tokenizer.id_of("Ã")) == "");
  CHECK(stream.finish() == "\uFFFD");
}

TEST_CASE("decoders of every kind and order") {
  std::mt19937 random(1);
  const char* steps[] = {R"({"type":"ByteLevel"})", R"({"type":"ByteFallback"})", R"({"type":"Fuse"})",
                         R"({"type":"Strip","content":" ","start":1,"stop":1})",
                         R"({"type":"Metaspace","replacement":"_","prepend_scheme":"always"})",
                         R"({"type":"Replace","pattern":{"String":"x"},"content":" "})"};
  compare(with_decoder("null"), random);
  for (int round = 0; round < 60; ++round) {
    std::string list;
    for (unsigned i = random() % 5; i-- > 0;) list += (list.empty() ? "" : ",") + std::string(steps[random() % 6]);
    CAPTURE(list);
    compare(with_decoder(R"({"type":"Sequence","decoders":[)" + list + "]}"), random);
  }
}

TEST_SUITE("golden") {
  TEST_CASE("every synthetic tokenizer") {
    std::mt19937 random(2);
    int count = 0;
    for (const auto& folder : std::filesystem::directory_iterator("tests/golden/tokenizers/synthetic")) {
      if (!std::filesystem::exists(folder.path() / "tokenizer.json")) continue;
      CAPTURE(folder.path().string());
      compare(Tokenizer::load(folder.path()), random);
      ++count;
    }
    CHECK(count >= 17);
  }
}
