#pragma once
// Generation: feed the prompt, then one token at a time, each chosen from the logits of the one before it.
//
// Speculative: a prediction module drafts the token after the next one; both are fed in one step, and the draft is kept
// if it is the token that plain decoding would have chosen there. Since choosing depends on the logits, the seed and
// the position only (sampler.hpp), and the logits' bits do not depend on how tokens were grouped (docs/arithmetic.md,
// R9), the output is token for token that of plain decoding, greedy and sampled.
//       after Leviathan et al. 2023; drafts by the model itself: DeepSeek-AI 2024 (DeepSeek-V3), section 2.2
#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <etalon/engine.hpp>
#include <etalon/error.hpp>
#include <etalon/sample/sampler.hpp>

namespace etalon::sample {

struct GenerateOptions {
  SamplingOptions sampling;
  int max_tokens = 256;
  int chunk = 0;                  // prefill in chunks of so many tokens; 0: all at once
  bool speculate = false;
  std::vector<int> stop;          // a token of these ends the text and is its last one
  std::function<bool(int)> on_token;   // called with each new token; false ends the text
};

struct Generated {
  std::vector<int> tokens;        // the new ones, a stop token included
  bool stopped = false;           // by a stop token, rather than by max_tokens or the context
  int drafted = 0, accepted = 0;  // speculative: drafts made and kept
};

// Ids within the vocabulary, a prompt within the context; throws Error.
inline void check_tokens(std::span<const int> tokens, const ModelFacts& facts) {
  if (tokens.empty()) throw Error("prompt", "at least one token", "none", "give a text or token ids");
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (tokens[i] < 0 || tokens[i] >= facts.vocab)
      throw Error("token " + std::to_string(i), "an id from 0 to " + std::to_string(facts.vocab - 1),
                  std::to_string(tokens[i]), "use the tokenizer that belongs to this model");
  if (tokens.size() > static_cast<std::size_t>(facts.context))
    throw Error("prompt", "at most " + std::to_string(facts.context) + " tokens, the model's context",
                std::to_string(tokens.size()), "shorten it");
}

// Feeds what the engine does not yet hold of the prompt; returns the logits of its last token.
inline View<const float, Token, Vocab> prefill(Engine& engine, std::span<const int> prompt, int chunk) {
  const std::size_t width = chunk > 0 ? static_cast<std::size_t>(chunk) : prompt.size();
  for (std::size_t first = static_cast<std::size_t>(engine.length());; first += width) {
    const std::size_t n = std::min(width, prompt.size() - first);
    const bool last = first + n == prompt.size();
    const auto logits = engine.advance(prompt.subspan(first, n), last ? 1 : 0);
    if (last) return logits;
  }
}

// The loop's memory: the whole sequence so far, and what became of it.
class Generation {
 public:
  Generation(Engine& engine, std::span<const int> prompt, const GenerateOptions& options)
      : engine_(engine), options_(options), sequence_(prompt.begin(), prompt.end()) {
    const int fed = static_cast<int>(prompt.size()), fresh = std::max(fed - engine.length(), 1);
    const int longest = std::max(engine.facts().context, fed);
    const int written = std::min(std::max(options.max_tokens, 0), longest - fed);
    engine.reserve({fed + written, options.chunk > 0 ? std::min(options.chunk, fresh) : fresh});
  }

  Generated run() {
    auto logits = prefill(engine_, sequence_, options_.chunk);                  // (Token, Vocab)
    while (wanted()) {
      if (!take(choose(logits[0])) || !wanted()) break;
      if (!options_.speculate || engine_.length() + 2 > engine_.facts().context) {
        logits = engine_.advance(std::span(&sequence_.back(), 1), 1);
        continue;
      }
      logits = verified();
    }
    return std::move(result_);
  }

 private:
  bool wanted() const {
    return !ended_ && static_cast<int>(result_.tokens.size()) < options_.max_tokens &&
           static_cast<int>(sequence_.size()) < engine_.facts().context;
  }
  int choose(View<const float, Vocab> logits) const {
    return next_token({logits.data, logits.size()}, sequence_, options_.sampling);
  }
  // Adds a token to the text. False where the text ends with it.
  bool take(int token) {
    sequence_.push_back(token);
    result_.tokens.push_back(token);
    result_.stopped = std::find(options_.stop.begin(), options_.stop.end(), token) != options_.stop.end();
    const bool go_on = !options_.on_token || options_.on_token(token);
    ended_ = result_.stopped || !go_on;
    return !ended_;
  }
  // The last token is in the text but not yet in the engine. Feeds it with a draft of its successor; returns the logits
  // from which the next token is to be chosen: after the draft where it was right, else after the last token.
  View<const float, Token, Vocab> verified() {
    const auto draft_logits = engine_.draft(sequence_.back());                  // (Vocab)
    const int both[] = {sequence_.back(), choose(draft_logits)};
    const auto logits = engine_.advance(both, 2);                               // (Token, Vocab)
    ++result_.drafted;
    if (choose(logits[0]) != both[1]) {
      if (engine_.truncate(engine_.length() - 1)) return logits.rows(0, 1);
      return prefill(engine_, sequence_, options_.chunk);   // a state that cannot go back: everything is forgotten
    }
    ++result_.accepted;
    take(both[1]);
    return logits.rows(1, 1);
  }

  Engine& engine_;
  const GenerateOptions& options_;
  std::vector<int> sequence_;
  Generated result_;
  bool ended_ = false;
};

// Continues the prompt. The engine is new, or holds the prompt's first tokens already, but not all. Throws Error.
inline Generated generate(Engine& engine, std::span<const int> prompt, const GenerateOptions& options) {
  check_tokens(prompt, engine.facts());
  if (options.speculate && engine.facts().predictions == 0)
    throw Error("--speculate", "a model with a prediction module (MTP)", "none in this checkpoint",
                "generate without it: the text is the same");
  return Generation(engine, prompt, options).run();
}

}  // namespace etalon::sample
