// Tests of include/etalon/selftest/made_weights.hpp.
#include <etalon/selftest/made_weights.hpp>

#include <cmath>
#include <set>

#include <doctest/doctest.h>

using namespace etalon;

namespace {

constexpr MadeFormat formats[] = {MadeFormat::f32, MadeFormat::bf16, MadeFormat::f16,
                                  MadeFormat::e4m3, MadeFormat::int8, MadeFormat::mxfp4};

std::vector<float> row_of(const Storage& storage, int row, int columns) {
  std::vector<float> values(static_cast<std::size_t>(columns));
  read_row(storage, row, columns, values.data());
  return values;
}

struct Parts {
  Weight<Vocab, Channel> table{{50, 3}, {}, 9};
  Weight<Channel> gain{{40}, {}};
  void each_part(auto&& part) {
    part("table", table);
    part("gain", gain);
  }
};

}  // namespace

TEST_CASE("a matrix is the same whenever it is made, and another where its name is") {
  for (const MadeFormat format : formats) {
    MadeWeights one, two;
    const auto first = row_of(one.matrix("a", 70, 72, format), 69, 72);
    CHECK(first == row_of(two.matrix("a", 70, 72, format), 69, 72));
    CHECK(first != row_of(two.matrix("b", 70, 72, format), 69, 72));
    CHECK(first != row_of(two.matrix("a", 70, 72, format), 68, 72));
  }
}

TEST_CASE("rows have a length from 0.1 to 5 in every format, so that activations keep their size") {
  for (const MadeFormat format : formats)
    for (const int columns : {20, 72, 203}) {
      MadeWeights made;
      const Storage storage = made.matrix("lengths", 30, columns, format);
      for (int r = 0; r < 30; ++r) {
        double squares = 0.0;
        for (const float x : row_of(storage, r, columns)) squares += static_cast<double>(x) * x;
        CAPTURE(name_of(format));
        CHECK(std::sqrt(squares) > 0.1);
        CHECK(std::sqrt(squares) < 5.0);
      }
    }
}

TEST_CASE("ids stay below their bound and differ within a row; vectors are never zero") {
  Parts parts;
  MadeWeights made;
  made.fill(parts, MadeFormat::e4m3);
  for (int r = 0; r < 50; ++r) {
    const auto ids = row_of(parts.table.storage, r, 3);
    CHECK(std::set<float>(ids.begin(), ids.end()).size() == 3);
    for (const float id : ids) CHECK((id >= 0.0f && id < 9.0f));
  }
  for (const float x : row_of(parts.gain.storage, 0, 40)) CHECK(std::abs(x) >= 0.5f);
}
