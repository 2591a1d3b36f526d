// Tests of include/etalon/cpu/backend.hpp.
#include <etalon/cpu/backend.hpp>

#include <type_traits>

#include <doctest/doctest.h>

using namespace etalon;

static_assert(std::is_base_of_v<Reference, Cpu>, "what Cpu does not overload is the reference's");

// How many calls cover the rows, and how many rows they cover.
struct Calls { int calls, rows; };
static Calls calls_for(const Cpu& cpu, int count, std::int64_t work) {
  std::atomic<int> calls{0}, rows{0};
  for_rows(cpu, count, work, [&](int first, int last) {
    ++calls;
    rows += last - first;
  });
  return {calls, rows};
}

TEST_CASE("short loops and a Cpu of one thread stay in one call; long loops are shared out") {
  const Cpu one, also_one(1), four(4);
  CHECK(one.pool == nullptr);
  CHECK(also_one.pool == nullptr);
  CHECK(four.pool->threads() == 4);
  CHECK(calls_for(one, 1000, 1000000).calls == 1);
  CHECK(calls_for(four, 10, 10).calls == 1);             // not worth it
  CHECK(calls_for(four, 1, 1 << 30).calls == 1);         // nothing to share
  CHECK(calls_for(four, 0, 1 << 30).calls == 0);
  CHECK(calls_for(four, 1000, four.worth_sharing).calls > 1);
  for (int count : {1, 2, 5, 16, 17, 1000}) CHECK(calls_for(four, count, four.worth_sharing).rows == count);
}

TEST_CASE("a loop whose work passes 32 bits is shared out all the same") {
  CHECK(calls_for(Cpu(2), 1 << 16, std::int64_t{1} << 20).calls > 1);
}

TEST_CASE("where everything is worth sharing, short loops are shared too") {
  Cpu cpu(2);
  cpu.worth_sharing = 0;
  CHECK(calls_for(cpu, 10, 1).calls > 1);
}

TEST_CASE("copies of a Cpu share its threads") {
  const Cpu cpu(3), copy = cpu;
  CHECK(copy.pool == cpu.pool);
}

TEST_CASE("instructions that this machine lacks are replaced by its best") {
  CHECK(Cpu(1, static_cast<Isa>(99)).isa == best_isa());
  for (const Isa isa : all_isas) CHECK(Cpu(1, isa).isa == (has_isa(isa) ? isa : best_isa()));
}
