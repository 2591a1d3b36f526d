// Filling the memory, and handing it out in turns.
#include "pool.hpp"

#include <cstring>

#include <sys/mman.h>

namespace etalon::command::bench {

Pool::Pool() : bytes_(static_cast<std::byte*>(::operator new(size, large_page))) {
#if defined(MADV_HUGEPAGE)
  ::madvise(bytes_.get(), size, MADV_HUGEPAGE);
#endif
  std::uint64_t state = 0x9e3779b97f4a7c15u;
  for (std::size_t at = 0; at < size; at += sizeof state) {   // xorshift: Marsaglia 2003
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    // exponents of numbers between 2^-15 and 2
    const std::uint64_t word = (state & 0x8787878787878787u) | 0x3838383838383838u;
    std::memcpy(bytes_.get() + at, &word, sizeof word);
  }
}

const std::byte* Pool::next(std::size_t bytes) {
  const std::size_t aligned = (bytes + 63) / 64 * 64;
  if (at_ + aligned > size) at_ = 0;
  const std::byte* found = all() + at_;
  at_ += aligned;
  return found;
}

}  // namespace etalon::command::bench
