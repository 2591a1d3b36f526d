#pragma once
// Scratch numbers whose first one begins a cache line, so that whole vectors never straddle two.
#include <cstddef>
#include <memory>
#include <new>

namespace etalon {

class AlignedFloats {
 public:
  AlignedFloats() = default;   // of none
  // Not initialised.
  explicit AlignedFloats(std::size_t count)
      : numbers_(static_cast<float*>(::operator new(count * sizeof(float), std::align_val_t{line}))) {}
  float* data() const { return numbers_.get(); }

 private:
  static constexpr std::size_t line = 64;
  struct Free {
    void operator()(float* numbers) const { ::operator delete(numbers, std::align_val_t{line}); }
  };
  std::unique_ptr<float, Free> numbers_;
};

}  // namespace etalon
