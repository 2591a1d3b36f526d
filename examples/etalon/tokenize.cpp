// etalon tokenize: text to token ids and back, by a model's tokenizer.json.
//
//   echo -n "Hello" | etalon tokenize --model DIR                  [19923]
//   etalon tokenize --model DIR --jsonl < texts.jsonl              one JSON string a line in, one array a line out
//   etalon tokenize --model DIR --decode < ids.jsonl               one array a line in, one JSON string a line out
//   etalon tokenize --model DIR --explain                          how the text on stdin is cut and merged
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <etalon/error.hpp>
#include <etalon/io/json.hpp>
#include <etalon/text/explain.hpp>
#include <etalon/text/tokenizer.hpp>

#include "commands.hpp"
#include "standard_input.hpp"

namespace {

using etalon::text::Tokenizer;
using etalon::text::TokenId;

struct TokenizeOptions {
  std::string model;
  bool special = false, skip_special = false, decode = false, jsonl = false, explain = false, replace_invalid = false;

  etalon::text::EncodeOptions encoding() const {
    using etalon::text::InvalidUtf8;
    return {.add_special_tokens = special,
            .invalid_utf8 = replace_invalid ? InvalidUtf8::replace : InvalidUtf8::refuse};
  }
};

std::string as_json(const std::vector<TokenId>& ids) {
  std::string out = "[";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(ids[i]);
  }
  return out + "]";
}

std::vector<TokenId> ids_of(const etalon::io::Json& json, const std::string& where) {
  const auto refuse = [&](const etalon::io::Json& found) {
    throw etalon::Error(where, "an array of token ids", etalon::io::described(found), "write e.g. [1,2,3]");
  };
  if (!json.is_array()) refuse(json);
  std::vector<TokenId> ids;
  for (const auto& id : json) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() > 0xFFFFFFFF) refuse(id);
    ids.push_back(id.get<TokenId>());
  }
  return ids;
}

// One line of the input to one line of the output.
std::string answer(const Tokenizer& tokenizer, const TokenizeOptions& options, const std::string& line,
                   std::size_t number) {
  const std::string where = "standard input line " + std::to_string(number);
  const etalon::io::Json json = etalon::io::parse_json(line, where);
  if (options.decode) {
    const std::string text = tokenizer.decode(ids_of(json, where), {.skip_special_tokens = options.skip_special});
    return etalon::io::Json(text).dump(-1, ' ', true);  // in ASCII: a line is a line to every reader
  }
  if (!json.is_string()) {
    throw etalon::Error(where, "a JSON string", etalon::io::described(json), "write the text in double quotes");
  }
  return as_json(tokenizer.encode(json.get_ref<const std::string&>(), options.encoding()));
}

void by_line(const Tokenizer& tokenizer, const TokenizeOptions& options) {
  std::string line;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    std::cout << answer(tokenizer, options, line, number) << '\n';
  }
  etalon::command::check_standard_input();
}

void run(const TokenizeOptions& options) {
  const Tokenizer tokenizer = Tokenizer::load(options.model);
  if (options.jsonl || options.decode) return by_line(tokenizer, options);
  const std::string text = etalon::command::read_standard_input();
  if (options.explain) {
    const bool colour = ::isatty(STDOUT_FILENO) != 0;
    std::cout << etalon::text::explain(tokenizer, text, options.encoding(), {.colour = colour});
  } else {
    std::cout << as_json(tokenizer.encode(text, options.encoding())) << '\n';
  }
}

}  // namespace

void etalon::command::add_tokenize(CLI::App& app) {
  auto* sub = app.add_subcommand("tokenize", "Turn text into token ids, or ids into text");
  auto options = std::make_shared<TokenizeOptions>();
  sub->add_option("--model", options->model, "A model's folder, or a tokenizer.json")->required();
  sub->add_flag("--special", options->special, "Put the special tokens around the text that the tokenizer asks for");
  auto* decode = sub->add_flag("--decode", options->decode, "One array of ids a line in, one JSON string a line out");
  sub->add_flag("--skip-special", options->skip_special, "Leave special tokens out of decoded text")->needs(decode);
  sub->add_flag("--jsonl", options->jsonl, "One JSON string a line in, one array of ids a line out");
  sub->add_flag("--explain", options->explain, "Show how the text is cut and merged")->excludes(decode);
  sub->add_flag("--replace-invalid", options->replace_invalid, "Take bytes that are not UTF-8 for U+FFFD");
  sub->callback([options] { run(*options); });
}
