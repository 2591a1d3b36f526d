// Which experts each token used, in a form a person can read.
#include "experts.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include <etalon/text/utf8.hpp>

namespace etalon::command {

namespace {

// The layer of "layers.3.router.choice", or -1 where the name ends otherwise.
int layer_of(const std::string& name, const std::string& ending) {
  const std::string front = "layers.";
  if (!name.starts_with(front) || !name.ends_with(ending)) return -1;
  return std::stoi(name.substr(front.size()));
}

template <class T> void put_rows(std::vector<std::vector<T>>& rows, int start, const T* data, int count, int width) {
  rows.resize(static_cast<std::size_t>(start));
  for (int r = 0; r < count; ++r) rows.emplace_back(data + r * width, data + (r + 1) * width);
}

// Visible text of a token, in quotes, cut to `width` columns and padded.
std::string cell(std::string word, std::size_t width) {
  std::string out = "\"";
  std::size_t columns = 2;
  for (std::size_t i = 0; i < word.size() && columns < width; ++i) {
    const unsigned char c = static_cast<unsigned char>(word[i]);
    if (c == '\n') { out += "\\n"; columns += 2; continue; }
    out += c < 0x20 || c == 0x7f ? '?' : word[i];
    const bool ends = i + 1 == word.size() || (static_cast<unsigned char>(word[i + 1]) & 0xc0) != 0x80;
    columns += ends ? 1 : 0;
  }
  out += '"';
  while (columns++ < width) out += ' ';
  return out;
}

// "11 3": ids, the weightiest first.
std::string by_weight(const std::vector<int>& choice, const std::vector<float>& weight) {
  std::vector<std::size_t> order(choice.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weight[a] > weight[b]; });
  std::string text;
  for (std::size_t i : order) text += (text.empty() ? "" : " ") + std::to_string(choice[i]);
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

}  // namespace

void ExpertLog::hear(const Shown& tensor, int start) {
  const int choice = layer_of(tensor.name, ".router.choice"), weight = layer_of(tensor.name, ".router.weight");
  if (choice >= 0) put_rows(layers_[choice].choice, start, tensor.integers, tensor.shape[0], tensor.shape[1]);
  if (weight >= 0) put_rows(layers_[weight].weight, start, tensor.floats, tensor.shape[0], tensor.shape[1]);
}

void ExpertLog::truncate(int length) {
  for (auto& [layer, rows] : layers_) {
    rows.choice.resize(std::min(rows.choice.size(), static_cast<std::size_t>(length)));
    rows.weight.resize(rows.choice.size());
  }
}

io::OrderedJson ExpertLog::json() const {
  io::OrderedJson all = io::OrderedJson::array();
  for (const auto& [layer, rows] : layers_)
    all.push_back({{"layer", layer}, {"choice", rows.choice}, {"weight", rows.weight}});
  return all;
}

std::string ExpertLog::table(const std::vector<std::string>& words, int experts) const {
  if (layers_.empty()) return "no layer of this model has experts\n";
  constexpr std::size_t word_width = 18, least_width = 9;
  std::size_t width = least_width;
  for (const auto& [layer, rows] : layers_)
    for (std::size_t i = 0; i < rows.choice.size(); ++i)
      width = std::max(width, by_weight(rows.choice[i], rows.weight[i]).size() + 2);
  std::string text = padded("token", word_width);
  for (const auto& [layer, rows] : layers_) text += padded("layer " + std::to_string(layer), width);
  text += "  experts of each token, the weightiest first\n";
  for (std::size_t i = 0; i < layers_.begin()->second.choice.size(); ++i) {
    text += cell(i < words.size() ? words[i] : "", word_width);
    for (const auto& [layer, rows] : layers_) text += padded(by_weight(rows.choice[i], rows.weight[i]), width);
    text += '\n';
  }
  for (const auto& [layer, rows] : layers_) {
    std::vector<int> uses(static_cast<std::size_t>(experts));
    for (const auto& choice : rows.choice) for (int e : choice) ++uses[static_cast<std::size_t>(e)];
    text += "layer " + std::to_string(layer) + ", times chosen, by expert:";
    for (int n : uses) text += ' ' + std::to_string(n);
    text += '\n';
  }
  return text;
}

}  // namespace etalon::command
