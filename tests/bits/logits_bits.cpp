// One table of hashes (tests/bits/hashes.txt), however a sequence is cut, batched, threaded, saved and rolled back.
// The same table under other compilers and flags: tests/bits/compilers.py.
#include <numeric>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>

#include "bits/runs.hpp"

using namespace etalon;
using namespace etalon::test;

namespace {

using Model = deepseek_v3::Model<Mla>;
using State = decltype(Model::decoder)::State;
template <class Backend = Cpu> using Sequence = Walker<Model, Backend>;

// Calls check(case, model, mode, expected hash of the logits) for every model and mode of the table.
template <class Check> void each_row(Check check, const std::string& only = {}) {
  static const Table table = read_table(golden_models().parent_path().parent_path() / "bits" / "hashes.txt");
  for (const BitsCase& c : bits_cases()) {
    if (!only.empty() && c.name != only) continue;
    CAPTURE(c.name);
    const auto loaded = io::load<deepseek_v3::Family<>>(c.folder);
    for (const Numerics mode : modes) {
      CAPTURE(name_of(mode));
      check(c, loaded.model, mode, table.at(row_name(c.name, "expanded", mode, "logits")));
    }
  }
}

// Several sequences in one step: what each is fed, and from which position on.
struct Batch {
  const Model& model;
  const Cpu& backend;
  Numerics mode;
  std::vector<State> states{};
  Arena arena{};

  // parts[s]: the next tokens of sequence s. Returns each sequence's logits, (Token, Vocab).
  std::vector<std::vector<float>> feed(const std::vector<std::vector<int>>& parts) {
    while (states.size() < parts.size()) states.push_back(model.decoder.new_state());
    std::vector<State*> sequences;
    StepBuffer buffer;
    for (std::size_t s = 0; s < parts.size(); ++s) {
      buffer.add(parts[s], states[s].length());
      sequences.push_back(&states[s]);
    }
    const Arena::Scope scope(arena);
    NoTrace silent;
    Context<Cpu, NoTrace> ctx{backend, mode, arena, silent};
    const auto logits = model.decoder.logits(ctx, model.decoder.hidden(ctx, buffer.step(), sequences));
    std::vector<std::vector<float>> split;
    const float* at = logits.data;
    for (const auto& part : parts) {
      split.emplace_back(at, at + part.size() * logits.stride());
      at += part.size() * logits.stride();
    }
    return split;
  }
};

std::vector<float> joined(std::vector<float> a, const std::vector<float>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_SUITE("bits") {
TEST_CASE("the reference, the whole prompt at once") {
  each_row([](const BitsCase& c, const Model& model, Numerics mode, const std::string& expected) {
    const Reference backend;
    CHECK(hash_of(Sequence<Reference>(model, backend, mode).feed(c.tokens)) == expected);
  });
}

TEST_CASE("the prompt in chunks of 1, 2, 3, 7 and 32 tokens") {
  each_row([](const BitsCase& c, const Model& model, Numerics mode, const std::string& expected) {
    const Cpu backend;
    for (const int chunk : {1, 2, 3, 7, 32}) {
      CAPTURE(chunk);
      CHECK(hash_of(Sequence<>(model, backend, mode).feed(c.tokens, chunk)) == expected);
    }
  });
}

TEST_CASE("one, two, three and eight threads") {
  for (const int threads : {1, 2, 3, 8}) {
    CAPTURE(threads);
    const Cpu backend(threads);
    each_row([&](const BitsCase& c, const Model& model, Numerics mode, const std::string& expected) {
      CHECK(hash_of(Sequence<>(model, backend, mode).feed(c.tokens, 0)) == expected);
      CHECK(hash_of(Sequence<>(model, backend, mode).feed(c.tokens, 20)) == expected);
    });
  }
}

TEST_CASE("several sequences in one step: each gets what it gets alone") {
  each_row([](const BitsCase& c, const Model& model, Numerics mode, const std::string& expected) {
    const Cpu backend(2);
    const std::vector<int> whole = c.tokens, reversed(whole.rbegin(), whole.rend());
    const std::vector<int> head(whole.begin(), whole.begin() + 11), tail(whole.begin() + 11, whole.end());
    const std::vector<int> other(reversed.begin(), reversed.begin() + 5);
    Batch batch{model, backend, mode};
    const auto first = batch.feed({head, reversed, whole});     // three prompts of unlike lengths
    const auto second = batch.feed({tail, other, {head[0]}});   // one goes on with its prompt, two with a few tokens
    const auto alone = Sequence<>(model, backend, mode).feed(reversed, 0);
    CHECK(hash_of(joined(first[0], second[0])) == expected);
    CHECK(hash_of(first[2]) == expected);
    CHECK(hash_of(first[1]) == hash_of(alone));
    Sequence<> longer(model, backend, mode);
    longer.feed(reversed, 0);
    CHECK(hash_of(second[1]) == hash_of(longer.feed(other)));
  });
}

TEST_CASE("a state saved, restored, cut back and gone on with") {
  each_row([](const BitsCase& c, const Model& model, Numerics mode, const std::string& expected) {
    const Cpu backend;
    const std::span<const int> tokens = c.tokens;
    Sequence<> sequence(model, backend, mode);
    const auto start = sequence.feed(tokens.first(33));
    const auto saved = sequence.state;
    const auto rest = sequence.feed(tokens.subspan(33));
    CHECK(hash_of(joined(start, rest)) == expected);
    sequence.state = saved;   // back to the copy, by way of other tokens
    sequence.feed(tokens.first(5));
    sequence.state = saved;
    CHECK(hash_of(sequence.feed(tokens.subspan(33), 2)) == hash_of(rest));
    REQUIRE(sequence.state.truncate(33));   // cut back
    CHECK(hash_of(sequence.feed(tokens.subspan(33))) == hash_of(rest));
    REQUIRE(sequence.state.truncate(0));
    CHECK(hash_of(sequence.feed(tokens, 0)) == expected);
  });
}

TEST_CASE("the hash tells a single flipped bit") {
  std::vector<float> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 1.0f);
  const std::string before = hash_of(numbers);
  numbers[517] = float_of(bits_of(numbers[517]) ^ 1u);
  CHECK(hash_of(numbers) != before);
  CHECK(hash_of({}) == "cbf29ce484222325");   // FNV's offset basis
}
}
