#pragma once
// Runs of a model beside the traces that another implementation made of it.
//
// Two numbers agree when max|ours - theirs| <= 2e-5 max|theirs| over a tensor; whole numbers when they are equal.
// The tolerance is set by the golden files' makers, who measured 4e-6 between their own float32 and float64.
#include <cmath>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <etalon/decoder.hpp>
#include <etalon/io/checkpoint.hpp>

namespace etalon::test {

inline constexpr double tolerance = 2e-5;

// The numbers of a tensor of a file. T: the type that its dtype stands for.
template <class T> std::vector<T> numbers_of(const io::TensorInfo& tensor) {
  std::vector<T> numbers(tensor.bytes.size() / sizeof(T));
  std::memcpy(numbers.data(), tensor.bytes.data(), numbers.size() * sizeof(T));
  return numbers;
}
template <class T> std::vector<T> numbers_of(const io::Checkpoint& file, const std::string& name) {
  const io::TensorInfo* tensor = file.find(name);
  return tensor ? numbers_of<T>(*tensor) : std::vector<T>{};
}

// A listener that keeps everything it hears; rows of several steps are put one after the other.
struct Heard {
  static constexpr bool on = true;
  std::map<std::string, std::vector<float>> floats;
  std::map<std::string, std::vector<int>> integers;

  void operator()(const Shown& tensor) {
    std::size_t count = 1;
    for (int size : tensor.shape) count *= static_cast<std::size_t>(size);
    if (tensor.floats) {
      auto& kept = floats[tensor.name];
      kept.insert(kept.end(), tensor.floats, tensor.floats + count);
    } else {
      auto& kept = integers[tensor.name];
      kept.insert(kept.end(), tensor.integers, tensor.integers + count);
    }
  }
};

// What became of a comparison: the worst tensor, and everything that does not agree.
struct Agreement {
  double worst = 0.0;
  std::string worst_name;
  int compared = 0;
  std::vector<std::string> problems;

  void add(const std::string& name, double difference) {
    ++compared;
    if (!(difference <= worst)) {
      worst = difference;
      worst_name = name;
    }
    if (!(difference <= tolerance)) problems.push_back(name + " differs by " + std::to_string(difference));
  }
  void add(const Agreement& other) {
    if (!(other.worst <= worst)) {
      worst = other.worst;
      worst_name = other.worst_name;
    }
    compared += other.compared;
    problems.insert(problems.end(), other.problems.begin(), other.problems.end());
  }
  std::string text() const {
    std::string all;
    for (const std::string& problem : problems) all += (all.empty() ? "" : "; ") + problem;
    return all;
  }
};

// max|ours - theirs| / max|theirs|; infinity where they are not of one size or not numbers.
template <class Theirs> double difference(std::span<const float> ours, std::span<const Theirs> theirs) {
  if (ours.size() != theirs.size() || ours.empty()) return INFINITY;
  double apart = 0.0, largest = 0.0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double gap = std::fabs(static_cast<double>(ours[i]) - static_cast<double>(theirs[i]));
    if (!(gap <= apart)) apart = gap;
    largest = std::max(largest, std::fabs(static_cast<double>(theirs[i])));
  }
  return apart / largest;
}

// Compares every tensor of a golden trace with what was heard under its name.
inline Agreement agreement(const io::Checkpoint& trace, const Heard& heard) {
  Agreement result;
  for (const io::TensorInfo& tensor : trace.tensors()) {
    if (tensor.name == "tokens") continue;
    const std::string name = tensor.name == "logits.f64" ? "logits" : tensor.name;
    if (!heard.floats.contains(name) && !heard.integers.contains(name)) {
      result.problems.push_back(name + " was not shown");
    } else if (tensor.dtype == io::Dtype::F64) {
      result.add(tensor.name, difference<double>(heard.floats.at(name), numbers_of<double>(tensor)));
    } else if (tensor.dtype == io::Dtype::F32) {
      result.add(name, difference<float>(heard.floats.at(name), numbers_of<float>(tensor)));
    } else {
      result.add(name, heard.integers.at(name) == numbers_of<int>(tensor) ? 0.0 : INFINITY);
    }
  }
  return result;
}

struct TraceRun {
  Numerics numerics = Numerics::f32;
  int chunk = 0;   // tokens a step; 0: all in one
};

// Runs one sequence through a decoder on the Reference backend and listens. Model: anything with a member decoder.
template <class Model> Heard heard_of(const Model& model, std::span<const int> tokens, const TraceRun& run = {}) {
  Heard heard;
  Arena arena;
  const Reference backend;
  auto state = model.decoder.new_state();
  auto* sequence = &state;
  const std::size_t width = run.chunk > 0 ? static_cast<std::size_t>(run.chunk) : tokens.size();
  for (std::size_t first = 0; first < tokens.size(); first += width) {
    const Arena::Scope scope(arena);
    Context<Reference, Heard> ctx{backend, run.numerics, arena, heard};
    StepBuffer buffer;
    buffer.add(tokens.subspan(first, std::min(width, tokens.size() - first)), static_cast<int>(first));
    const auto hidden = model.decoder.hidden(ctx, buffer.step(), std::span(&sequence, 1));   // (Token, Channel)
    model.decoder.logits(ctx, hidden);
  }
  return heard;
}

}  // namespace etalon::test
