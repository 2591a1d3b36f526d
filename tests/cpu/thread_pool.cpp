// Tests of include/etalon/cpu/thread_pool.hpp.
#include <etalon/cpu/thread_pool.hpp>

#include <chrono>
#include <memory>

#include <doctest/doctest.h>

using etalon::ThreadPool;

// How often each index was covered by a run, and whether every piece was in range.
static std::vector<int> covered(ThreadPool& pool, int count) {
  std::vector<std::atomic<int>> times(static_cast<std::size_t>(count) + 1);
  std::atomic<int> out_of_range{0};
  pool.run(count, [&](int first, int last) {
    if (first < 0 || last > count || first >= last) ++out_of_range;
    else for (int i = first; i < last; ++i) times[i].fetch_add(1, std::memory_order_relaxed);
  });
  std::vector<int> result(times.begin(), times.end());
  result.back() = out_of_range;
  return result;
}

TEST_CASE("each index is covered once, for any count and number of threads") {
  for (int threads : {1, 2, 3, 8, 17}) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (int count : {0, 1, 2, 3, 7, 8, 31, 32, 33, 100, 1023, 4096, 100003}) {
      CAPTURE(threads);
      CAPTURE(count);
      std::vector<int> expected(static_cast<std::size_t>(count) + 1, 1);
      expected.back() = 0;
      CHECK(covered(pool, count) == expected);
    }
  }
}

// Loops one after another; how often each of 8 indices was counted, without atomics: one thread a run has an index.
static std::vector<int> counted(int rounds) {
  ThreadPool pool(2);
  std::vector<int> total(8, 0);
  for (int round = 0; round < rounds; ++round)
    pool.run(8, [&](int first, int last) {
      for (int i = first; i < last; ++i) ++total[i];
    });
  return total;
}

TEST_CASE("a run is over when it returns: ten thousand runs one after another lose and repeat nothing") {
  CHECK(counted(10000) == std::vector<int>(8, 10000));
}

TEST_SUITE("slow") {
  // A second on an idle machine; on one that is short of cores every run waits for its turn.
  TEST_CASE("a hundred thousand runs") { CHECK(counted(100000) == std::vector<int>(8, 100000)); }
}

TEST_CASE("more than one thread takes part where pieces are long enough") {
  ThreadPool pool(2);
  std::atomic<int> in_others{0};
  const std::thread::id mine = std::this_thread::get_id();
  for (int round = 0; round < 50 && in_others == 0; ++round)
    pool.run(8, [&](int, int) {
      if (std::this_thread::get_id() != mine) ++in_others;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
  CHECK(in_others > 0);
}

// Waits until ready(), at most ten seconds.
static void wait_for(auto&& ready) {
  const auto begin = std::chrono::steady_clock::now();
  while (!ready() && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)) std::this_thread::yield();
}

TEST_CASE("two threads begin with either half of the pieces") {
  ThreadPool pool(2);
  const std::thread::id mine = std::this_thread::get_id();
  std::atomic<int> begun{0};
  std::atomic<int> first_of[2] = {-1, -1};
  pool.run(16, [&](int first, int) {
    auto& known = first_of[std::this_thread::get_id() == mine ? 0 : 1];
    if (known >= 0) return;
    known = first;
    ++begun;
    wait_for([&] { return begun == 2; });
  });
  CHECK(first_of[0] == 0);
  CHECK(first_of[1] == 8);
}

TEST_CASE("while one thread is held up, the other does all pieces but that one") {
  ThreadPool pool(2);
  const std::thread::id mine = std::this_thread::get_id();
  std::atomic<int> done{0}, in_others{0};
  pool.run(16, [&](int, int) {
    if (std::this_thread::get_id() == mine) wait_for([&] { return in_others > 0; });
    else ++in_others, wait_for([&] { return done == 15; });
    ++done;
  });
  CHECK(in_others == 1);
  CHECK(done == 16);
}

TEST_CASE("a pool may be destroyed at once, idle, asleep or just after a run") {
  for (int round = 0; round < 50; ++round) {
    ThreadPool fresh(4);
    ThreadPool used(3);
    used.run(5, [](int, int) {});
  }
  auto asleep = std::make_unique<ThreadPool>(3);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  int sum = 0;
  asleep->run(1, [&](int, int) { ++sum; });   // wakes up again
  CHECK(sum == 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  asleep.reset();
  CHECK(asleep == nullptr);
}
