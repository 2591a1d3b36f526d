// Tests of include/etalon/io/signal_slots.hpp.
#include <etalon/io/signal_slots.hpp>

#include <csignal>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using etalon::io::SignalSlots;
using Entries = SignalSlots<std::string>;

static std::multiset<std::string> seen(const Entries& slots) {
  std::multiset<std::string> all;
  slots.each([&](const std::string& text) { all.insert(text); });
  return all;
}

static constinit Entries global;
static std::size_t counted_by_handler = 0;

TEST_CASE("what is entered is seen while its entry lives") {
  static constinit Entries slots;   // as it is meant to be: for the whole process
  CHECK(seen(slots).empty());
  {
    const auto a = slots.enter("a"), b = slots.enter("b");
    CHECK(seen(slots) == std::multiset<std::string>{"a", "b"});
    CHECK(*a == "a");
    CHECK(a->size() == 1);
  }
  CHECK(seen(slots).empty());
}

TEST_CASE("an entry may be removed early, once or twice, and an empty one removes nothing") {
  static constinit Entries slots;   // as it is meant to be: for the whole process
  auto a = slots.enter("a");
  const auto b = slots.enter("b");
  CHECK(a);
  a.remove();
  a.remove();
  CHECK_FALSE(a);
  CHECK(seen(slots) == std::multiset<std::string>{"b"});
  Entries::Entry().remove();
}

TEST_CASE("a moved entry is seen once") {
  static constinit Entries slots;   // as it is meant to be: for the whole process
  auto a = slots.enter("a");
  auto b = std::move(a);
  CHECK_FALSE(a);
  CHECK(*b == "a");
  CHECK(seen(slots).size() == 1);
  a = std::move(b);
  CHECK(seen(slots).size() == 1);
}

TEST_CASE("slots are used again: a million entries one after another take the room of one") {
  static constinit Entries slots;   // as it is meant to be: for the whole process
  const std::string* place = &*slots.enter("first");
  for (int i = 0; i < 1'000'000; ++i) {
    const auto entry = slots.enter("next");
    if (&*entry != place) FAIL("another slot");
  }
}

TEST_CASE("threads that enter and remove at once lose nothing") {
  static constinit Entries slots;   // as it is meant to be: for the whole process
  std::vector<Entries::Entry> kept(8);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1000; ++i) const auto passing = slots.enter("passing");
      kept[static_cast<std::size_t>(t)] = slots.enter(std::to_string(t));
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(seen(slots) == std::multiset<std::string>{"0", "1", "2", "3", "4", "5", "6", "7"});
}

TEST_CASE("a signal handler sees the entries") {
  const auto a = global.enter("a"), b = global.enter("b");
  const auto old = std::signal(SIGUSR1, [](int) { global.each([](const std::string&) { ++counted_by_handler; }); });
  std::raise(SIGUSR1);
  std::signal(SIGUSR1, old);
  CHECK(counted_by_handler == 2);
}
