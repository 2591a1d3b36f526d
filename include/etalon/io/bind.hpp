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

inline std::vector<std::int64_t> wanted_shape(AnyWeight weight) {
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
inline std::string id_problem(AnyWeight weight, const std::string& name) {
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

// The entry of the inventory for a weight that has found its tensor.
inline WeightFacts facts_of(const std::string& path, AnyWeight weight, const StoredTensor& stored) {
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

// What binding finds out, one weight after the other.
class Binding {
 public:
  Binding(const Checkpoint& checkpoint, const BindRules& rules) : checkpoint_(checkpoint), rules_(rules) {}

  void bind(const std::string& path, AnyWeight weight) {
    const std::vector<Source> sources = rules_.sources(path);
    const StoredTensor stored = find_stored(checkpoint_, sources);
    if (!stored.tensor) return void(problems_.insert(missing(sources)));
    wanted_.insert(stored.tensor->name);
    if (stored.scale) wanted_.insert(stored.scale->name);
    const std::string misshapen = shape_problem(stored, wanted_shape(weight));
    if (!misshapen.empty()) return void(problems_.insert(misshapen));
    StorageResult found = storage_of(stored, wanted_shape(weight), rules_.block);
    if (!found.problem.empty()) return void(problems_.insert("format: " + stored.tensor->name + ": " + found.problem));
    weight.storage = found.storage;
    if (const std::string ids = id_problem(weight, stored.tensor->name); !ids.empty()) problems_.insert(ids);
    inventory_.push_back(facts_of(path, weight, stored));
    if (stored.slice.of_expert) experts_[stored.tensor] = std::max(experts_[stored.tensor], stored.expert + 1);
  }

  // After the last weight: what nobody wanted. Throws for all problems at once.
  std::vector<WeightFacts> finish(const std::string& where) {
    for (const auto& [tensor, used] : experts_)
      if (tensor->shape[0] != used)
        problems_.insert("shape: " + tensor->name + " holds " + std::to_string(tensor->shape[0]) +
                         " experts, expected " + std::to_string(used));
    for (const TensorInfo& tensor : checkpoint_.tensors())
      if (!wanted_.contains(tensor.name) && !rules_.ignored(tensor.name))
        problems_.insert("unknown: " + tensor.name + " " + described_shape(tensor.dtype, tensor.shape));
    if (problems_.empty()) return std::move(inventory_);
    throw Error(where, "the tensors that config.json describes",
                std::to_string(problems_.size()) + " that do not fit (" + first_of(problems_) + ")",
                "use the config.json that belongs to these weights, or fetch the weights again");
  }

 private:
  const Checkpoint& checkpoint_;
  const BindRules& rules_;
  std::vector<WeightFacts> inventory_;
  std::set<std::string> problems_;   // a tensor of many slices complains once
  std::set<std::string_view> wanted_;
  std::map<const TensorInfo*, int> experts_;   // how many of a fused tensor's experts found a use
};

}  // namespace detail

// Points every weight of the model at its numbers and returns the inventory. Throws one Error that lists everything
// that does not fit.
template <class Model> std::vector<WeightFacts> bind_weights(Model& model, const Checkpoint& checkpoint,
                                                             const BindRules& rules, const std::string& where) {
  detail::Binding binding(checkpoint, rules);
  each_weight(model, [&](const std::string& path, AnyWeight weight) { binding.bind(path, weight); });
  return binding.finish(where);
}

}  // namespace etalon::io
