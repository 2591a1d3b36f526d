#pragma once
// From a weight's path in this library to a checkpoint's tensor, or to a slice of one: a table of renamed fronts.
//
//   {"layers.*.attn.kv_down", "model.layers.*.self_attn.kv_a_proj_with_mqa"}
//   layers.3.attn.kv_down.weight  ->  model.layers.3.self_attn.kv_a_proj_with_mqa.weight
//
// `*` stands for one part of the path and is carried over in order; what follows the front stays as it is. Several rows
// may fit a path: they are alternatives, the first that the checkpoint has counts. A row may end in a slice: the tensor
// then holds all experts (the last star is the expert's number), or gate and up interleaved, or its transpose.
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace etalon {

// Which part of a tensor a weight is. The default is all of it.
struct Slice {
  bool of_expert = false;    // the tensor's first axis is experts
  int first = 0, step = 1;   // rows (outputs) first, first + step, …: 0, 2 and 1, 2 where gate and up alternate
  int blocks = 1, block = 0; // rows are so many blocks one after the other, and this is one: gate 0 and up 1 of 2
  bool transposed = false;   // stored (in, out)

  bool whole() const { return !of_expert && step == 1 && blocks == 1 && !transposed; }
};

struct Name { std::string_view ours, theirs; Slice slice{}; };

// Where a weight's numbers may be found.
struct Source { std::string tensor; Slice slice{}; int expert = 0; };

namespace detail {

// The part of text up to the next dot; removes it and the dot.
inline std::string_view next_part(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  text.remove_prefix(dot == text.npos ? text.size() : dot + 1);
  return part;
}

// What the stars of the pattern stand for, and the rest of the path; nothing where the path does not begin so.
inline std::optional<std::vector<std::string_view>> match_front(std::string_view pattern, std::string_view& path) {
  std::vector<std::string_view> stars;
  while (!pattern.empty()) {
    const std::string_view wanted = next_part(pattern), found = next_part(path);
    if (wanted == "*") stars.push_back(found);
    else if (wanted != found) return std::nullopt;
  }
  return stars;
}

}  // namespace detail

// All places the table gives for a path, in its order.
inline std::vector<Source> sources_of(std::span<const Name> table, std::string_view path) {
  std::vector<Source> sources;
  for (const Name& row : table) {
    std::string_view rest = path;
    const auto stars = detail::match_front(row.ours, rest);
    if (!stars) continue;
    Source source{{}, row.slice, 0};
    std::size_t star = 0;
    for (char c : row.theirs) {
      if (c == '*') source.tensor += (*stars)[star++];
      else source.tensor += c;
    }
    if (row.slice.of_expert) source.expert = std::stoi(std::string(stars->back()));
    else if (!rest.empty()) source.tensor += "." + std::string(rest);
    sources.push_back(std::move(source));
  }
  return sources;
}

// The names most checkpoints use for what most families have.
inline constexpr Name usual_names[] = {
    {"embedding", "model.embed_tokens.weight"},
    {"norm", "model.norm"},
    {"unembedding", "lm_head.weight"},
    {"layers.*.attn_residual.norm", "model.layers.*.input_layernorm"},
    {"layers.*.attn.q", "model.layers.*.self_attn.q_proj"},
    {"layers.*.attn.k", "model.layers.*.self_attn.k_proj"},
    {"layers.*.attn.v", "model.layers.*.self_attn.v_proj"},
    {"layers.*.attn.out", "model.layers.*.self_attn.o_proj"},
    {"layers.*.attn.q_norm", "model.layers.*.self_attn.q_norm"},
    {"layers.*.attn.k_norm", "model.layers.*.self_attn.k_norm"},
    {"layers.*.attn.sinks", "model.layers.*.self_attn.sinks"},
    {"layers.*.ffn_residual.norm", "model.layers.*.post_attention_layernorm"},
    {"layers.*.ffn.gate", "model.layers.*.mlp.gate_proj"},
    {"layers.*.ffn.up", "model.layers.*.mlp.up_proj"},
    {"layers.*.ffn.down", "model.layers.*.mlp.down_proj"},
    {"layers.*.ffn.router.weight", "model.layers.*.mlp.gate.weight"},
    {"layers.*.ffn.router.correction", "model.layers.*.mlp.gate.e_score_correction_bias"},
    {"layers.*.ffn.experts.*.gate", "model.layers.*.mlp.experts.*.gate_proj"},
    {"layers.*.ffn.experts.*.up", "model.layers.*.mlp.experts.*.up_proj"},
    {"layers.*.ffn.experts.*.down", "model.layers.*.mlp.experts.*.down_proj"},
    {"layers.*.ffn.shared.gate", "model.layers.*.mlp.shared_experts.gate_proj"},
    {"layers.*.ffn.shared.up", "model.layers.*.mlp.shared_experts.up_proj"},
    {"layers.*.ffn.shared.down", "model.layers.*.mlp.shared_experts.down_proj"},
    {"layers.*.embedding", "model.layers.*.embed_tokens.weight"},               // prediction modules, from here on
    {"layers.*.embedding_norm", "model.layers.*.enorm"},
    {"layers.*.hidden_norm", "model.layers.*.hnorm"},
    {"layers.*.merge", "model.layers.*.eh_proj"},
    {"layers.*.norm", "model.layers.*.shared_head.norm"},
    {"layers.*.unembedding", "model.layers.*.shared_head.head.weight"},
};

// Experts as Mixtral named them, and several families after it.
inline constexpr Name sparse_block_names[] = {
    {"layers.*.ffn.router.weight", "model.layers.*.block_sparse_moe.gate.weight"},
    {"layers.*.ffn.experts.*.gate", "model.layers.*.block_sparse_moe.experts.*.w1"},
    {"layers.*.ffn.experts.*.up", "model.layers.*.block_sparse_moe.experts.*.w3"},
    {"layers.*.ffn.experts.*.down", "model.layers.*.block_sparse_moe.experts.*.w2"},
};

// The same from several tables: the first that knows the path counts, so a family's own stand before the usual ones.
inline std::vector<Source> sources_of(std::initializer_list<std::span<const Name>> tables, std::string_view path) {
  for (const auto table : tables)
    if (auto sources = sources_of(table, path); !sources.empty()) return sources;
  return {};
}

// Prediction modules are stored as further layers, each with its own parts beside those of a layer:
//   predictions.1.layer.attn.out  ->  layers.{layers + 1}.attn.out
//   predictions.1.merge           ->  layers.{layers + 1}.merge
inline std::string stacked_path(std::string_view path, int layers) {
  std::string_view rest = path;
  if (detail::next_part(rest) != "predictions") return std::string(path);
  const int module = std::stoi(std::string(detail::next_part(rest)));
  if (rest.starts_with("layer.")) detail::next_part(rest);
  return "layers." + std::to_string(layers + module) + "." + std::string(rest);
}

}  // namespace etalon
