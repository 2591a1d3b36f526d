#pragma once
// --show-experts: listens to the router during generation and shows, for each token, the experts it used.
//
// Rows are kept by position: a step that is repeated (a draft that was wrong) overwrites what it had shown.
#include <map>
#include <string>
#include <vector>

#include <etalon/io/ordered_json.hpp>
#include <etalon/trace.hpp>

namespace etalon::command {

class ExpertLog {
 public:
  // The listener; start is the position of the step's first token.
  void hear(const Shown& tensor, int start);
  // Forgets positions from `length` on.
  void truncate(int length);

  // {"layer": 1, "choice": [[ids of each token, ascending], …], "weight": [[…], …]} for each layer with experts.
  io::OrderedJson json() const;
  // A table, a row a token: text and, for each layer, ids of its experts, the weightiest first; then how often each
  // expert was chosen. words: the text of each token.
  std::string table(const std::vector<std::string>& words, int experts) const;

 private:
  struct Layer {
    std::vector<std::vector<int>> choice;      // (Position, Choice)
    std::vector<std::vector<float>> weight;    // the same
  };
  std::map<int, Layer> layers_;
};

}  // namespace etalon::command
