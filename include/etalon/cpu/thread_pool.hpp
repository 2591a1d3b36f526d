#pragma once
// A few threads that share one loop at a time.
//
// run(count, part) calls part(first, last) on pieces that cover 0 … count - 1, in the caller's thread and the pool's,
// and returns when all are done. Which thread computes what never changes a result: the pieces are independent (R9).
//
// Each thread has a run of neighbouring pieces, since what it asks of memory ahead of a piece's end is for the next one
// (two threads, bf16 768 x 2048 times a vector, EPYC: 37 to 40 of 41 GB/s). Who is done with its own takes others': a
// slow core holds up the rest by one piece at most. The caller takes pieces like everybody else and at the end waits
// only for those that somebody has begun: where other programs hold the cores, it does all the work itself and does not
// wait for threads that never came to run.
//
// A step of a model is hundreds of loops of 20 to 200 us with little between them. So a thread that has run out of
// pieces watches the counter for some 50 us, then lends its core to others each time it has looked, and after a
// millisecond sleeps. Beginning a loop is then a store for each, and costs a system call only where somebody sleeps.
//
// Not for use from several threads at once, nor from within part.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <thread>
#include <vector>

namespace etalon {

// Tells the processor that this thread only waits: the core's other hyper-thread may have its units.
inline void pause_briefly() {
#if defined(__x86_64__) && !defined(__CUDACC__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class ThreadPool {
 public:
  // threads in all, the caller's included; at least 1. Fewer where the system gives no more: nothing depends on it.
  explicit ThreadPool(int threads) : runs_(static_cast<std::size_t>(threads > 1 ? threads : 1)) {
    workers_.reserve(static_cast<std::size_t>(threads > 1 ? threads - 1 : 0));
    // Stacks take address space, all of it where that is limited and threads are many: some is kept for the work.
    const std::unique_ptr<char[]> kept(threads > many ? new (std::nothrow) char[kept_bytes] : nullptr);
    if (kept) *static_cast<volatile char*>(kept.get()) = 0;   // or a compiler may leave it out
    try {
      for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
    } catch (const std::exception&) {   // no room for one more
    }
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() {
    publish(nullptr, 0, static_cast<int>(workers_.size()));   // a piece of nothing for each
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs part(first, last) over 0 … count - 1. part must not throw.
  void run(int count, const std::function<void(int, int)>& part) {
    publish(&part, count, std::min(count, threads() * pieces_per_thread));
    while (claim()) do_piece(0);
    while (!watch([this] { return unfinished_.load(std::memory_order_acquire) == 0; })) {}
  }

 private:
  static constexpr int pieces_per_thread = 8, many = 16;
  static constexpr std::size_t kept_bytes = std::size_t{64} << 20;
  static constexpr std::chrono::microseconds watching{50}, lending{1000};
  static constexpr std::size_t line = 128;   // what caches hold together: two lines, where they fetch in pairs

  // Offers pieces of a loop to all. Only where none are left of the one before.
  void publish(const std::function<void(int, int)>* part, int count, int pieces) {
    part_ = part;
    count_ = count;
    pieces_ = pieces;
    for (Run& run : runs_) run.taken.store(0, std::memory_order_relaxed);
    unfinished_.store(pieces, std::memory_order_relaxed);
    available_.store(pieces);   // in one order with what sleepers do, or one might miss it
    available_.notify_all();
  }

  // Is there a piece for the caller? Then it must take one. What publish wrote may be read only by who has a piece that
  // is not finished.
  bool claim() { return available_.fetch_sub(1, std::memory_order_acquire) > 0; }

  // Of the thread's own run, or the next that has any: there are as many pieces as were claimed.
  int take(int thread) {
    const int runs = static_cast<int>(runs_.size());
    for (int r = thread;; r = (r + 1) % runs) {
      const std::int64_t first = std::int64_t{pieces_} * r / runs, last = std::int64_t{pieces_} * (r + 1) / runs;
      const int index = runs_[static_cast<std::size_t>(r)].taken.fetch_add(1, std::memory_order_relaxed);
      if (first + index < last) return static_cast<int>(first) + index;
    }
  }

  void do_piece(int thread) {
    const std::int64_t index = take(thread);
    (*part_)(static_cast<int>(index * count_ / pieces_), static_cast<int>((index + 1) * count_ / pieces_));
    unfinished_.fetch_sub(1, std::memory_order_release);
  }

  void work(int thread) {
    while (true) {
      while (!watch([this] { return available_.load(std::memory_order_relaxed) > 0; }))
        if (const int seen = available_.load(); seen <= 0) available_.wait(seen);
      while (claim()) {
        if (part_ == nullptr) return;
        do_piece(thread);
      }
    }
  }

  // Looks until ready(): at first all the time, then lending the core in between; at length gives up, with false.
  static bool watch(auto&& ready) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    while (true) {
      for (int i = 0; i < 64; ++i, pause_briefly())
        if (ready()) return true;
      const auto waited = Clock::now() - begin;
      if (waited > watching + lending) return false;
      if (waited > watching) std::this_thread::yield();
    }
  }

  struct alignas(line) Run { std::atomic<int> taken{0}; };   // pieces of it

  std::vector<Run> runs_;   // of each thread
  std::vector<std::thread> workers_;
  alignas(line) std::atomic<int> available_{0};     // pieces nobody has taken
  alignas(line) std::atomic<int> unfinished_{0};    // pieces not yet done
  alignas(line) const std::function<void(int, int)>* part_ = nullptr;
  int count_ = 0, pieces_ = 0;
};

}  // namespace etalon
