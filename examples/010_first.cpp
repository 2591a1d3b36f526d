// Opens a model folder and continues a text. Run it in the root of the source tree: build/examples/010_first
#include <iostream>

#include <etalon/families/deepseek_v3.hpp>
#include <etalon/io/engine_of.hpp>
#include <etalon/sample/generate.hpp>
#include <etalon/text/tokenizer.hpp>

int main() {
  using namespace etalon;
  const auto tokenizer = text::Tokenizer::load("models/storyteller");
  const auto engine = io::open_engine<deepseek_v3::Family<>>("deepseek_v3", "models/storyteller", {});

  std::vector<int> prompt{0};   // the begin token
  for (auto id : tokenizer.encode("Once upon a time")) prompt.push_back(static_cast<int>(id));

  sample::GenerateOptions options;
  options.max_tokens = 40;
  const auto story = sample::generate(*engine, prompt, options);   // greedy

  const std::vector<text::TokenId> ids(story.tokens.begin(), story.tokens.end());
  std::cout << "Once upon a time" << tokenizer.decode(ids) << '\n';
}
