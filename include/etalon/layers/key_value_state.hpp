#pragma once
// What attention keeps of one sequence: a key and a value for each position, or for the last ones only.
//
// With a window, rows that no later query can see are dropped, so the state stays as large as the window however long
// the sequence is. What is left still knows its positions, and results do not depend on what was dropped (R5).
#include <cstddef>

#include <etalon/ops/backend.hpp>
#include <etalon/ops/kept.hpp>
#include <etalon/view.hpp>

namespace etalon {

// Rows of `width` numbers for positions first … length - 1.
struct RowsState {
  int width = 0, window = 0;     // window 0: every position is kept
  int first = 0;                 // position of the first row kept
  Kept rows;

  int length() const { return first + count(); }
  int count() const { return width == 0 ? 0 : static_cast<int>(rows.size() / static_cast<std::size_t>(width)); }
  const float* data() const { return rows.data(); }

  // Room for a sequence of so many positions, taken once; a window takes its room as it goes.
  void reserve(int positions) {
    if (window == 0) rows.reserve(static_cast<std::size_t>(positions) * width);
  }
  void append(const auto& backend, const float* data, int n) {
    keep(backend, rows, data, static_cast<std::size_t>(n) * width);
  }
  // Drops what the next position's query, and all after it, cannot see.
  void drop_unseen() {
    const int unseen = window > 0 ? length() + 1 - window - first : 0;
    if (unseen <= 0) return;
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(unseen) * width);
    first += unseen;
    if (rows.capacity() > 4 * rows.size()) rows.shrink_to_fit();   // a long prompt went through
  }
  // Forgets all positions from `positions` on; false where a window has dropped what would be seen then.
  bool truncate(int positions) {
    if (window > 0 && first > 0 && positions + 1 - window < first) return false;
    rows.resize(static_cast<std::size_t>(positions - first) * width);
    return true;
  }
};

struct KeyValueState {
  RowsState keys, values;

  int length() const { return keys.length(); }
  void reserve(int positions) {
    keys.reserve(positions);
    values.reserve(positions);
  }
  bool truncate(int positions) { return keys.truncate(positions) && values.truncate(positions); }
  void drop_unseen() {
    keys.drop_unseen();
    values.drop_unseen();
  }
};

}  // namespace etalon
