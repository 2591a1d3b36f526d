// Tests of include/etalon/layers/one_of.hpp.
#include <etalon/layers/one_of.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <etalon/layers/layer.hpp>

using namespace etalon;

namespace {

struct Doubled {
  int operator()(int x) const { return 2 * x; }
  void each_part(auto&& part) { part("doubled"); }
};
struct Squared {
  int operator()(int x) const { return x * x; }
  void each_part(auto&& part) { part("squared"); }
};

// A mixer that counts what its sequence has seen; two kinds share this type of state.
struct Counted {
  int positions = 0;
  int length() const { return positions; }
  bool truncate(int to) { positions = to; return true; }
  void reserve(int) {}
};
template <int Step> struct Counter {
  using State = Counted;
  State new_state() const { return {}; }
  int operator()(const auto&, const auto&, auto&& state, int x) const {
    state(0).positions += x;
    return Step * state(0).positions;
  }
  void each_part(auto&& part) { part(Step == 1 ? "one" : "ten"); }
};
// A state that cannot go back.
struct Recurrent {
  int length() const { return 7; }
  bool truncate(int to) { return to == 7; }
  void reserve(int) {}
};
struct Recurrence {
  using State = Recurrent;
  State new_state() const { return {}; }
  int operator()(const auto&, const auto&, auto&&, int x) const { return -x; }
  void each_part(auto&& part) { part("recurrence"); }
};

}  // namespace

TEST_CASE("a part is the kind that was chosen, and has its names") {
  OneOf<Doubled, Squared> part{Doubled{}};
  CHECK(part(5) == 10);
  part.kind = Squared{};
  CHECK(part(5) == 25);
  std::string name;
  part.each_part([&](const char* found) { name = found; });
  CHECK(name == "squared");
}

using Mixers = OneOfMixers<Counter<1>, Recurrence, Counter<10>>;
static_assert(Mixer<Mixers>);

TEST_CASE("a mixer of several kinds makes, keeps and cuts the state of its own kind") {
  for (const int kind : {0, 1, 2}) {
    CAPTURE(kind);
    Mixers mixers;
    if (kind == 1) mixers.kind = Recurrence{};
    if (kind == 2) mixers.kind.emplace<2>();
    auto state = mixers.new_state();
    CHECK(static_cast<int>(state.kind.index()) == kind);   // also where two kinds share a type of state
    const auto of = [&](std::size_t) -> auto& { return state; };
    CHECK(mixers(0, 0, of, 3) == (kind == 0 ? 3 : kind == 1 ? -3 : 30));
    CHECK(state.length() == (kind == 1 ? 7 : 3));
    CHECK(state.truncate(2) == (kind != 1));
  }
}

TEST_CASE("a state is a value: a copy is not moved by its original") {
  Mixers mixers;
  auto state = mixers.new_state();
  const auto of = [&](std::size_t) -> auto& { return state; };
  mixers(0, 0, of, 4);
  const auto saved = state;
  mixers(0, 0, of, 5);
  CHECK(state.length() == 9);
  state = saved;
  CHECK(state.length() == 4);
}
