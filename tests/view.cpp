// Tests of include/etalon/view.hpp. The first part is about what must not compile.
#include <etalon/view.hpp>

#include <numeric>
#include <vector>

#include <doctest/doctest.h>

using namespace etalon;

// What a function of these axes may be called with.
inline int takes_token_channel(View<const float, Token, Channel>) { return 1; }
inline int takes_writable(View<float, Token, Channel>) { return 1; }

template <class X> concept CanRead = requires(X x) { takes_token_channel(x); };
template <class X> concept CanWrite = requires(X x) { takes_writable(x); };
template <class X> concept CanSplit = requires(X x) { split(x, 2); };
template <class X> concept CanJoin = requires(X x) { join(x); };

static_assert(CanRead<View<const float, Token, Channel>>);
static_assert(CanRead<View<float, Token, Channel>>, "reading access converts by itself");
static_assert(!CanRead<View<const float, Channel, Token>>, "axes in the wrong order");
static_assert(!CanRead<View<const float, Token, Hidden>>, "another axis of the same length");
static_assert(!CanRead<View<const float, Token>>, "an axis missing");
static_assert(!CanRead<View<const float, Token, Head, Channel>>, "an axis too many");
static_assert(!CanRead<View<const int, Token, Channel>>, "other numbers");
static_assert(CanWrite<View<float, Token, Channel>>);
static_assert(!CanWrite<View<const float, Token, Channel>>, "writing access does not come back");
static_assert(CanSplit<View<float, Token, Joined<Head, HeadDim>>>);
static_assert(!CanSplit<View<float, Token, Channel>>, "only a joined axis can be split");
static_assert(CanJoin<View<float, Token, Head, HeadDim>> && !CanJoin<View<float, Token, HeadDim>>);
static_assert(Real<float> && Real<const float> && !Real<int> && !Real<double>);

static std::vector<float> counting(int n) {
  std::vector<float> x(static_cast<std::size_t>(n));
  std::iota(x.begin(), x.end(), 0.0f);
  return x;
}

TEST_CASE("by hand: x[i][j][k] of shape 2, 3, 4 is number 12 i + 4 j + k") {
  std::vector<float> numbers = counting(24);
  const View<float, Token, Head, HeadDim> x{numbers.data(), {2, 3, 4}};
  CHECK(x.size() == 24);
  CHECK(x.stride() == 12);
  CHECK(x[1][2][3] == 23.0f);
  CHECK(x[1].stride() == 4);
  x[0][1][2] = -1.0f;
  CHECK(numbers[6] == -1.0f);
  static_assert(std::is_same_v<decltype(x[0]), View<float, Head, HeadDim>>);
  static_assert(std::is_same_v<decltype(x[0][0][0]), float&>);
}

TEST_CASE("an extent is asked for by the axis' name") {
  const View<const float, Token, Head, HeadDim> x{nullptr, {2, 3, 4}};
  CHECK(extent<Token>(x) == 2);
  CHECK(extent<Head>(x) == 3);
  CHECK(extent<HeadDim>(x) == 4);
}

TEST_CASE("rows are a window on the same numbers") {
  std::vector<float> numbers = counting(12);
  const View<float, Token, Channel> x{numbers.data(), {4, 3}};
  const auto middle = x.rows(1, 2);
  CHECK(extent<Token>(middle) == 2);
  CHECK(middle[0][0] == 3.0f);
  CHECK(&middle[1][2] == &x[2][2]);
  CHECK(x.rows(4, 0).size() == 0);
}

TEST_CASE("split, join and renamed move no data and keep every place") {
  std::vector<float> numbers = counting(24);
  const View<float, Token, Joined<Head, HeadDim>> flat{numbers.data(), {2, 12}};
  const auto heads = split(flat, 3);
  CHECK(extent<Head>(heads) == 3);
  CHECK(extent<HeadDim>(heads) == 4);
  for (int t = 0; t < 2; ++t)
    for (int h = 0; h < 3; ++h)
      for (int d = 0; d < 4; ++d) CHECK(&heads[t][h][d] == &flat[t][4 * h + d]);   // head-major
  CHECK(&heads[0][1][0] != &flat[0][1]);                                           // planted: not channel-major
  const auto back = join(heads);
  static_assert(std::is_same_v<decltype(back), const View<float, Token, Joined<Head, HeadDim>>>);
  CHECK(back.shape[1] == 12);
  const auto other = renamed<Position, Channel>(back);
  CHECK(extent<Channel>(other) == 12);
  CHECK(other.data == numbers.data());
  CHECK(extent<Channel>(read_only(other)) == 12);
  static_assert(std::is_same_v<decltype(read_only(other)), View<const float, Position, Channel>>);
}
