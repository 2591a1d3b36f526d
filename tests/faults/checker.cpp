// Decides whether the headers it was built with are right. tests/faults/faults.py builds it with planted faults.
//
//   golden   tiny checkpoints against transformers' traces, every tensor
//   drafts   the prediction module of models/storyteller against transformers'
//   cut      a prompt token by token, and two sequences in one step: the bits of the whole prompt alone
//   bits     the hashes of tests/bits/hashes.txt in the modes that have no traces, bf16 and int8
//
// Prints the first of these that fails, and exits 1; 0 when all hold. No test framework: it is built many times.
// ETALON_ATTENTION names the attention to build: Mla where nothing is given.
#include "faults/stable.hpp"

#include <etalon/families/deepseek_v3.hpp>
#include <etalon/io/bind.hpp>
#include <etalon/layers/absorbed_mla.hpp>

#include "bits/runs.hpp"

#ifndef ETALON_ATTENTION
#define ETALON_ATTENTION Mla
#endif

using namespace etalon;
using namespace etalon::test;

namespace {

using Attention = ETALON_ATTENTION;
using Family = deepseek_v3::Family<Attention>;
using Model = deepseek_v3::Model<Attention>;
using File = std::shared_ptr<const io::Checkpoint>;

struct Loaded { Model model; File file; };

struct Wrong { std::string check, what; };

// As io/load.hpp does, but for files and configuration that are compiled apart.
Loaded load(const std::string& name) {
  const auto folder = (name.starts_with("storyteller") ? bundled_models() : golden_models()) / name;
  const StableConfig config(folder);
  const File file = open_checkpoint(folder);
  const CheckpointFacts facts{file->tensors().size(), [file](const std::string& prefix) {
    return std::any_of(file->tensors().begin(), file->tensors().end(),
                       [&](const auto& tensor) { return tensor.name.starts_with(prefix); });
  }};
  Loaded loaded{Family::build(config, facts), file};
  const bool tied = config.boolean("tie_word_embeddings", false);
  const int layers = config.integer("num_hidden_layers", {1, 1024});
  io::BindRules rules;
  rules.sources = [=](const std::string& path) {
    return Family::sources(tied && path == "unembedding" ? "embedding" : path, layers);
  };
  io::bind_weights(loaded.model, *file, rules, name);
  return loaded;
}

void check_golden(const std::string& name, const Loaded& loaded) {
  for (const char* file : {"trace_short.safetensors", "trace_long.safetensors"}) {
    const File trace = open_checkpoint(golden_models() / name / file);
    const Agreement result = agreement(*trace, heard_of(loaded.model, numbers_of<int>(*trace, "tokens")));
    if (!result.problems.empty()) throw Wrong{"golden", name + ": " + result.problems.front()};
  }
}

void check_drafts(const Loaded& loaded) {
  const File golden = open_checkpoint(bundled_models() / "storyteller" / "golden.safetensors");
  const auto tokens = numbers_of<int>(*golden, "track.tokens");
  const Reference backend;
  Walker<Model, Reference, Heard> walker(loaded.model, backend, Numerics::f32);
  const auto logits = walker.feed(tokens);
  if (!(difference<float>(logits, numbers_of<float>(*golden, "track.logits")) <= tolerance))
    throw Wrong{"golden", "storyteller"};
  Arena arena;
  const Context<Reference, Heard> ctx{backend, Numerics::f32, arena, walker.trace};
  const auto& module = loaded.model.predictions.front();
  StepBuffer buffer;
  buffer.add(std::span(tokens).subspan(1), 0, 1);
  auto state = module.new_state();
  const int rows = static_cast<int>(tokens.size()) - 1, channels = loaded.model.decoder.embedding.columns();
  const View<const float, Token, Channel> past{walker.hidden.data(), {rows, channels}};
  const auto drafts = module.logits(ctx, module.hidden(ctx, buffer.step(), state, past));
  if (!(difference<float>({drafts.data, drafts.size()}, numbers_of<float>(*golden, "track.mtp_logits")) <= tolerance))
    throw Wrong{"drafts", "storyteller"};
}

// Two sequences in one step, then both go on: the bits of each alone.
void check_cut(const Loaded& loaded) {
  const File trace = open_checkpoint(golden_models() / "deepseek_v3/trace_short.safetensors");
  const auto tokens = numbers_of<int>(*trace, "tokens");
  const Reference backend;
  Walker<Model, Reference, Heard> whole(loaded.model, backend, Numerics::f32);
  Walker<Model, Reference, Heard> steps(loaded.model, backend, Numerics::f32);
  const auto alone = whole.feed(tokens);
  if (hash_of(steps.feed(tokens, 1)) != hash_of(alone)) throw Wrong{"cut", "token by token"};
  Arena arena;
  Heard heard;
  Context<Reference, Heard> ctx{backend, Numerics::f32, arena, heard};
  auto first = loaded.model.decoder.new_state(), second = first;
  decltype(first)* const sequences[] = {&first, &second};
  StepBuffer buffer;
  buffer.add(std::span(tokens).first(4), 0);
  buffer.add(tokens, 0);
  const auto logits = loaded.model.decoder.logits(ctx, loaded.model.decoder.hidden(ctx, buffer.step(), sequences));
  const auto other = logits.rows(4, static_cast<int>(tokens.size()));
  if (hash_of({other.data, other.size()}) != hash_of(alone)) throw Wrong{"cut", "two sequences in one step"};
}

void check_bits(const std::string& name, const Loaded& loaded, const Table& table) {
  const auto tokens = numbers_of<int>(*open_checkpoint(golden_models() / name / "trace_long.safetensors"), "tokens");
  const Reference backend;
  for (const Numerics mode : modes) {
    Walker<Model, Reference, Heard> walker(loaded.model, backend, mode);
    const std::string form = std::is_same_v<Attention, Mla> ? "expanded" : "absorbed";
    const std::string row = row_name(name, form.c_str(), mode, "logits");
    if (table.contains(row) && hash_of(walker.feed(tokens)) != table.at(row)) throw Wrong{"bits", row};
  }
}

void check_all() {
  std::map<std::string, Loaded> models;
  for (const std::string& name : deepseek_v3_cases()) {
    models.emplace(name, load(name));
    check_golden(name, models.at(name));
  }
  check_drafts(load("storyteller"));
  check_cut(models.at("deepseek_v3"));
  const Table table = read_table("tests/bits/hashes.txt");
  for (const std::string name : {"deepseek_v3", "deepseek_v3_fp8"}) check_bits(name, models.at(name), table);
}

}  // namespace

int main() try {
  check_all();
  return 0;
} catch (const Wrong& wrong) {
  std::printf("%s %s\n", wrong.check.c_str(), wrong.what.c_str());
  return 1;
} catch (const std::exception& error) {   // a model that no longer fits its checkpoint
  std::printf("load %s\n", error.what());
  return 1;
}
