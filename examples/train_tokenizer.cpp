// Trains a byte-level BPE tokenizer on a text file and writes a tokenizer.json.
//
//   train_tokenizer TEXT VOCAB_SIZE OUT.json [SPECIAL_TOKEN...]
//
// VOCAB_SIZE counts the 256 bytes and the merges; special tokens come behind them.
#include <charconv>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/io/atomic_file.hpp>
#include <etalon/io/mapped_file.hpp>
#include <etalon/text/bpe_train.hpp>
#include <etalon/text/utf8.hpp>

namespace {

std::size_t vocabulary_size(std::string_view text) {
  std::size_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < 256 || value > 10'000'000) {
    throw etalon::Error("VOCAB_SIZE", "a number from 256 to 10000000", etalon::quoted(text), "try 4096");
  }
  return value;
}

void run(const std::vector<std::string>& arguments) {
  const std::size_t size = vocabulary_size(arguments[1]);
  const auto file = etalon::io::MappedFile::open(arguments[0]);
  const std::string_view text = file.text();
  if (const std::size_t at = etalon::text::first_ill_formed(text); at != text.npos) {
    throw etalon::Error(arguments[0] + " byte " + std::to_string(at), "UTF-8", "bytes that are not",
                        "convert the text");
  }
  etalon::text::BpeTrainer trainer;
  trainer.add(text);
  const etalon::text::TrainedBpe trained = trainer.train(size);
  const std::vector<std::string> special(arguments.begin() + 3, arguments.end());
  etalon::io::write_file_atomically(arguments[2], etalon::text::tokenizer_json(trained, special));
  std::cerr << arguments[2] << ": " << trained.tokens.size() << " tokens\n";
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> arguments(values + 1, values + count);
  if (arguments.size() < 3) {
    std::cerr << "usage: train_tokenizer TEXT VOCAB_SIZE OUT.json [SPECIAL_TOKEN...]\n";
    return 2;
  }
  try {
    run(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "train_tokenizer: " << error.what() << '\n';
    return 2;
  }
}
