#pragma once
// Binding: every weight of a model finds its tensor in a checkpoint, and every tensor its weight.
//
// All disagreements are collected and thrown as one Error: what is missing, what has the wrong shape or an unknown
// dtype, what is in the checkpoint and wanted by nobody. The forward pass never sees a file.
#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <etalon/io/checkpoint.hpp>
#include <etalon/io/storage_of.hpp>
#include <etalon/walk.hpp>
#include <etalon/weight_facts.hpp>

namespace etalon::io {

struct BindRules {
  // Where a weight of this path may be found in the checkpoint, the preferred place first.
  std::function<std::vector<Source>(const std::string& path)> sources;
  // Tensors that may be there without being wanted (buffers that other software writes).
  std::function<bool(const std::string& name)> ignored = [](const std::string&) { return false; };
  BlockSize block;   // of quantised matrices
};

namespace detail {

template <class... Axes> std::vector<std::int64_t> wanted_shape(const Weight<Axes...>& weight) {
  return {weight.shape, weight.shape + weight.rank};
}

inline std::string list_of(const std::vector<std::string>& items, const char* between) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : between) + item;
  return text;
}

// Shapes agree but for axes of length 1 in front ([1, E] for [E]) or at the end.
inline bool same_shape(std::vector<std::int64_t> found, std::vector<std::int64_t> wanted) {
  std::erase(found, 1);
  std::erase(wanted, 1);
  return found == wanted;
}

// The first problems, and how many more there are: a wrong config.json may have a hundred thousand.
inline std::string first_of(const std::set<std::string>& problems, std::size_t limit = 1000) {
  std::vector<std::string> named;
  for (const std::string& problem : problems)
    if (named.size() < limit) named.push_back(problem);
  const std::string rest = problems.size() > limit ? "; and " + std::to_string(problems.size() - limit) + " more" : "";
  return list_of(named, "; ") + rest;
}

// The first source that the checkpoint has.
inline StoredTensor find_stored(const Checkpoint& checkpoint, const std::vector<Source>& sources) {
  for (const Source& source : sources)
    if (const StoredTensor stored = stored_tensor(checkpoint, source); stored.tensor) return stored;
  return {};
}

inline std::string missing(const std::vector<Source>& sources) {
  std::vector<std::string> names;
  for (const Source& source : sources) names.push_back(source.tensor);
  return "missing: " + list_of(names, " or ");
}

// What is wrong with the shape of a tensor that was found; empty where nothing is.
inline std::string shape_problem(const StoredTensor& stored, const std::vector<std::int64_t>& wanted) {
  const std::vector<std::int64_t>& found = stored.tensor->shape;
  const std::vector<std::int64_t> expected = expected_shape(stored, wanted);
  if (stored.slice.of_expert && (found.empty() || stored.expert >= found[0]))
    return "shape: " + stored.tensor->name + " is " + shape_text(found) + ", expected an expert " +
           std::to_string(stored.expert);
  if (stored.slice.of_expert ? found == expected : same_shape(found, expected)) return {};
  return "shape: " + stored.tensor->name + " is " + shape_text(found) + ", expected " + shape_text(expected);
}

// What is wrong with a table of ids; empty where nothing is. The weight is bound.
template <class... Axes> std::string id_problem(const Weight<Axes...>& weight, const std::string& name) {
  std::vector<float> row(static_cast<std::size_t>(weight.columns()));
  for (int r = 0; weight.ids_below > 0 && r < weight.rows(); ++r) {
    read_row(weight.storage, r, weight.columns(), row.data());
    for (const float id : row)
      if (!(id >= 0.0f && id < static_cast<float>(weight.ids_below)) || id != static_cast<float>(static_cast<int>(id)))
        return "ids: row " + std::to_string(r) + " of " + name + " holds something else than ids from 0 to " +
               std::to_string(weight.ids_below - 1);
  }
  return {};
}

}  // namespace detail

// The entry of the inventory for a weight that has found its tensor.
template <class... Axes>
WeightFacts facts_of(const std::string& path, const Weight<Axes...>& weight, const StoredTensor& stored) {
  const TensorInfo& tensor = *stored.tensor;
  WeightFacts facts{path, tensor.name, std::string(name_of(tensor.dtype)), {weight.shape, weight.shape + weight.rank}};
  const Slice& slice = stored.slice;
  if (slice.of_expert) facts.tensor += "[" + std::to_string(stored.expert) + "]";
  if (slice.step > 1) facts.tensor += "[" + std::to_string(slice.first) + "::" + std::to_string(slice.step) + "]";
  if (slice.blocks > 1) facts.tensor += "[block " + std::to_string(slice.block) + "]";
  facts.count = weight.count();
  const std::size_t bytes = tensor.bytes.size() + (stored.scale ? stored.scale->bytes.size() : 0);
  const int parts = slice.step * slice.blocks * static_cast<int>(slice.of_expert ? tensor.shape[0] : 1);
  facts.bytes = static_cast<std::int64_t>(bytes) / parts;
  if (stored.scale) facts.format += " + " + std::string(name_of(stored.scale->dtype)) + " scales";
  facts.routed = path.find(".experts.") != path.npos;
  facts.prediction = path.starts_with("predictions.");
  const bool copy = facts.prediction && path.ends_with("embedding");   // of the decoder's embedding or unembedding
  facts.parameter = !copy && weight.ids_below == 0 && !path.ends_with("router.correction");
  return facts;
}

// Points every weight of the model at its numbers and returns the inventory. Throws one Error that lists everything
// that does not fit.
template <class Model> std::vector<WeightFacts> bind_weights(Model& model, const Checkpoint& checkpoint,
                                                             const BindRules& rules, const std::string& where) {
  std::vector<WeightFacts> inventory;
  std::set<std::string> problems;   // a tensor of many slices complains once
  std::set<std::string_view> wanted;
  std::map<const TensorInfo*, int> experts;   // how many of a fused tensor's experts found a use
  each_weight(model, [&](const std::string& path, auto& weight) {
    const std::vector<Source> sources = rules.sources(path);
    const StoredTensor stored = detail::find_stored(checkpoint, sources);
    if (!stored.tensor) return void(problems.insert(detail::missing(sources)));
    wanted.insert(stored.tensor->name);
    if (stored.scale) wanted.insert(stored.scale->name);
    const std::string misshapen = detail::shape_problem(stored, detail::wanted_shape(weight));
    if (!misshapen.empty()) return void(problems.insert(misshapen));
    StorageResult found = storage_of(stored, detail::wanted_shape(weight), rules.block);
    if (!found.problem.empty()) return void(problems.insert("format: " + stored.tensor->name + ": " + found.problem));
    weight.storage = found.storage;
    if (const std::string ids = detail::id_problem(weight, stored.tensor->name); !ids.empty()) problems.insert(ids);
    inventory.push_back(facts_of(path, weight, stored));
    if (stored.slice.of_expert) experts[stored.tensor] = std::max(experts[stored.tensor], stored.expert + 1);
  });
  for (const auto& [tensor, used] : experts)
    if (tensor->shape[0] != used)
      problems.insert("shape: " + tensor->name + " holds " + std::to_string(tensor->shape[0]) + " experts, expected " +
                      std::to_string(used));
  for (const TensorInfo& tensor : checkpoint.tensors())
    if (!wanted.contains(tensor.name) && !rules.ignored(tensor.name))
      problems.insert("unknown: " + tensor.name + " " + described_shape(tensor.dtype, tensor.shape));
  if (problems.empty()) return inventory;
  throw Error(where, "the tensors that config.json describes",
              std::to_string(problems.size()) + " that do not fit (" +
                  detail::first_of(problems) + ")",
              "use the config.json that belongs to these weights, or fetch the weights again");
}

}  // namespace etalon::io
