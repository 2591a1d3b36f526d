// Tests of include/etalon/layers/key_value_state.hpp.
#include <etalon/layers/key_value_state.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace etalon;

namespace {

// Rows of one number, the position itself, appended and thinned out one at a time.
RowsState grown(int window, int positions) {
  RowsState state{1, window, 0, {}};
  for (int p = 0; p < positions; ++p) {
    const float row = static_cast<float>(p);
    state.append(Reference{}, &row, 1);
    state.drop_unseen();
  }
  return state;
}

}  // namespace

TEST_CASE("without a window every position is kept") {
  const RowsState state = grown(0, 100);
  CHECK(state.first == 0);
  CHECK(state.count() == 100);
  CHECK(state.length() == 100);
}

TEST_CASE("a worked example: with a window of 4 the next query sees itself and the last 3 rows, and no more is kept") {
  const RowsState state = grown(4, 10);
  CHECK(state.length() == 10);
  CHECK(state.first == 7);
  CHECK(state.rows == Kept{7, 8, 9});
}

TEST_CASE("a window's state does not grow with the sequence") {
  for (int positions = 3; positions < 200; ++positions) CHECK(grown(4, positions).count() == 3);
}

TEST_CASE("appending many rows at once leaves what appending them one by one leaves") {
  std::vector<float> rows(10);
  for (int p = 0; p < 10; ++p) rows[static_cast<std::size_t>(p)] = static_cast<float>(p);
  RowsState state{1, 4, 0, {}};
  state.append(Reference{}, rows.data(), 10);
  state.drop_unseen();
  CHECK(state.rows == grown(4, 10).rows);
  CHECK(state.first == grown(4, 10).first);
}

TEST_CASE("cutting back gives the state of the shorter sequence, or says that it cannot") {
  RowsState whole = grown(0, 10);
  CHECK(whole.truncate(6));
  CHECK(whole.rows == grown(0, 6).rows);
  RowsState windowed = grown(4, 10);
  CHECK_FALSE(windowed.truncate(9));   // position 9's query sees row 6, which is gone
  RowsState young = grown(4, 3);       // nothing has been dropped yet
  CHECK(young.truncate(2));
  CHECK(young.rows == grown(4, 2).rows);
}

TEST_CASE("keys and values go together") {
  KeyValueState state{{1, 0, 0, {}}, {2, 0, 0, {}}};
  const float numbers[] = {1, 2, 3, 4};
  state.keys.append(Reference{}, numbers, 2);
  state.values.append(Reference{}, numbers, 2);
  CHECK(state.length() == 2);
  CHECK(state.truncate(1));
  CHECK(state.keys.count() == 1);
  CHECK(state.values.count() == 1);
}
