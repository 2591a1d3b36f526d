#pragma once
// What a sequence keeps, in large pages: keys and values are read from end to end for every token.
//
// A core takes some hundred cycles to find where a page of memory is: in pages of 4 KB, which is what a position's keys
// fill, up to a quarter of the time of attention of one token. The system gives pages of 2 MB where it is asked before
// they are first written to; so room grows here, and not within std::vector, which copies before one can ask. No answer
// is needed, and no number depends on it. Left out: systems other than Linux.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <etalon/cpu/backend.hpp>
#include <etalon/ops/kept.hpp>

namespace etalon {

inline constexpr std::size_t large_page = std::size_t{2} << 20;

// For the whole large pages within these bytes.
inline void ask_for_large_pages(const void* data, std::size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t begin = (address + large_page - 1) / large_page * large_page;
  const std::uintptr_t end = (address + bytes) / large_page * large_page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  static_cast<void>(data), static_cast<void>(bytes);
#endif
}

// Puts numbers behind those that a sequence keeps already.
inline void keep(const Cpu&, Kept& kept, const float* numbers, std::size_t count) {
  const std::size_t size = kept.size() + count;
  if (size > kept.capacity()) {
    Kept roomier;
    roomier.reserve(std::max(size, 2 * kept.capacity()));
    ask_for_large_pages(roomier.data(), roomier.capacity() * sizeof(float));
    roomier.insert(roomier.end(), kept.begin(), kept.end());
    kept.swap(roomier);
  } else if (kept.empty()) {   // room that nothing was written to
    ask_for_large_pages(kept.data(), kept.capacity() * sizeof(float));
  }
  kept.insert(kept.end(), numbers, numbers + count);
}

}  // namespace etalon
