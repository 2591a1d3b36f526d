#pragma once
// Engine, for one family: a loaded model with a backend, a listener or none, and the state of one sequence.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <etalon/cpu/cpu.hpp>
#include <etalon/engine.hpp>
#include <etalon/io/describe.hpp>
#include <etalon/io/load.hpp>
#include <etalon/io/run_memory.hpp>

namespace etalon::io {

// Passes what a forward pass shows to a function; null or empty: to nobody.
struct ListeningTrace {
  static constexpr bool on = true;
  const std::function<void(const Shown&)>* listener = nullptr;
  void operator()(const Shown& tensor) const {
    if (listener && *listener) (*listener)(tensor);
  }
};

template <class Model, class Backend, class Trace> class EngineOf final : public Engine {
 public:
  EngineOf(std::shared_ptr<const Loaded<Model>> loaded, ModelFacts facts, RunOptions options, Backend backend)
      : loaded_(std::move(loaded)), facts_(std::move(facts)), options_(std::move(options)),
        backend_(std::move(backend)), state_(model().decoder.new_state()) {
    if constexpr (Trace::on) trace_.listener = &options_.listener;
    if (!model().predictions.empty()) draft_state_ = model().predictions.front().new_state();
  }
  EngineOf(const EngineOf&) = delete;
  EngineOf& operator=(const EngineOf&) = delete;

  const ModelFacts& facts() const override { return facts_; }
  const RunOptions& options() const override { return options_; }
  int length() const override { return static_cast<int>(tokens_.size()); }

  RunMemory memory(const RunLength& length) const override {
    return memory_of(model(), facts_, options_, length);
  }
  void reserve(const RunLength& length) override {
    state_.reserve(length.positions);
    arena_.reserve(static_cast<std::size_t>(memory(length).working));
    if (facts_.predictions == 0) return;
    hidden_.reserve(static_cast<std::size_t>(length.positions) * static_cast<std::size_t>(facts_.channels));
  }

  View<const float, Token, Vocab> advance(std::span<const int> tokens, int rows) override {
    const int count = static_cast<int>(tokens.size());
    const Arena::Scope scope(arena_);
    Context<Backend, Trace> ctx{backend_, *options_.numerics, arena_, trace_};
    StepBuffer buffer;
    buffer.add(tokens, length());
    auto* sequence = &state_;
    auto hidden = model().decoder.hidden(ctx, buffer.step(), std::span(&sequence, 1));   // (Token, Channel)
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    if (facts_.predictions > 0) hidden_.insert(hidden_.end(), hidden.data, hidden.data + hidden.size());
    View<const float, Token, Vocab> logits{};
    if (rows > 0) logits = keep(model().decoder.logits(ctx, read_only(hidden.rows(count - rows, rows))));
    loaded_->checkpoint.check_unchanged();   // numbers of two models are no numbers
    return logits;
  }

  bool truncate(int positions) override {
    const bool possible = state_.truncate(positions);
    if (!possible) {
      positions = 0;
      state_ = model().decoder.new_state();
    }
    tokens_.resize(static_cast<std::size_t>(positions));
    if (facts_.predictions == 0) return possible;
    hidden_.resize(static_cast<std::size_t>(positions) * static_cast<std::size_t>(facts_.channels));
    if (draft_state_.length() >= positions) draft_state_.truncate(positions > 0 ? positions - 1 : 0);
    return possible;
  }

  // Row t of the module pairs the hidden state of position t with token t + 1; its state holds one entry a row. Rows
  // not yet fed are fed now, the last one with `next`; that one is forgotten again: the sequence may not take it.
  View<const float, Vocab> draft(int next) override {
    const int fed = draft_state_.length(), count = length() - fed;
    const Arena::Scope scope(arena_);
    Trace silent{};   // a draft is nobody's business
    const Context<Backend, Trace> ctx{backend_, *options_.numerics, arena_, silent};
    std::vector<int> tokens(tokens_.begin() + fed + 1, tokens_.end());
    tokens.push_back(next);
    StepBuffer buffer;
    buffer.add(tokens, fed, 1);
    const auto& module = model().predictions.front();
    const View<const float, Token, Channel> past{hidden_.data() + static_cast<std::size_t>(fed) * facts_.channels,
                                                 {count, facts_.channels}};
    auto hidden = module.hidden(ctx, buffer.step(), draft_state_, past);        // (Token, Channel)
    auto logits = keep(module.logits(ctx, read_only(hidden.rows(count - 1, 1))));
    draft_state_.truncate(length() - 1);   // `next` is not in the sequence yet
    return {logits.data, {extent<Vocab>(logits)}};
  }

 private:
  const Model& model() const { return loaded_->model; }

  View<const float, Token, Vocab> keep(View<const float, Token, Vocab> logits) {
    logits_.assign(logits.data, logits.data + logits.size());
    return {logits_.data(), {extent<Token>(logits), extent<Vocab>(logits)}};
  }

  std::shared_ptr<const Loaded<Model>> loaded_;
  ModelFacts facts_;
  RunOptions options_;
  Backend backend_;
  Trace trace_{};
  Arena arena_;
  std::vector<int> tokens_;
  typename decltype(std::declval<Model>().decoder)::State state_;
  typename std::decay_t<decltype(std::declval<Model>().predictions.front())>::State draft_state_{};
  std::vector<float> hidden_;   // (Token, Channel), kept only for prediction modules
  std::vector<float> logits_;
};

// The engine for a loaded model: the backend and the listener of the options chosen here, once. A model is compiled for
// three pairs of them: the reference, which nobody runs for its speed, always has a listener, be it an empty one.
template <class Model>
std::unique_ptr<Engine> make_engine(std::shared_ptr<const Loaded<Model>> loaded, ModelFacts facts, RunOptions options) {
  if (!options.numerics) options.numerics = loaded->numerics;
  const auto made = [&]<class Trace>(auto backend, Trace) -> std::unique_ptr<Engine> {
    using Backend = decltype(backend);
    return std::make_unique<EngineOf<Model, Backend, Trace>>(loaded, std::move(facts), std::move(options), backend);
  };
  if (options.backend == "reference") return made(Reference{}, ListeningTrace{});
  const Cpu cpu(options.threads, options.isa);
  return options.listener ? made(cpu, ListeningTrace{}) : made(cpu, NoTrace{});
}

// Lets the model's latent attention run in its absorbed form. Throws Error where the family has no such attention.
template <class Model> void absorb(Model& model, const std::string& folder) {
  const auto change = [&](auto& layer) {
    if constexpr (requires { absorb(layer.attention); }) absorb(layer.attention);
    else throw Error("--absorb", "a model with latent attention (DeepSeek-V3 and its kin)", folder, "leave it out");
  };
  for (auto& layer : model.decoder.layers) change(layer);
  for (auto& module : model.predictions) change(module.layer);
}

// Opens a model folder as a family. name: the family's, for facts and traces. Throws Error.
template <class Family>
std::unique_ptr<Engine> open_engine(std::string name, const std::filesystem::path& folder, RunOptions options) {
  auto loaded = load<Family>(folder);
  using Model = decltype(loaded.model);
  if (options.absorb) absorb(loaded.model, folder.string());
  const auto shared = std::make_shared<const Loaded<Model>>(std::move(loaded));
  ModelFacts facts = facts_of_model(shared->model, std::move(name), shared->weights);
  return make_engine<Model>(shared, std::move(facts), std::move(options));
}

}  // namespace etalon::io
