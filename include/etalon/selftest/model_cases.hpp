#pragma once
// The self-test's runs of whole models: what one prompt gives in each storage format and mode, and that it gives the
// same however it is computed (docs/arithmetic.md, R9).
//
//   one row a model, format and mode:  hash of the logits | of every tensor a trace shows | of tokens drawn with a seed
//
// Each row's logits are computed again in chunks; those of bf16 checkpoints also token by token, on several threads
// (mode H), beside other sequences, and after going back to a saved state. A difference is a fault of the row.
#include <functional>
#include <string>
#include <vector>

#include <etalon/cpu/cpu.hpp>
#include <etalon/selftest/made_models.hpp>
#include <etalon/selftest/made_weights.hpp>
#include <etalon/selftest/row.hpp>
#include <etalon/selftest/walker.hpp>

namespace etalon {

// The Cpu backend with every loop shared out, however short: the models here are too small for the usual limit.
inline Cpu sharing_cpu(int threads, Isa isa = best_isa()) {
  Cpu cpu(threads, isa);
  cpu.worth_sharing = 0;
  return cpu;
}

// One thread that reads memory in either way, however short rows are.
inline Cpu reading_cpu(Isa isa, bool one_stream) {
  Cpu cpu(1, isa);
  cpu.one_stream = one_stream;
  cpu.shortest_row = 0;
  return cpu;
}

template <class Model> class ModelRun {
 public:
  ModelRun(const Model& model, Numerics mode) : model_(model), mode_(mode) {
    for (std::uint32_t i = 0; i < prompt_length; ++i)
      tokens_.push_back(static_cast<int>(philox({i, 0, 0, 0}, 1)[0] % 97u));
    HashingWalker walker(model_, reference_, mode_);
    logits_ = walker.feed(tokens_);
    for (const auto& [name, hash] : walker.trace.hashes) trace_.add(name), trace_.add(hash.text());
  }

  std::vector<std::string> hashes() const {
    Hash logits;
    logits.add(logits_);
    return {logits.text(), trace_.text(), sampled().text()};
  }

  // The way of computing that gives other logits; empty where none does. threads: how many to try.
  std::string fault(const std::vector<int>& threads) const {
    for (const int chunk : {1, 16})
      if (CpuWalker(model_, alone_, mode_).feed(tokens_, chunk) != logits_) return "chunks of " + std::to_string(chunk);
    for (const int count : threads)
      if (const Cpu cpu = sharing_cpu(count); CpuWalker(model_, cpu, mode_).feed(tokens_, 13) != logits_)
        return std::to_string(count) + " threads";
    if (!same_when_restored()) return "a saved state";
    if (!same_in_company()) return "other sequences in the step";
    return quick_fault();
  }
  // For tests of this test: other logits than those computed.
  void expect(std::vector<float> logits) { logits_ = std::move(logits); }

  // In chunks, with each set of instructions that the machine has; one token in either order through memory.
  std::string quick_fault() const {
    for (const Isa isa : all_isas) {
      if (!has_isa(isa)) continue;
      for (const bool one_stream : {false, true})
        if (CpuWalker(model_, reading_cpu(isa, one_stream), mode_).feed(tokens_, 1) != logits_)
          return std::string("chunks of 1 with ") + name_of(isa) + (one_stream ? ", one stream" : ", several streams");
      if (CpuWalker(model_, Cpu(1, isa), mode_).feed(tokens_, 7) != logits_)
        return std::string("chunks of 7 with ") + name_of(isa);
    }
    return "";
  }

 private:
  static constexpr int prompt_length = 41;   // past every window and group, one more than a block of keys
  using HashingWalker = Walker<Model, Reference, HashTrace>;
  using CpuWalker = Walker<Model, Cpu>;
  using State = typename decltype(std::declval<Model>().decoder)::State;

  Hash sampled() const {
    const sample::SamplingOptions options{.temperature = 0.9f, .top_k = 40, .top_p = 0.95f, .repeat_penalty = 1.1f,
                                          .seed = 7};
    CpuWalker walker(model_, alone_, mode_);
    Hash hash;
    hash.add(continued(walker, {tokens_.begin(), tokens_.begin() + 10}, 12, options));
    return hash;
  }

  bool same_when_restored() const {
    CpuWalker walker(model_, alone_, mode_);
    const std::span<const int> all(tokens_);
    walker.feed(all.first(17));
    const State saved = walker.state;
    const auto first = walker.feed(all.subspan(17));
    walker.state = saved;
    const auto second = walker.feed(all.subspan(17), 5);
    return first == second && std::equal(first.rbegin(), first.rend(), logits_.rbegin());
  }

  // The prompt in two parts, each in a step with parts of two other sequences.
  bool same_in_company() const {
    std::vector<State> states(3, model_.decoder.new_state());
    const std::vector<int> others(tokens_.rbegin(), tokens_.rend());
    const std::span<const int> all(tokens_), other(others);
    auto got = step(states, {other.first(5), all.first(23), other.first(1)}, 1);
    const auto rest = step(states, {other.subspan(5, 9), all.subspan(23), other.subspan(1, 2)}, 1);
    got.insert(got.end(), rest.begin(), rest.end());
    return got == logits_;
  }

  using Parts = std::vector<std::span<const int>>;

  // One step of several sequences; the logits of one of them.
  std::vector<float> step(std::vector<State>& states, const Parts& parts, int wanted) const {
    StepBuffer buffer;
    std::vector<State*> sequences;
    for (std::size_t s = 0; s < parts.size(); ++s) {
      buffer.add(parts[s], states[s].length());
      sequences.push_back(&states[s]);
    }
    Arena arena;
    NoTrace silent;
    Context<Cpu, NoTrace> ctx{alone_, mode_, arena, silent};
    const auto hidden = model_.decoder.hidden(ctx, buffer.step(), sequences);   // (Token, Channel)
    const Segment segment = buffer.step().segments[static_cast<std::size_t>(wanted)];
    const auto logits = model_.decoder.logits(ctx, read_only(hidden.rows(segment.first, segment.count)));
    return {logits.data, logits.data + logits.size()};
  }

  const Model& model_;
  Numerics mode_;
  Reference reference_;
  Cpu alone_;   // one thread
  std::vector<int> tokens_;
  std::vector<float> logits_;   // (Token, Vocab)
  Hash trace_;
};

// Calls report(row) for each model, format and mode.
inline void model_cases(const std::vector<int>& threads, const std::function<void(const SelfTestRow&)>& report) {
  const std::vector<int> none;
  each_made_model([&](const std::string& name, auto family, const MadeConfig& config) {
    for (const MadeFormat format : {MadeFormat::f32, MadeFormat::bf16, MadeFormat::f16, MadeFormat::e4m3,
                                    MadeFormat::int8, MadeFormat::mxfp4}) {
      auto model = family.build(config, {.tensors = 1 << 20, .has_prefix = [](const std::string&) { return false; }});
      MadeWeights weights;
      weights.fill(model, format);
      for (const Numerics mode : {Numerics::f32, Numerics::bf16, Numerics::int8}) {
        const ModelRun run(model, mode);
        const std::string fault = format == MadeFormat::bf16 ? run.fault(mode == Numerics::bf16 ? threads : none)
                                                             : run.quick_fault();
        report({"model " + name + " " + name_of(format) + " " + name_of(mode), run.hashes(), fault});
      }
    }
  });
}

}  // namespace etalon
