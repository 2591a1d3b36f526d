#pragma once
// A few threads that share one loop at a time.
//
// run(count, part) calls part(first, last) on pieces that cover 0 … count - 1, in the caller's thread and the pool's,
// and returns when all are done. Pieces are taken from a common counter, so a slow core holds up the others by one
// piece at most. Which thread computes what never changes a result: the pieces are independent (R9).
// Threads wait a short while for the next loop before they sleep. Not for use from several threads at once.
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace etalon {

class ThreadPool {
 public:
  // threads in all, the caller's included; at least 1. Fewer where the system gives no more: nothing depends on it.
  explicit ThreadPool(int threads) {
    workers_.reserve(static_cast<std::size_t>(threads > 1 ? threads - 1 : 0));
    try {
      for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
    } catch (const std::exception&) {   // no room for one more
    }
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      generation_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs part(first, last) over 0 … count - 1. part must not throw.
  void run(int count, const std::function<void(int, int)>& part) {
    const int pieces = threads() * pieces_per_thread;
    piece_ = (count + pieces - 1) / pieces;
    count_ = count;
    part_ = &part;
    next_.store(0, std::memory_order_relaxed);
    busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    {
      const std::lock_guard lock(mutex_);
      generation_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    take_pieces();
    while (busy_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
  }

 private:
  static constexpr int pieces_per_thread = 4, patience = 2000;

  void take_pieces() {
    for (int first; (first = next_.fetch_add(piece_, std::memory_order_relaxed)) < count_;)
      (*part_)(first, first + piece_ < count_ ? first + piece_ : count_);
  }

  void work() {
    for (int seen = 0;;) {
      for (int i = 0; i < patience && generation_.load(std::memory_order_acquire) == seen; ++i)
        std::this_thread::yield();
      if (generation_.load(std::memory_order_acquire) == seen) {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return generation_.load(std::memory_order_acquire) != seen; });
      }
      seen = generation_.load(std::memory_order_acquire);
      if (stopping_) return;
      take_pieces();
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> generation_{0}, next_{0}, busy_{0};
  bool stopping_ = false;
  int piece_ = 1, count_ = 0;
  const std::function<void(int, int)>* part_ = nullptr;
};

}  // namespace etalon
