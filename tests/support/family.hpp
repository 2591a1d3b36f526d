#pragma once
// What the tests of all families have in common: golden files in each spelling of the configuration, and the bits of
// one sequence however it is cut.
//
//   const FamilyTest<mixtral::Family> test;
//   test.check_golden("mixtral", 30);   test.check_chunks("mixtral");
#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <etalon/cpu/cpu.hpp>
#include <etalon/io/describe.hpp>
#include <etalon/io/load.hpp>

#include "bits/runs.hpp"
#include "support/folders.hpp"
#include "support/golden.hpp"
#include "support/numbers.hpp"

namespace etalon::test {

// which: short or long.
inline std::vector<int> golden_prompt(const std::string& name, const char* which) {
  const auto file = golden_models() / name / (std::string("trace_") + which + ".safetensors");
  return numbers_of<int>(io::Checkpoint::open(file), "tokens");
}

template <class Family> struct FamilyTest {
  static auto load(const std::string& name) { return io::load<Family>(golden_models() / name); }
  using Model = decltype(load("").model);

  // Every tensor of both traces, in every spelling of the configuration. at_least: how many must have been compared.
  static void check_golden(const std::string& name, int at_least) {
    for (const char* config : {"config.json", "config.published.json"}) {
      CAPTURE(config);
      if (!std::filesystem::exists(golden_models() / name / config)) continue;   // some have one spelling
      const Scratch folder;
      link_with_config(golden_models() / name, config, folder.path());
      const auto loaded = io::load<Family>(folder.path());
      Agreement all;
      for (const char* which : {"short", "long"}) {
        const auto trace = io::Checkpoint::open(folder.path() / ("trace_" + std::string(which) + ".safetensors"));
        all.add(agreement(trace, heard_of(loaded.model, golden_prompt(name, which))));
      }
      CHECK_MESSAGE(all.problems.empty(), all.text());
      CHECK(all.compared >= at_least);
      CHECK(all.worst > 0.0);   // equal to the bit would mean that nothing was compared
      std::printf("%-16s %-22s %2d tensors, worst %.1e at %s\n", name.c_str(), config, all.compared, all.worst,
                  all.worst_name.c_str());
    }
  }

  // Whether the long trace is no longer met by a model that change(decoder) has altered.
  static bool notices(const std::string& name, auto change) {
    auto loaded = load(name);
    change(loaded.model.decoder);
    const auto trace = io::Checkpoint::open(golden_models() / name / "trace_long.safetensors");
    return !agreement(trace, heard_of(loaded.model, golden_prompt(name, "long"))).problems.empty();
  }

  static std::vector<float> logits_of(const Model& model, std::span<const int> tokens, Numerics mode, int chunk = 0) {
    const Reference backend;
    return Walker<Model, Reference>(model, backend, mode).feed(tokens, chunk);
  }

  // Prefill, chunks of several sizes and token by token give the same bits in every mode.
  static void check_chunks(const std::string& name) {
    const auto loaded = load(name);
    const auto tokens = golden_prompt(name, "long");
    for (const Numerics mode : modes) {
      const auto whole = logits_of(loaded.model, tokens, mode);
      for (const int chunk : {1, 3, 7, 16, 32}) {
        CAPTURE(chunk);
        CHECK(same_bits(whole, logits_of(loaded.model, tokens, mode, chunk)));
      }
    }
  }

  // The last logits of the long prompt, from a state that prepare(walker, its first `at` tokens) brought to `at`.
  static void check_rest(const std::string& name, std::size_t at, auto prepare) {
    CAPTURE(at);
    const auto loaded = load(name);
    const auto tokens = golden_prompt(name, "long");
    const auto whole = logits_of(loaded.model, tokens, Numerics::bf16);
    const Reference backend;
    Walker<Model, Reference> walker(loaded.model, backend, Numerics::bf16);
    prepare(walker, std::span(tokens).first(at));
    CHECK(walker.state.length() == static_cast<int>(at));
    const auto rest = walker.feed(std::span(tokens).subspan(at));
    CHECK(same_bits(rest, {whole.end() - static_cast<std::ptrdiff_t>(rest.size()), whole.end()}));
  }

  // A saved state goes on as if nothing had happened since.
  static void check_saved(const std::string& name) {
    for (const std::size_t at : {1u, 5u, 16u, 17u, 40u})
      check_rest(name, at, [](auto& walker, std::span<const int> tokens) {
        walker.feed(tokens);
        const auto saved = walker.state;
        walker.feed(std::vector<int>{3, 1, 4, 1, 5, 9, 2, 6, 5});
        walker.state = saved;
      });
  }

  // So does one that was cut back `back` tokens from the position `at`.
  static void check_cut_back(const std::string& name, std::size_t at, int back) {
    check_rest(name, at, [&](auto& walker, std::span<const int> tokens) {
      walker.feed(tokens);
      walker.feed(std::vector<int>(static_cast<std::size_t>(back), 7));
      CHECK(walker.state.truncate(static_cast<int>(tokens.size())));
    });
  }

  // Two sequences that share their steps do not see each other, and two threads change nothing.
  static void check_together(const std::string& name) {
    const auto loaded = load(name);
    const auto tokens = golden_prompt(name, "long");
    const std::vector<int> other(tokens.rbegin(), tokens.rend());
    Arena arena;
    NoTrace silent;
    const Cpu backend(2);
    auto a = loaded.model.decoder.new_state(), b = a;
    decltype(&a) states[] = {&a, &b};
    std::vector<float> of_a, of_b;
    for (std::size_t first = 0; first < tokens.size(); first += 10) {
      Context<Cpu, NoTrace> ctx{backend, Numerics::bf16, arena, silent};
      const Arena::Scope scope(arena);
      const std::size_t n = std::min<std::size_t>(10, tokens.size() - first);
      StepBuffer buffer;
      buffer.add(std::span(tokens).subspan(first, n), static_cast<int>(first));
      buffer.add(std::span(other).subspan(first, n), static_cast<int>(first));
      const auto logits = loaded.model.decoder.logits(ctx, loaded.model.decoder.hidden(ctx, buffer.step(), states));
      const std::size_t half = logits.size() / 2;
      of_a.insert(of_a.end(), logits.data, logits.data + half);
      of_b.insert(of_b.end(), logits.data + half, logits.data + logits.size());
    }
    CHECK(same_bits(of_a, logits_of(loaded.model, tokens, Numerics::bf16)));
    CHECK(same_bits(of_b, logits_of(loaded.model, other, Numerics::bf16)));
  }

  // What loading says when one field of the configuration has another value.
  static std::string error_with(const std::string& name, const std::string& field, const std::string& json) {
    const Scratch folder;
    link_with_config(golden_models() / name, "config.json", folder.path());
    folder.write("config.json", config_with(golden_models() / name, field, json));
    return error_of([&] { io::load<Family>(folder.path()); });
  }

  // What loading says of a checkpoint that was altered.
  static std::string error_of_altered(const std::string& name, const Alter& alter,
                                      const std::vector<Altered>& more = {}) {
    const Scratch folder;
    write_altered(golden_models() / name, folder.path(), alter, more);
    return error_of([&] { io::load<Family>(folder.path()); });
  }
};

}  // namespace etalon::test
