#pragma once
// The tag of the Cpu backend: on how many threads it runs, and with which vector instructions.
//
// A loop too short to be worth waking threads for stays on the caller's.
#include <memory>

#include <etalon/cpu/isa.hpp>
#include <etalon/cpu/thread_pool.hpp>
#include <etalon/math/hardware_fma.hpp>
#include <etalon/ops/backend.hpp>

namespace etalon {

struct Cpu : Reference {
  static constexpr const char* name = "cpu";
  std::shared_ptr<ThreadPool> pool;   // none: one thread
  Isa isa = best_isa();
  // Operations below which a loop runs on one thread: of a product of one token some 10 us, which is what it costs to
  // share it (150 M parameters, decode, two threads: 3 to 5 % more than with 400000; 2 M: 2 %).
  std::int64_t worth_sharing = 100000;
  bool one_stream = follows_one_stream();   // how memory is read for one token
  int shortest_row = 512;   // columns from which on it is read row by row then, for pairs (kernels/pairs_row.inl)

  Cpu() = default;
  // Instructions that this machine lacks are replaced by its best: the same numbers.
  explicit Cpu(int threads, Isa instructions = best_isa())
      : pool(threads > 1 ? std::make_shared<ThreadPool>(threads) : nullptr),
        isa(has_isa(instructions) ? instructions : best_isa()) {}
};

// The same threads, for the reference's own loops: an operation that Cpu overloads finds its general form for this.
struct CpuLoops : Cpu {
  explicit CpuLoops(const Cpu& cpu) : Cpu(cpu) {}
};

// What kernels leave in upper halves of vector registers is given up, since each fma_instruction among instructions
// older than AVX would wait for it (the self-test at -O0: 204 s instead of 32). From -O2 on g++ does so itself.
inline void free_upper_halves() {
#if defined(__x86_64__) && !defined(__AVX__) && !defined(__CUDACC__)
  if (has_fma_instruction) asm volatile("vzeroupper");
#endif
}

// So many that each of the threads has some 0.1 ms to do until all must have ended, with the smallest experts there
// are; more would not stay in its cache.
inline int tokens_together(int threads) { return threads > 1 ? 128 * threads : 0; }
inline int tokens_together(const Cpu& cpu) { return tokens_together(cpu.pool ? cpu.pool->threads() : 1); }

template <class Rows> void for_rows(const Cpu& cpu, int count, std::int64_t work, Rows&& rows) {
  const auto some_rows = [&rows](int first, int last) {
    rows(first, last);
    free_upper_halves();
  };
  if (!cpu.pool || count < 2 || count * work < cpu.worth_sharing)
    return for_rows(static_cast<const Reference&>(cpu), count, work, some_rows);
  cpu.pool->run(count, some_rows);
}

}  // namespace etalon
