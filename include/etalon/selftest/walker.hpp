#pragma once
// One sequence on its way through a decoder, for tests of bits: fed in any chunks, on any backend, listened to or not.
//
// Its state may be copied, assigned and truncated between feeds. Left out: stop tokens and text (sample/generate.hpp).
#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <etalon/context.hpp>
#include <etalon/decoder.hpp>
#include <etalon/sample/sampler.hpp>
#include <etalon/selftest/hash.hpp>

namespace etalon {

// A listener that keeps a hash of each tensor.
struct HashTrace {
  static constexpr bool on = true;
  std::map<std::string, Hash> hashes;

  void operator()(const Shown& tensor) {
    std::size_t count = 1;
    for (int size : tensor.shape) count *= static_cast<std::size_t>(size);
    if (tensor.floats) hashes[tensor.name].add(std::span(tensor.floats, count));
    else hashes[tensor.name].add(std::span(tensor.integers, count));
  }
};

template <class Model, class Backend, class Trace = NoTrace> class Walker {
 public:
  Walker(const Model& model, const Backend& backend, Numerics mode)
      : model_(model), backend_(backend), mode_(mode), state(model.decoder.new_state()) {}

  // Feeds tokens in one step; returns their logits. (Token, Vocab)
  std::vector<float> feed(std::span<const int> tokens) {
    const Arena::Scope scope(arena_);
    Context<Backend, Trace> ctx{backend_, mode_, arena_, trace};
    StepBuffer buffer;
    buffer.add(tokens, state.length());
    auto* sequence = &state;
    const auto final = model_.decoder.hidden(ctx, buffer.step(), std::span(&sequence, 1));   // (Token, Channel)
    hidden.insert(hidden.end(), final.data, final.data + final.size());
    const auto logits = model_.decoder.logits(ctx, final);                      // (Token, Vocab)
    return {logits.data, logits.data + logits.size()};
  }
  // Feeds tokens in chunks of `chunk`; 0: all in one step.
  std::vector<float> feed(std::span<const int> tokens, int chunk) {
    std::vector<float> all;
    const std::size_t width = chunk > 0 ? static_cast<std::size_t>(chunk) : tokens.size();
    for (std::size_t first = 0; first < tokens.size(); first += width) {
      const auto part = feed(tokens.subspan(first, std::min(width, tokens.size() - first)));
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }

 private:
  const Model& model_;
  const Backend& backend_;
  Numerics mode_;
  Arena arena_;

 public:
  typename decltype(std::declval<Model>().decoder)::State state;
  std::vector<float> hidden;   // of every token fed, (Token, Channel)
  Trace trace{};
};

// Draws `count` tokens after `text`, each fed in its turn; returns the text with them. The walker is at its beginning.
std::vector<int> continued(auto& walker, std::vector<int> text, int count, const sample::SamplingOptions& options) {
  std::vector<float> logits = walker.feed(text);
  const std::size_t vocab = logits.size() / text.size();
  for (int i = 0; i < count; ++i) {
    text.push_back(sample::next_token(std::span(logits).last(vocab), text, options));
    logits = walker.feed(std::span(text).last(1));
  }
  return text;
}

}  // namespace etalon
