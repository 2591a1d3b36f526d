// Tests of include/etalon/text/tokenizer_components.hpp: names, options, and refusals that say where.
#include <etalon/text/tokenizer_components.hpp>

#include <doctest/doctest.h>

using namespace etalon::text;

namespace {

template <class Step>
std::vector<Step> read(const char* json, void (*reader)(const JsonField&, std::vector<Step>&)) {
  const etalon::io::Json value = etalon::io::parse_json(json, "test");
  const std::string file = "tokenizer.json";
  std::vector<Step> out;
  reader(JsonField(value, file, "part"), out);
  return out;
}

}  // namespace

TEST_CASE("sequences are read flat, in order") {
  const auto steps = read(R"({"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Sequence","normalizers":
                          [{"type":"Lowercase"}]}]})", read_normalizer);
  REQUIRE(steps.size() == 2);
  CHECK(std::holds_alternative<UnicodeForm>(steps[0]));
  CHECK(std::holds_alternative<Lowercase>(steps[1]));
}

TEST_CASE("Metaspace in the older and the newer way of saying it") {
  const auto scheme = [](const char* json) { return std::get<Metaspace>(read(json, read_pretokenizer)[0]).prepend; };
  CHECK(scheme(R"({"type":"Metaspace","replacement":"_"})") == Metaspace::PrependScheme::always);
  CHECK(scheme(R"({"type":"Metaspace","replacement":"_","prepend_scheme":"first"})") ==
        Metaspace::PrependScheme::first);
  CHECK(scheme(R"({"type":"Metaspace","replacement":"_","add_prefix_space":false})") ==
        Metaspace::PrependScheme::never);
  CHECK_THROWS_AS(scheme(R"({"type":"Metaspace","replacement":"_","add_prefix_space":false,"prepend_scheme":"first"})"),
                  etalon::Error);
}

TEST_CASE("unknown components are refused by name and place") {
  CHECK_THROWS_WITH_AS(read(R"({"type":"BertNormalizer"})", read_normalizer), doctest::Contains("BertNormalizer"),
                       etalon::Error);
  CHECK_THROWS_WITH_AS(read(R"({"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},
                            {"type":"UnicodeScripts"}]})", read_pretokenizer),
                       doctest::Contains("part.pretokenizers[1]"), etalon::Error);
  CHECK_THROWS_WITH_AS(read(R"({"type":"RobertaProcessing"})", read_postprocessor), doctest::Contains("Roberta"),
                       etalon::Error);
  CHECK_THROWS_WITH_AS(read(R"({"type":"WordPiece"})", read_decoder), doctest::Contains("WordPiece"), etalon::Error);
}

TEST_CASE("fields that are missing or of another kind are named") {
  CHECK_THROWS_WITH_AS(read(R"({"type":"Prepend"})", read_normalizer), doctest::Contains("\"prepend\""), etalon::Error);
  CHECK_THROWS_WITH_AS(read(R"({"type":"Strip","content":"ab","start":0,"stop":0})", read_decoder),
                       doctest::Contains("part.content: expected one character"), etalon::Error);
  CHECK_THROWS_WITH_AS(read(R"({"type":"Split","pattern":{"Regex":"a\\1"},"behavior":"Isolated","invert":false})",
                            read_pretokenizer), doctest::Contains("part.pattern"), etalon::Error);
  CHECK_THROWS_WITH_AS(read(R"({"type":"Split","pattern":{"String":"a"},"behavior":"Sideways","invert":false})",
                            read_pretokenizer), doctest::Contains("Sideways"), etalon::Error);
}

TEST_CASE("a template may only use special tokens it declares, and B only for pairs") {
  const char* unknown = R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"X","type_id":0}}],"pair":[],
                        "special_tokens":{}})";
  CHECK_THROWS_WITH_AS(read(unknown, read_postprocessor), doctest::Contains("\"X\""), etalon::Error);
  const char* second = R"({"type":"TemplateProcessing","single":[{"Sequence":{"id":"B","type_id":0}}],"pair":[],
                       "special_tokens":{}})";
  CHECK_THROWS_AS(read(second, read_postprocessor), etalon::Error);
}
