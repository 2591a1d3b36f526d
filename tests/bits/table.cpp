// The table of hashes, computed afresh on the Reference backend: every model and mode, the layers of one model, the
// prediction module, sampled tokens.
//
//   table            compares with tests/bits/hashes.txt; exit 1 names the rows that differ
//   table --print    prints the rows, for a new version of the arithmetic (docs/arithmetic.md)
//
// It has a main function of its own and no test framework, because tests/bits/compilers.py builds it many times.
#include <cstdio>

#include <etalon/math/self_test.hpp>

#include "bits/runs.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

template <class Attention> using Model = deepseek_v3::Model<Attention>;
template <class Attention> using HashingWalker = Walker<Model<Attention>, Reference, HashTrace>;

// Logits and every tensor the trace shows, or logits alone.
template <class Attention>
void add_model(Table& table, const BitsCase& c, const char* form, const Model<Attention>& model, bool all_tensors) {
  const Reference backend;
  for (const Numerics mode : modes) {
    HashingWalker<Attention> walker(model, backend, mode);
    walker.feed(c.tokens);
    for (const auto& [name, hash] : walker.trace.hashes)
      if (all_tensors || name == "logits") table[row_name(c.name, form, mode, name)] = hash.text();
  }
}

// The prediction module's logits for every row of the prompt.
void add_drafts(Table& table, const BitsCase& c, const Model<Mla>& model) {
  const Reference backend;
  for (const Numerics mode : modes) {
    HashingWalker<Mla> walker(model, backend, mode);
    walker.feed(c.tokens);
    Arena arena;
    const Context<Reference, HashTrace> ctx{backend, mode, arena, walker.trace};
    const auto& module = model.predictions.front();
    const int rows = static_cast<int>(c.tokens.size()) - 1, channels = model.decoder.embedding.columns();
    StepBuffer buffer;
    buffer.add(std::span(c.tokens).subspan(1), 0, 1);
    auto state = module.new_state();
    const View<const float, Token, Channel> past{walker.hidden.data(), {rows, channels}};
    const auto drafts = module.logits(ctx, module.hidden(ctx, buffer.step(), state, past));
    table[row_name(c.name, "expanded", mode, "drafts")] = hash_of({drafts.data, drafts.size()});
  }
}

// Thirty tokens drawn after the prompt's first ten.
void add_samples(Table& table, const BitsCase& c, const Model<Mla>& model) {
  const Reference backend;
  const sample::SamplingOptions options{.temperature = 0.9f, .top_p = 0.95f, .repeat_penalty = 1.1f, .seed = 7};
  for (const Numerics mode : modes) {
    HashingWalker<Mla> walker(model, backend, mode);
    Hash hash;
    hash.add(continued(walker, {c.tokens.begin(), c.tokens.begin() + 10}, 30, options));
    table[row_name(c.name, "expanded", mode, "sampled")] = hash.text();
  }
}

Table fresh_table() {
  Table table;
  for (const BitsCase& c : bits_cases()) {
    const auto loaded = io::load<deepseek_v3::Family<>>(c.folder);
    const bool is_story = c.name == "storyteller", is_first = c.name == "deepseek_v3";
    add_model<Mla>(table, c, "expanded", loaded.model, is_first);
    if (is_first || is_story)
      add_model<AbsorbedMla>(table, c, "absorbed", io::load<deepseek_v3::Family<AbsorbedMla>>(c.folder).model, false);
    if (is_story) add_drafts(table, c, loaded.model);
    if (is_story) add_samples(table, c, loaded.model);
  }
  return table;
}

int compare(const Table& wanted, const Table& found) {
  int wrong = 0;
  for (const auto& [name, hash] : wanted)
    if (!found.contains(name) || found.at(name) != hash) {
      std::printf("differs: %s: expected %s, found %s\n", name.c_str(), hash.c_str(),
                  found.contains(name) ? found.at(name).c_str() : "nothing");
      ++wrong;
    }
  for (const auto& [name, hash] : found)
    if (!wanted.contains(name)) {
      std::printf("not in the table: %s %s\n", name.c_str(), hash.c_str());
      ++wrong;
    }
  std::printf("%zu hashes, %d differ\n", wanted.size(), wrong);
  return wrong == 0 && !wanted.empty() ? 0 : 1;
}

}  // namespace

int main(int count, char**) try {
  if (const char* fault = arithmetic_fault()) {
    std::printf("the self-test of the arithmetic fails: %s\n", fault);
    return 1;
  }
  const Table found = fresh_table();
  if (count == 1) return compare(read_table("tests/bits/hashes.txt"), found);
  for (const auto& [name, hash] : found) std::printf("%s %s\n", name.c_str(), hash.c_str());
  return 0;
} catch (const std::exception& error) {
  std::printf("%s\n", error.what());
  return 2;
}
