// Decides whether the headers it was built with are right for one family. tests/faults/faults.py builds it with planted
// faults, and names the family: ETALON_FAMILY_HEADER, ETALON_FAMILY; ETALON_CASES: its folders in tests/golden/models.
//
//   load     every case loads, in every spelling of its configuration
//   golden   every case against transformers' traces, every tensor: both prompts, the short one in every spelling
//   cut      the short prompts token by token, and two sequences in one step: the bits of the whole prompt alone
//
// Prints the first of these that fails, and exits 1; 0 when all hold. No test framework: it is built many times.
#include "faults/stable.hpp"

#include <sstream>

#include ETALON_FAMILY_HEADER
#include <etalon/io/bind.hpp>

#include "support/golden.hpp"
#include "support/hash.hpp"

#include "io/scratch.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

using Family = ETALON_FAMILY;
using Model = decltype(Family::build(std::declval<const StableConfig&>(), std::declval<const CheckpointFacts&>()));
using File = std::shared_ptr<const io::Checkpoint>;

struct Loaded { Model model; File file; };

struct Wrong { std::string check, what; };

// As io/load.hpp does, but for files and configuration that are compiled apart.
Loaded load(const std::filesystem::path& folder, const char* configuration) {
  const StableConfig config(folder / configuration);
  const File file = open_checkpoint(folder);
  const CheckpointFacts facts{file->tensors().size(), [file](const std::string& prefix) {
    return std::any_of(file->tensors().begin(), file->tensors().end(),
                       [&](const auto& tensor) { return tensor.name.starts_with(prefix); });
  }};
  Loaded loaded{Family::build(config, facts), file};
  const bool tied = config.boolean("tie_word_embeddings", Family::tied_by_default);
  const int layers = config.integer("num_hidden_layers", {1, 1024});
  io::BindRules rules;
  rules.sources = [=](const std::string& path) {
    return Family::sources(tied && path == "unembedding" ? "embedding" : path, layers);
  };
  rules.ignored = [](const std::string& name) { return Family::ignored(name); };
  io::bind_weights(loaded.model, *file, rules, folder.string());
  return loaded;
}

std::vector<int> check_golden(const std::filesystem::path& folder, const Loaded& loaded, const char* name) {
  const File trace = open_checkpoint(folder / name);
  const auto tokens = numbers_of<int>(*trace, "tokens");
  const Agreement result = agreement(*trace, heard_of(loaded.model, tokens));
  if (!result.problems.empty()) throw Wrong{"golden", folder.filename().string() + ": " + result.problems.front()};
  return tokens;
}

// Token by token, and beside another sequence: the bits of the prompt in one step.
void check_cut(const Loaded& loaded, const std::vector<int>& tokens) {
  const std::vector<float> alone = heard_of(loaded.model, tokens).floats.at("logits");
  const auto differs = [&](const std::vector<float>& logits) {
    Hash a, b;
    a.add(alone);
    b.add(logits);
    return a.text() != b.text();
  };
  if (differs(heard_of(loaded.model, tokens, {Numerics::f32, 1}).floats.at("logits")))
    throw Wrong{"cut", "token by token"};
  Arena arena;
  Heard heard;
  const Reference backend;
  Context<Reference, Heard> ctx{backend, Numerics::f32, arena, heard};
  auto first = loaded.model.decoder.new_state(), second = first;
  decltype(first)* const sequences[] = {&first, &second};
  StepBuffer buffer;
  buffer.add(std::span(tokens).first(4), 0);
  buffer.add(tokens, 0);
  const auto logits = loaded.model.decoder.logits(ctx, loaded.model.decoder.hidden(ctx, buffer.step(), sequences));
  const auto other = logits.rows(4, static_cast<int>(tokens.size()));
  if (differs({other.data, other.data + other.size()})) throw Wrong{"cut", "two sequences in one step"};
}

}  // namespace

int main() try {
  std::istringstream names(ETALON_CASES);
  for (std::string name; names >> name;) {
    const auto folder = golden_models() / name;
    const Loaded loaded = load(folder, "config.json");
    const auto tokens = check_golden(folder, loaded, "trace_short.safetensors");
    check_golden(folder, loaded, "trace_long.safetensors");
    check_cut(loaded, tokens);
    if (std::filesystem::exists(folder / "config.published.json"))
      check_golden(folder, load(folder, "config.published.json"), "trace_short.safetensors");
  }
  return 0;
} catch (const Wrong& wrong) {
  std::printf("%s %s\n", wrong.check.c_str(), wrong.what.c_str());
  return 1;
} catch (const std::exception& error) {   // a model that no longer fits its checkpoint
  std::printf("load %s\n", error.what());
  return 1;
}
