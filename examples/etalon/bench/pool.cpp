// Filling the memory, and handing it out in turns.
#include "pool.hpp"

namespace etalon::command::bench {

Pool::Pool() : bytes_(size / sizeof(std::uint64_t)) {
  std::uint64_t state = 0x9e3779b97f4a7c15u;
  for (std::uint64_t& word : bytes_) {   // xorshift: Marsaglia 2003
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    word = (state & 0x8787878787878787u) | 0x3838383838383838u;   // exponents of numbers between 2^-15 and 2
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
