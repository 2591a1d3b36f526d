#pragma once
// The numbers that a sequence keeps (keys, values, latents): a std::vector whose first number begins a cache line, so
// that rows of 16 numbers or a multiple never straddle two. (Attention of one token, Zen 5: 20 to 26 GB/s.)
#include <cstddef>
#include <new>
#include <vector>

namespace etalon {

template <class T> struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t line{64};

  LineAllocator() = default;
  template <class Other> LineAllocator(const LineAllocator<Other>&) {}
  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), line)); }
  void deallocate(T* numbers, std::size_t) { ::operator delete(numbers, line); }
  template <class Other> bool operator==(const LineAllocator<Other>&) const { return true; }
};

using Kept = std::vector<float, LineAllocator<float>>;

}  // namespace etalon
