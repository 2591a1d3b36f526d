#pragma once
// A tokenizer small enough to follow by hand: byte-level, five merges, three added tokens.
#include <string>

namespace etalon::text::test {

// Every byte is a token (ids 0 to 255); then "th" 256, "the" 257, " t" 258, " the" 259, "in" 260.
inline std::string small_tokenizer_json(const std::string& more = "") {
  const char* bytes[] = {"ĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠ", "ġĢģĤĥĦħĨĩĪīĬĭĮįİıĲĳĴĵĶķĸĹĺĻļĽľĿŀŁłŃ"};
  std::string vocabulary;
  int id = 0;
  const auto add = [&](const std::string& token) {
    vocabulary += (id == 0 ? "\"" : ",\"") + token + "\":" + std::to_string(id);
    ++id;
  };
  const auto add_characters = [&](const std::string& text) {
    for (std::size_t i = 0; i < text.size(); i += 2) add(text.substr(i, 2));
  };
  add_characters(bytes[0]);
  for (char c = '!'; c <= '~'; ++c) add(c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c));
  add_characters(bytes[1]);
  for (unsigned code = 0xA1; code <= 0xFF; ++code) {
    if (code == 0xAD) continue;
    add({static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))});
  }
  for (const char* token : {"th", "the", "Ġt", "Ġthe", "in"}) add(token);
  const auto added = [](const char* content, const char* special) {
    return std::string(R"({"id":0,"content":")") + content + R"(","single_word":false,"lstrip":false,"rstrip":false,)" +
           R"("normalized":false,"special":)" + special + "}";
  };
  return R"({"version":"1.0","added_tokens":[)" + added("<s>", "true") + "," + added("<e>", "true") + "," +
         added("<note>", "false") + R"(],"normalizer":null,)" +
         R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},)" +
         R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},)" +
         R"({"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},)" +
         R"({"Sequence":{"id":"B","type_id":0}}],"special_tokens":)" +
         R"({"<s>":{"id":"<s>","ids":[261],"tokens":["<s>"]}}},)" +
         R"("decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{)" + vocabulary +
         R"(},"merges":["t h","th e","Ġ t","Ġ the","i n"])" + more + "}}";
}

}  // namespace etalon::text::test
