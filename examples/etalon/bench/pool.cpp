// Filling the memory, and handing it out in turns.
#include "pool.hpp"

#include <cstring>

#include <sys/mman.h>

namespace etalon::command::bench {

Pool::Pool() {
#if defined(MADV_HUGEPAGE)
  ::madvise(weights_.bytes.get(), size, MADV_HUGEPAGE);
  ::madvise(numbers_.bytes.get(), size, MADV_NOHUGEPAGE);
#endif
  weights_.fill();
  numbers_.fill();
}

void Pool::Area::fill() {
  std::uint64_t state = 0x9e3779b97f4a7c15u;
  for (std::size_t i = 0; i < size; i += sizeof state) {   // xorshift: Marsaglia 2003
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    // exponents of numbers between 2^-15 and 2
    const std::uint64_t word = (state & 0x8787878787878787u) | 0x3838383838383838u;
    std::memcpy(bytes.get() + i, &word, sizeof word);
  }
}

const std::byte* Pool::Area::next(std::size_t count) {
  const std::size_t aligned = (count + 63) / 64 * 64;
  if (at + aligned > size) at = 0;
  const std::byte* found = bytes.get() + at;
  at += aligned;
  return found;
}

}  // namespace etalon::command::bench
