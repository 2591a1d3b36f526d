#pragma once
// One loaded model, running one sequence: what a program needs to know of it, whatever the family, the backend and who
// listens. This is the only virtual interface of the library, and it stands at its edge: behind it everything is
// compiled for one family (io/engine_of.hpp), before it nothing depends on any (sample/generate.hpp, the command).
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <etalon/context.hpp>
#include <etalon/cpu/isa.hpp>
#include <etalon/trace.hpp>
#include <etalon/view.hpp>
#include <etalon/weight_facts.hpp>

namespace etalon {

struct RunOptions {
  std::string backend = "cpu";              // reference or cpu
  int threads = 1;
  Isa isa = best_isa();                     // vector instructions of the cpu backend; one this machine has
  std::optional<Numerics> numerics;         // nothing: what the checkpoint's format asks for
  bool absorb = false;                      // latent attention as layers/absorbed_mla.hpp has it: other bits
  std::function<void(const Shown&)> listener;   // hears every intermediate tensor; empty: nobody does
};

// One layer in words, and what it keeps of the past: numbers that are added for each token, or for every so many
// tokens (compressed entries), and numbers that do not grow: the most there are at a time.
struct LayerFacts {
  std::string attention, ffn;
  std::int64_t state_per_token = 0, state_fixed = 0;
  int state_stride = 1;   // tokens for which state_per_token numbers are added
  int window = 0;         // positions that are kept; 0: all
  std::int64_t memo_per_token = 0;   // numbers of a token that are remembered, as long as no more tokens than
  int memo_tokens = 0;               // these have come: beyond, nothing is
};

// How long a sequence will be, and of how many tokens at most one step of it is.
struct RunLength { int positions = 0, step = 1; };

// What a run allocates, in bytes; the mapped weights are not in it. At the most, and rounded to nothing.
struct RunMemory {
  std::int64_t state = 0;     // what the sequence keeps
  std::int64_t memo = 0;      // what is remembered to save time, of a short sequence or a long one on its way there
  std::int64_t working = 0;   // a step's intermediate tensors, planned once and used again by every step
  std::int64_t scratch = 0;   // what operations take beside them
  std::int64_t kept = 0;      // logits, and hidden states for prediction modules

  std::int64_t total() const { return state + memo + working + scratch + kept; }
};

struct ModelFacts {
  std::string family;
  int vocab = 0, channels = 0, context = 0, experts = 0, chosen = 0, predictions = 0;
  std::vector<LayerFacts> layers;
  std::vector<WeightFacts> weights;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual const ModelFacts& facts() const = 0;
  virtual const RunOptions& options() const = 0;

  // What a run takes whose last step asks for one row of logits.
  virtual RunMemory memory(const RunLength& length) const = 0;
  // Finds that memory now, once, so that nothing has to grow on the way. Never asked: it grows.
  virtual void reserve(const RunLength& length) = 0;
  // How many tokens the sequence has.
  virtual int length() const = 0;
  // Appends tokens and returns the logits of the last `rows` of them, valid until the next call. (Token, Vocab)
  virtual View<const float, Token, Vocab> advance(std::span<const int> tokens, int rows) = 0;
  // Forgets all tokens from `positions` on. False where the model's state cannot go back (a window or a recurrence has
  // dropped what would be needed): then everything is forgotten and length() is 0.
  virtual bool truncate(int positions) = 0;
  // A prediction module's logits for the token after next, given the next one. (Vocab). Only where facts().predictions
  // is not 0 and the sequence is not empty; does not change the sequence.
  virtual View<const float, Vocab> draft(int next) = 0;
};

}  // namespace etalon
