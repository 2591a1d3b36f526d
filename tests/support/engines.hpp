#pragma once
// Engines for tests: one kind (Cpu, expanded or absorbed attention, nobody listening), so that a test compiles it once.
#include <filesystem>
#include <memory>
#include <span>
#include <utility>

#include <etalon/families/deepseek_v3.hpp>
#include <etalon/io/describe.hpp>
#include <etalon/io/engine_of.hpp>

namespace etalon::test {

template <class Attention = Mla> using SharedModel = std::shared_ptr<const io::Loaded<deepseek_v3::Model<Attention>>>;

template <Mixer Attention = Mla> SharedModel<Attention> shared_model(const std::filesystem::path& folder) {
  using Loaded = const io::Loaded<deepseek_v3::Model<Attention>>;
  return std::make_shared<Loaded>(io::load<deepseek_v3::Family<Attention>>(folder));
}

template <class Model>
std::unique_ptr<Engine> engine_for(std::shared_ptr<const io::Loaded<Model>> loaded, Numerics numerics,
                                   int threads = 1) {
  RunOptions options;
  options.numerics = numerics;
  options.threads = threads;
  ModelFacts facts = io::facts_of_model(loaded->model, "deepseek_v3", loaded->weights);
  using Made = io::EngineOf<Model, Cpu, NoTrace>;
  return std::make_unique<Made>(std::move(loaded), std::move(facts), options, Cpu(threads));
}

}  // namespace etalon::test
