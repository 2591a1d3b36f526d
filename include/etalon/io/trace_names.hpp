#pragma once
// The names in a trace (docs/design.md, "Trace"): which tensor is computed before which, and what its axes are called.
//
//   tokens, embed, layers.0.{attn.norm q k v … out, ffn.norm, router.*, ffn.* … out, …, out}, layers.1.…,
//   final_norm, logits, and names we do not know last
//
// The order is the model's: the first tensor that differs is nearest to the cause.
#include <algorithm>
#include <compare>
#include <initializer_list>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace etalon::io {

// Where in the model a tensor stands; smaller is earlier.
struct TracePlace {
  int stage = 0, layer = 0, module = 0, part = 0;
  auto operator<=>(const TracePlace&) const = default;
};

namespace detail {

// Place of `name` in the list; what is not there stands where the list has "…".
inline int rank_in(std::initializer_list<std::string_view> order, std::string_view name) {
  auto at = std::find(order.begin(), order.end(), name);
  if (at == order.end()) at = std::find(order.begin(), order.end(), "…");
  return static_cast<int>(at - order.begin());
}

// "attn.q" → module "attn", part "q".
inline TracePlace place_in_layer(int layer, std::string_view name) {
  constexpr int layers_stage = 2;
  const auto dot = name.find('.');
  const std::string_view module = name.substr(0, dot), part = dot == name.npos ? "" : name.substr(dot + 1);
  TracePlace place{layers_stage, layer, 0, 0};
  if (name == "ffn.norm") {
    place.module = 1;  // before the router, which reads it
  } else if (module == "attn") {
    place.part = rank_in({"norm", "q", "k", "v", "…", "out"}, part);
  } else if (module == "router") {
    place.module = 2;
    place.part = rank_in({"logits", "scores", "selection", "margin", "…", "choice", "weight"}, part);
  } else if (module == "ffn") {
    place.module = 3;
    place.part = rank_in({"…", "out"}, part);
  } else {
    place.module = name == "out" ? 5 : 4;
  }
  return place;
}

}  // namespace detail

inline TracePlace place_of(std::string_view name) {
  constexpr std::string_view layers = "layers.";
  if (name.starts_with(layers)) {
    std::size_t i = layers.size();
    int layer = 0;
    for (; i < name.size() && name[i] >= '0' && name[i] <= '9' && layer < 1'000'000; ++i) {
      layer = layer * 10 + (name[i] - '0');
    }
    const bool has_number = i > layers.size() && i < name.size() && name[i] == '.';
    if (has_number) return detail::place_in_layer(layer, name.substr(i + 1));
  }
  return {detail::rank_in({"tokens", "embed", "layers", "final_norm", "logits", "…"}, name), 0, 0, 0};
}

// In the order of the model, then by name.
inline bool earlier_in_model(std::string_view a, std::string_view b) {
  const TracePlace place_a = place_of(a), place_b = place_of(b);
  return place_a != place_b ? place_a < place_b : a < b;
}

namespace detail {

// What the name of a tensor implies of its axes, comma between; empty where it implies nothing.
inline std::string implied_axes(std::string_view name, std::size_t rank) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  const bool router = name.find(".router.") != name.npos;
  if (rank == 1) return "token";
  if (rank == 3) return name.find(".attn.") != name.npos ? "token,head,head_dim" : "token,stream,channel";
  if (rank != 2) return "";
  if (router) return last == "choice" || last == "weight" ? "token,choice" : "token,expert";
  return name.starts_with("logits") ? "token,vocab" : "token,channel";
}

}  // namespace detail

// Names of the axes: what the trace's metadata says ("axes.embed": "token,channel"), else what the tensor's name
// implies, else "axis 0", "axis 1", …
inline std::vector<std::string> axes_of(const std::string& name, std::size_t rank,
                                        const std::map<std::string, std::string>& metadata) {
  const auto stated = metadata.find("axes." + name);
  std::vector<std::string> axes;
  std::istringstream list(stated != metadata.end() ? stated->second : detail::implied_axes(name, rank));
  for (std::string axis; std::getline(list, axis, ',');) axes.push_back(axis);
  if (axes.size() == rank) return axes;
  axes.clear();
  for (std::size_t i = 0; i < rank; ++i) axes.push_back("axis " + std::to_string(i));
  return axes;
}

}  // namespace etalon::io
