#pragma once
// What a regular expression's choices came to at each position of a text, so that none is explored twice.
//
// A choice is an instruction with more than one way to go on. Its outcome depends on nothing but the position, since
// nothing captures: one that failed will fail again, and one on the way to a successful look-ahead succeeds again.
// (A loop whose body may match nothing also depends on where its last round began; there memory may change which of
// several possible matches is taken.)
#include <cstddef>
#include <cstdint>
#include <vector>

namespace etalon::text {

class RegexMemory {
 public:
  bool active() const { return active_; }
  void stop() { active_ = false; }
  // choices: how many there are. One bit for each and every position, allocated when a choice first needs it.
  void start(std::uint32_t choices, std::size_t text_size) {
    active_ = true;
    text_size_ = text_size;
    failed_.assign(choices, {});
    succeeded_.assign(choices, {});
  }

  bool failed(std::uint32_t choice, std::size_t at) const { return is_set(failed_[choice], at); }
  bool succeeded(std::uint32_t choice, std::size_t at) const { return is_set(succeeded_[choice], at); }
  void mark_failed(std::uint32_t choice, std::size_t at) { set(failed_[choice], at); }
  void mark_succeeded(std::uint32_t choice, std::size_t at) { set(succeeded_[choice], at); }

 private:
  using Bits = std::vector<std::uint64_t>;

  static bool is_set(const Bits& bits, std::size_t at) {
    return !bits.empty() && (bits[at / 64] >> (at % 64) & 1) != 0;
  }
  void set(Bits& bits, std::size_t at) {
    if (bits.empty()) bits.assign(text_size_ / 64 + 1, 0);
    bits[at / 64] |= std::uint64_t{1} << (at % 64);
  }

  bool active_ = false;
  std::size_t text_size_ = 0;
  std::vector<Bits> failed_, succeeded_;
};

}  // namespace etalon::text
