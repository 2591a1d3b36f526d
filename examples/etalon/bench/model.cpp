// A model's tasks: prompts and continuations are tokens chosen at random, so that the experts differ as in texts.
#include "model.hpp"

#include <algorithm>
#include <chrono>

namespace etalon::command::bench {

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Tokens at random, others at each call.
class RandomTokens {
 public:
  explicit RandomTokens(int vocab) : vocab_(static_cast<std::uint64_t>(vocab)) {}
  std::vector<int> operator()(int count) {
    std::vector<int> tokens(static_cast<std::size_t>(count));
    for (int& token : tokens) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;   // Knuth's MMIX
      token = static_cast<int>((state_ >> 33) % vocab_);
    }
    return tokens;
  }

 private:
  std::uint64_t vocab_, state_ = 1;
};

double seconds_of_step(Engine& engine, int count) {
  const std::vector<int> tokens = RandomTokens(engine.facts().vocab)(count);
  const auto start = Clock::now();
  engine.advance(tokens, 1);
  return seconds_since(start);
}

int halved(int length, int least, double of_one, double seconds) {
  while (length > least && of_one * length > seconds) length /= 2;
  return length;
}

// The longest prompt that takes no more than so long, by doubling: a token of a short one costs more, where its experts
// are read for few others.
int prompt_within(Engine& engine, const Lengths& lengths, double seconds) {
  int length = lengths.short_prompt;
  while (length < lengths.prompt) {
    engine.truncate(0);
    if (2 * seconds_of_step(engine, length) > seconds) break;
    length = std::min(2 * length, lengths.prompt);
  }
  return length;
}

}  // namespace

Traffic traffic_of(const ModelFacts& facts) {
  Traffic traffic;
  const double chosen = facts.experts > 0 ? static_cast<double>(facts.chosen) / facts.experts : 1.0;
  for (const WeightFacts& weight : facts.weights) {
    if (weight.prediction) continue;
    const double share = weight.routed ? chosen : 1.0;
    const auto count = static_cast<double>(weight.count);
    if (weight.parameter) traffic.parameters += count;
    if (weight.path == "embedding") continue;
    traffic.active += share * count;
    traffic.read += share * static_cast<double>(weight.bytes);
    if (weight.path != "unembedding" && weight.shape.size() == 2) traffic.operations += 2 * share * count;
  }
  return traffic;
}

StartUp start_up(const RunFlags& flags) {
  std::vector<double> open, first;
  for (int i = 0; i < 3; ++i) {
    const auto start = Clock::now();
    const auto engine = open_model(flags);
    open.push_back(seconds_since(start));
    const int token = 0;
    engine->advance(std::span(&token, 1), 1);
    first.push_back(seconds_since(start) - open.back());
  }
  return {median(open), median(first)};
}

Lengths lengths_for(Engine& engine, double seconds) {
  Lengths lengths;
  const int context = engine.facts().context;
  lengths.prompt = std::min(lengths.prompt, context);
  lengths.short_prompt = std::min(lengths.short_prompt, (context + 1) / 2);
  lengths.written = std::min(lengths.written, std::max(1, context - lengths.short_prompt));
  engine.truncate(0);
  seconds_of_step(engine, lengths.short_prompt);   // reads the file, where it is read for the first time
  if (lengths.short_prompt < context) {
    const double of_one = seconds_of_step(engine, 1);
    lengths.written = halved(lengths.written, 4, of_one, seconds);
  }
  lengths.prompt = prompt_within(engine, lengths, seconds);
  return lengths;
}

std::vector<Task> model_tasks(Engine& engine, const Lengths& lengths, int threads) {
  const Traffic traffic = traffic_of(engine.facts());
  const auto tokens = std::make_shared<RandomTokens>(engine.facts().vocab);
  const auto restart = [&engine] { engine.truncate(0); };
  const auto read_prompt = [&engine, tokens, count = lengths.prompt] { engine.advance((*tokens)(count), 1); };
  const auto begin = [&engine, tokens, count = lengths.short_prompt] {
    engine.truncate(0);
    engine.advance((*tokens)(count), 1);
  };
  const auto write = [&engine, tokens, count = lengths.written] {
    for (int token : (*tokens)(count)) engine.advance(std::span(&token, 1), 1);
  };
  return {{"model", "prefill, " + std::to_string(lengths.prompt) + " tokens", threads, Unit::operations,
           {0, traffic.operations * lengths.prompt}, double(lengths.prompt), read_prompt, restart},
          {"model", "decode, " + std::to_string(lengths.written) + " tokens", threads, Unit::bytes,
           {traffic.read * lengths.written, 0}, double(lengths.written), write, begin}};
}

}  // namespace etalon::command::bench
