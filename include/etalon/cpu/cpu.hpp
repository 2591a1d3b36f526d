#pragma once
// The Cpu backend: the reference's numbers, on several threads.
//
// It derives from Reference, so an operation that has no overload for it here is the reference's; what differs so far
// is how rows are shared out. A loop too short to be worth waking threads for stays on the caller's.
#include <memory>

#include <etalon/cpu/thread_pool.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

struct Cpu : Reference {
  static constexpr const char* name = "cpu";
  std::shared_ptr<ThreadPool> pool;   // none: one thread

  Cpu() = default;
  explicit Cpu(int threads) : pool(threads > 1 ? std::make_shared<ThreadPool>(threads) : nullptr) {}
};

// Operations below which a loop runs on one thread: a few hundred microseconds, against some ten for waking a thread.
inline constexpr std::int64_t worth_sharing = 400000;

template <class Rows> void for_rows(const Cpu& cpu, int count, std::int64_t work, Rows&& rows) {
  if (!cpu.pool || count < 2 || count * work < worth_sharing)
    return for_rows(static_cast<const Reference&>(cpu), count, work, rows);
  cpu.pool->run(count, [&rows](int first, int last) { rows(first, last); });
}

}  // namespace etalon
