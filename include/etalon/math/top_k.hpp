#pragma once
// The k largest of n values, in the contract's order: value descending, then id ascending (docs/arithmetic.md, R6).
//
// The order is that of the floats' sortable integer image, a total order: -inf < … < -0 < +0 < … < +inf < NaN.
// Selection by repeated scan, O(n k), no memory: n and k are a router's (256 and 8, say). Left out: large k.
#include <etalon/math/real.hpp>

namespace etalon {

// An unsigned integer that orders as the float does; -0 is below +0, so that no two different numbers tie. All NaNs are
// one: x86 makes negative ones, other processors positive ones.
ETALON_HD inline std::uint32_t sortable(float x) {
  const std::uint32_t u = is_nan(x) ? canonical_nan_bits : bits_of(x);
  return (u & 0x80000000u) ? ~u : u | 0x80000000u;
}

// Does entry a come before entry b?
ETALON_HD inline bool ranks_before(float value_a, int id_a, float value_b, int id_b) {
  const std::uint32_t a = sortable(value_a), b = sortable(value_b);
  return a != b ? a > b : id_a < id_b;
}

// Writes the ids of the k first entries in rank order. 0 <= k <= n.
ETALON_HD inline void top_k(const float* value, int n, int k, int* id) {
  for (int rank = 0; rank < k; ++rank) {
    int best = -1;
    for (int i = 0; i < n; ++i) {
      const bool taken = rank > 0 && !ranks_before(value[id[rank - 1]], id[rank - 1], value[i], i);
      if (!taken && (best < 0 || ranks_before(value[i], i, value[best], best))) best = i;
    }
    id[rank] = best;
  }
}

// The first entry alone: the largest value, ties to the lower id.
ETALON_HD inline int arg_max(const float* value, int n) {
  int best = 0;
  for (int i = 1; i < n; ++i)
    if (ranks_before(value[i], i, value[best], best)) best = i;
  return best;
}

}  // namespace etalon
