#pragma once
// What measured operations work on: memory that no cache holds, and a backend with its scratch memory.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <etalon/cpu/cpu.hpp>

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

inline int threads_of(const Reference&) { return 1; }
inline int threads_of(const Cpu& cpu) { return cpu.pool ? cpu.pool->threads() : 1; }

// A backend with its memory: what a context refers to. Tasks refer to it too, so it must outlive them.
template <class Backend> struct BenchOf {
  Backend backend = {};
  Arena arena = {};
  NoTrace trace = {};

  Context<Backend> context(Numerics numerics = Numerics::f32) { return {backend, numerics, arena, trace}; }
  int threads() const { return threads_of(backend); }
};
using Bench = BenchOf<Cpu>;

// Written, so that no compiler leaves work out.
inline volatile float float_sink;

}  // namespace etalon::command::bench
