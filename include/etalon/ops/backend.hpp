#pragma once
// Backends are tags: an operation overloads on them, and what has no faster version falls back to Reference.
//
// Reference is the arithmetic contract as plain loops on one thread. Cpu (cpu/cpu.hpp) derives from it. Every operation
// that loops over independent rows does so through for_rows, which is where threads enter; since each output is a
// function of its own row alone (docs/arithmetic.md, R9), how the rows are split cannot change a bit.
#include <cstddef>
#include <cstdint>

#include <etalon/ops/kept.hpp>

namespace etalon {

struct Reference { static constexpr const char* name = "reference"; };

// Calls rows(first, last) so that every row of 0 … count - 1 is covered once. work: a row's cost, in operations.
template <class Rows> void for_rows(const Reference&, int count, std::int64_t /*work*/, Rows&& rows) {
  if (count > 0) rows(0, count);
}

// The work of a number that is only moved or added: memory takes as long for it as a core for so many operations.
inline constexpr int move_work = 4;

// Experts are computed side by side as long as they see no more tokens than this together: 0 for one at a time.
inline int tokens_together(const Reference&) { return 0; }

// Puts numbers behind those that a sequence keeps already.
inline void keep(const Reference&, Kept& kept, const float* numbers, std::size_t count) {
  kept.insert(kept.end(), numbers, numbers + count);
}

}  // namespace etalon
