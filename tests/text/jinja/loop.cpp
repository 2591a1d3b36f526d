// The variable loop.
#include <etalon/text/jinja/loop.hpp>

#include <string>

#include <doctest/doctest.h>

using namespace etalon::text::jinja;

namespace {

std::shared_ptr<LoopState> over(int count) {
  auto loop = std::make_shared<LoopState>();
  loop->source = [i = 0, count]() mutable { return i < count ? std::optional(Value::integer(i++)) : std::nullopt; };
  return loop;
}
std::string shown(const std::shared_ptr<LoopState>& loop, std::string_view name) {
  Runtime runtime;
  const std::optional<Value> value = loop_attribute(runtime, loop, name);
  return value ? repr(runtime.budget, *value) : "none";
}

}  // namespace

TEST_CASE("looking ahead changes nothing that follows") {
  const auto loop = over(3);
  REQUIRE(loop->advance());
  CHECK(shown(loop, "nextitem") == "1");
  CHECK(shown(loop, "last") == "False");
  CHECK(shown(loop, "length") == "3");
  CHECK(shown(loop, "revindex") == "3");
  REQUIRE(loop->advance());
  CHECK(shown(loop, "previtem") == "0");
  CHECK(shown(loop, "index") == "2");
  REQUIRE(loop->advance());
  CHECK(shown(loop, "last") == "True");
  CHECK(shown(loop, "nextitem") == "Undefined");
  CHECK_FALSE(loop->advance());
  CHECK(shown(loop, "nothing") == "none");
}
