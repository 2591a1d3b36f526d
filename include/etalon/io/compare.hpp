#pragma once
// Compares two traces of the same tokens and names the first tensor, in the order of the model, where they diverge:
// that is the module to look at, whatever the later ones say.
//
// Agreement of one tensor: compare_tensors.hpp. router.margin (k-th minus next score) is not judged itself: it serves
// to say whether a differing router choice was a near tie that rounding may decide, or an error:
//
//   near tie:  margin ≤ 2 · max |difference of the token's scores|
//
// Left out: with expert groups, the margin between the groups, which a trace does not hold.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <etalon/error.hpp>
#include <etalon/io/checkpoint.hpp>
#include <etalon/io/compare_tensors.hpp>
#include <etalon/io/trace_names.hpp>

namespace etalon::io {

struct CompareOptions {
  double tolerance = 2e-5;  // relative to the largest magnitude of the reference's tensor
};

struct TraceComparison {
  std::vector<TensorComparison> tensors;  // those on both sides, in the order of the model
  std::vector<std::string> only_reference, only_other, notes;

  // The first divergence, or nullptr where the traces agree.
  const TensorComparison* first_divergence() const {
    auto at = std::find_if(tensors.begin(), tensors.end(), [](const auto& t) { return t.judged && !t.agrees; });
    return at == tensors.end() ? nullptr : &*at;
  }
  // Of the tensors on both sides.
  bool bit_identical() const {
    return std::all_of(tensors.begin(), tensors.end(), [](const auto& t) { return t.bit_identical; });
  }
};

namespace detail {

// The tokens of a trace, from its tensor or its metadata; empty: it does not say.
inline std::vector<std::int64_t> tokens_of(const Checkpoint& trace) {
  std::vector<std::int64_t> tokens;
  if (const TensorInfo* info = trace.find("tokens"); info && kind_of(info->dtype) == NumberKind::whole) {
    const std::size_t count = info->bytes.size() * 8 / static_cast<std::size_t>(bits_of(info->dtype));
    for (std::size_t i = 0; i < count; ++i) tokens.push_back(whole_at(*info, i));
  } else if (const auto at = trace.metadata().find("tokens"); at != trace.metadata().end()) {
    std::istringstream list(at->second);
    for (std::int64_t id; list >> id; list.ignore(1)) tokens.push_back(id);
  }
  return tokens;
}

inline std::string file_of(const Checkpoint& trace) { return trace.files().front().path().string(); }

inline void check_tokens(const Checkpoint& reference, const Checkpoint& other, TraceComparison& result) {
  const auto a = tokens_of(reference), b = tokens_of(other);
  if (a.empty() || b.empty()) {
    result.notes.push_back("the token ids are not in " + std::string(a.empty() ? "the reference" : "the other trace") +
                           ": taken to be the same");
    return;
  }
  if (a == b) return;
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  std::string expected = std::to_string(a.size()) + " tokens", found = std::to_string(b.size());
  if (at.first != a.end() && at.second != b.end()) {
    expected = "token " + std::to_string(*at.first) + " at position " + std::to_string(at.first - a.begin());
    found = std::to_string(*at.second);
  }
  throw Error(file_of(other), "the reference's " + expected, found, "make both traces from the same token ids");
}

// How the tokens with differing choices are to be judged.
struct ChoiceCount {
  std::size_t reordered = 0, near_ties = 0, errors = 0, unknown = 0;
  std::string example;  // the first error, else the first near tie, in words
};

// Largest finite difference in one row of a [token, expert] tensor; negative where it is not on both sides.
inline double row_difference(const TensorInfo* a, const TensorInfo* b, std::size_t row) {
  if (!a || !b || a->shape != b->shape || a->shape.size() != 2 || kind_of(a->dtype) != NumberKind::real ||
      kind_of(b->dtype) != NumberKind::real || row >= static_cast<std::size_t>(a->shape[0])) {
    return -1;
  }
  const auto columns = static_cast<std::size_t>(a->shape[1]);
  double most = 0;
  for (std::size_t i = row * columns; i < (row + 1) * columns; ++i) {
    const double delta = difference(real_at(*a, i), real_at(*b, i));
    if (std::isfinite(delta)) most = std::max(most, delta);
  }
  return most;
}

inline void judge_token(const Checkpoint& reference, const Checkpoint& other, const std::string& router,
                        std::size_t token, ChoiceCount& count) {
  const TensorInfo* margin = reference.find(router + "margin");
  if (!margin) margin = other.find(router + "margin");
  double moved = row_difference(reference.find(router + "scores"), other.find(router + "scores"), token);
  if (moved < 0) moved = row_difference(reference.find(router + "logits"), other.find(router + "logits"), token);
  if (!margin || kind_of(margin->dtype) != NumberKind::real || margin->shape.size() != 1 ||
      token >= static_cast<std::size_t>(margin->shape[0]) || moved < 0) {
    ++count.unknown;
    return;
  }
  const double apart = real_at(*margin, token);
  const bool near_tie = apart <= 2 * moved;
  if (count.example.empty() || (!near_tie && count.errors == 0)) {
    std::ostringstream words;
    words << "token " << token << ": margin " << apart << ", scores differ by up to " << moved;
    count.example = words.str();
  }
  ++(near_tie ? count.near_ties : count.errors);
}

// Says of a differing router choice how many tokens it concerns and whether rounding may have decided them.
inline std::string explain_choice(const Checkpoint& reference, const Checkpoint& other, const std::string& name) {
  const TensorInfo &a = *reference.find(name), &b = *other.find(name);
  if (a.shape != b.shape || a.shape.size() != 2) return {};
  const std::string router = name.substr(0, name.rfind('.') + 1);
  const auto rows = static_cast<std::size_t>(a.shape[0]), k = static_cast<std::size_t>(a.shape[1]);
  ChoiceCount count;
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<std::int64_t> x, y;
    for (std::size_t i = row * k; i < (row + 1) * k; ++i) {
      x.push_back(whole_at(a, i));
      y.push_back(whole_at(b, i));
    }
    if (x == y) continue;
    if (std::is_permutation(x.begin(), x.end(), y.begin())) ++count.reordered;
    else judge_token(reference, other, router, row, count);
  }
  std::ostringstream words;
  const char* comma = "";
  auto say = [&](std::size_t tokens, const char* what) {
    if (tokens > 0) words << std::exchange(comma, "; ") << tokens << (tokens == 1 ? " token " : " tokens ") << what;
  };
  say(count.errors, "chose other experts by more than rounding: an error");
  say(count.near_ties, "chose other experts within noise: a near tie");
  say(count.unknown, "chose other experts, without router.margin and scores to judge it by");
  say(count.reordered, "list the same experts in another order than ascending id");
  return words.str() + (count.example.empty() ? "" : " (" + count.example + ")");
}

// The tensors of a trace in the order of the model, then by name, as a checkpoint has them.
inline std::vector<const TensorInfo*> in_model_order(const Checkpoint& trace) {
  std::vector<std::pair<TracePlace, const TensorInfo*>> placed;
  for (const TensorInfo& info : trace.tensors()) placed.emplace_back(place_of(info.name), &info);
  std::sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second < b.second;   // in the trace they stand by name
  });
  std::vector<const TensorInfo*> ordered;
  for (const auto& [place, info] : placed) ordered.push_back(info);
  return ordered;
}

// A run in other numerics may differ by more than the tolerance without being wrong.
inline void note_numerics(const Checkpoint& reference, const Checkpoint& other, TraceComparison& result) {
  const auto a = reference.metadata().find("numerics"), b = other.metadata().find("numerics");
  if (a == reference.metadata().end() || b == other.metadata().end() || a->second == b->second) return;
  result.notes.push_back("the numerics differ: reference " + etalon::quoted(a->second, 24) + ", other " +
                         etalon::quoted(b->second, 24));
}

}  // namespace detail

// Throws Error where the traces cannot be compared: other tokens, or no tensor in common.
inline TraceComparison compare_traces(const Checkpoint& reference, const Checkpoint& other,
                                      CompareOptions options = {}) {
  TraceComparison result;
  detail::check_tokens(reference, other, result);
  detail::note_numerics(reference, other, result);
  std::map<std::string, std::string> metadata = reference.metadata();
  metadata.insert(other.metadata().begin(), other.metadata().end());
  for (const TensorInfo* of_reference : detail::in_model_order(reference)) {
    const TensorInfo& info = *of_reference;
    if (info.name == "tokens") continue;
    if (const TensorInfo* same = other.find(info.name)) {
      result.tensors.push_back(compare_tensor(info, *same, options.tolerance, metadata));
      TensorComparison& tensor = result.tensors.back();
      if (!tensor.agrees && info.name.ends_with(".router.choice") && tensor.note.empty()) {
        tensor.note = detail::explain_choice(reference, other, info.name);
      }
    } else if (info.dtype != Dtype::F64) {  // a run in double beside the real one is an extra, not a part
      result.only_reference.push_back(info.name);
    }
  }
  for (const TensorInfo* info : detail::in_model_order(other)) {
    if (info->name != "tokens" && info->dtype != Dtype::F64 && !reference.find(info->name)) {
      result.only_other.push_back(info->name);
    }
  }
  if (std::none_of(result.tensors.begin(), result.tensors.end(), [](const auto& t) { return t.judged; })) {
    throw Error(detail::file_of(other), "a tensor that " + detail::file_of(reference) + " has too", "none in common",
                "name the tensors as a trace does (embed, layers.0.attn.out, …, logits)");
  }
  return result;
}

}  // namespace etalon::io
