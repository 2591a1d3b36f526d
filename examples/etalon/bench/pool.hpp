#pragma once
// What measured operations work on: memory that no cache holds, and a backend with its scratch memory.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <etalon/cpu/cpu.hpp>

namespace etalon::command::bench {

// Memory that no cache holds, of bytes that are numbers of about 1 in every storage format. Whoever asks for some gets
// the next: what was read last is read again when all else has been. A quarter of a GiB for weights and caches, in
// large pages where the system has them, as both are (io/checkpoint.hpp, cpu/keep.hpp); as much for activations, in
// ordinary pages, as these are.
class Pool {
 public:
  static constexpr std::size_t size = std::size_t{256} << 20;

  Pool();
  const std::byte* all() const { return weights_.bytes.get(); }
  // The next so many bytes of weights, or numbers of caches or activations; at most `size` bytes.
  const std::byte* next(std::size_t bytes) { return weights_.next(bytes); }
  const float* next_kept(std::size_t count) {
    return reinterpret_cast<const float*>(weights_.next(count * sizeof(float)));
  }
  const float* next_floats(std::size_t count) {
    return reinterpret_cast<const float*>(numbers_.next(count * sizeof(float)));
  }

 private:
  static constexpr std::align_val_t large_page{std::size_t{2} << 20};
  struct Free {
    void operator()(std::byte* bytes) const { ::operator delete(bytes, large_page); }
  };
  struct Area {
    std::unique_ptr<std::byte, Free> bytes{static_cast<std::byte*>(::operator new(size, large_page))};
    std::size_t at = 0;

    void fill();
    const std::byte* next(std::size_t count);
  };
  Area weights_, numbers_;
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
