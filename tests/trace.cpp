// Tests of include/etalon/trace.hpp.
#include <etalon/trace.hpp>

#include <doctest/doctest.h>

using namespace etalon;

struct Deaf { static constexpr int on = 1; };
static_assert(Listener<NoTrace> && !Listener<Deaf> && !Listener<int>);

TEST_CASE("a tensor is shown with its name, numbers, shape and the names of its axes") {
  const float numbers[6] = {1, 2, 3, 4, 5, 6};
  const Shown tensor = shown("layers.3.attn.q", View<const float, Token, Head>{numbers, {2, 3}});
  CHECK(tensor.name == "layers.3.attn.q");
  CHECK(tensor.floats == numbers);
  CHECK(tensor.integers == nullptr);
  CHECK(tensor.shape == std::vector{2, 3});
  CHECK(tensor.axes == std::vector<std::string>{"token", "head"});
}

TEST_CASE("whole numbers are shown as whole numbers") {
  int ids[2] = {7, 8};
  const Shown tensor = shown("router.choice", View<int, Token, Choice>{ids, {1, 2}});
  CHECK(tensor.floats == nullptr);
  CHECK(tensor.integers == ids);
  CHECK(tensor.axes == std::vector<std::string>{"token", "choice"});
}
