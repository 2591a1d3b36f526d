#pragma once
// What `etalon bench` times on any machine: its ceilings, and the library's operations through their public functions.
#include <memory>
#include <vector>

#include <etalon/cpu/cpu.hpp>

#include "measure.hpp"

namespace etalon::command::bench {

// Memory that no cache holds, of bytes that are numbers of about 1 in every storage format, a quarter of a GiB of them.
// Whoever asks for some gets the next: what was read last is read again when all else has been.
class Pool {
 public:
  static constexpr std::size_t size = std::size_t{256} << 20;

  Pool();
  const std::byte* all() const { return reinterpret_cast<const std::byte*>(bytes_.data()); }
  // The next so many bytes, at most `size`.
  const std::byte* next(std::size_t bytes);
  const float* next_floats(std::size_t count) { return reinterpret_cast<const float*>(next(count * sizeof(float))); }

 private:
  std::vector<std::uint64_t> bytes_;
  std::size_t at_ = 0;
};

// A backend with its memory: what a context refers to.
struct Bench {
  Cpu cpu;
  Arena arena = {};
  NoTrace trace = {};

  Context<Cpu> context(Numerics numerics = Numerics::f32) { return {cpu, numerics, arena, trace}; }
  int threads() const { return cpu.pool ? cpu.pool->threads() : 1; }
};

// Reading memory, and fma with every set of vectors up to the bench's own.
std::vector<Task> ceiling_tasks(Bench& bench, const Pool& pool);

// Every operation, once for each of the benches.
std::vector<Task> operation_tasks(Bench& bench, Pool& pool);

}  // namespace etalon::command::bench
