// Loading a model folder's chat template, and the variables it is rendered with.
#include <etalon/text/chat.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

using etalon::text::ChatTemplate;
using etalon::text::Json;

namespace {

// A model folder that lives as long as the test.
struct Folder {
  std::filesystem::path path;
  explicit Folder(const std::string& name) : path(std::filesystem::temp_directory_path() / ("etalon_chat_" + name)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }
};

const Json hello = {{"messages", {{{"role", "user"}, {"content", "hi"}}}}};

}  // namespace

TEST_CASE("the template file goes before the configuration, special tokens come from the configuration") {
  const Folder folder("file");
  folder.write("chat_template.jinja",
               "{{ bos_token }}{{ eos_token }}{{ messages[0].content }}{{ unk_token is defined }}{{ add_bos_token is "
               "defined }}");
  folder.write(
      "tokenizer_config.json",
      R"({"chat_template": "no", "bos_token": "<s>", "eos_token": {"content": "</s>"},
                   "unk_token": null, "add_bos_token": true})");
  CHECK(ChatTemplate::load(folder.path).render(hello) == "<s></s>hiFalseFalse");
  Json given = hello;
  given["bos_token"] = "B";
  CHECK(ChatTemplate::load(folder.path).render(given) == "B</s>hiFalseFalse");
}

TEST_CASE("a list of templates serves conversations with and without tools") {
  const Folder folder("list");
  folder.write(
      "tokenizer_config.json",
      R"({"chat_template": [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"}]})");
  Json with_tools = hello;
  with_tools["tools"] = Json::array();
  CHECK(ChatTemplate::load(folder.path).render(hello) == "plain");
  CHECK(ChatTemplate::load(folder.path).render(with_tools) == "tools");
}

TEST_CASE("what transformers always gives is there") {
  const Folder folder("given");
  folder.write("t.jinja", "{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}");
  CHECK(ChatTemplate::from_file(folder.path / "t.jinja").render(hello) == "TrueTrueFalse");
}

TEST_CASE("a folder without a template says so") {
  const Folder folder("none");
  CHECK_THROWS_AS(ChatTemplate::load(folder.path), etalon::Error);
  folder.write("tokenizer_config.json", R"({"chat_template": 5})");
  CHECK_THROWS_AS(ChatTemplate::load(folder.path), etalon::Error);
  folder.write("tokenizer_config.json", "[1]");
  CHECK_THROWS_AS(ChatTemplate::load(folder.path), etalon::Error);
}

TEST_CASE("the clock can be fixed") {
  const Folder folder("clock");
  folder.write("t.jinja", "{{ strftime_now('%d %b %Y %H:%M:%S') }}");
  const ChatTemplate chat = ChatTemplate::from_file(folder.path / "t.jinja");
  setenv("SOURCE_DATE_EPOCH", "1795437296", 1);
  CHECK(chat.render(hello) == "23 Nov 2026 12:34:56");
  setenv("SOURCE_DATE_EPOCH", "soon", 1);
  CHECK_THROWS_AS(chat.render(hello), etalon::Error);
  unsetenv("SOURCE_DATE_EPOCH");
}
